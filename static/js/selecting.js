// Getting to entities and words, and selecting words for an entity.

import { likelyRuns } from "./guesses.js";
import { showHints } from "./hints.js";
import { finishLink, linkingFrom } from "./linking.js";
import { tokensOf } from "./links.js";
import { focusedToken, page, press, rowOf, rows, say, scrollWithin, sideOf } from "./page.js";
import { anchorOr, focusToken, select, selectedRange, tokenByKey, tokenIndex } from "./sentence.js";

/** To the next entity, and with `around` from the last to the first. */
export function moveFocus(step, around = false) {
  const row = neighbour(step) ?? (around ? rows().at(step > 0 ? 0 : -1) : null);
  row?.focus();
}

export function neighbour(step) {
  const all = rows();
  const index = all.findIndex((row) => Number(row.dataset.position) === page.current);
  return all[index + step] ?? null;
}

/** Show letters on the entities and on the words of the sentence in hand. */
export function jump() {
  page.awaitsHint = false;
  const side = focusedToken() && linkingFrom() === null && !selectedRange() ? sideOf(focusedToken()) : "target";
  const likely = new Set(likelyRuns(page.review, page.links, rowOf(page.current)).map(([first]) => first));
  const words = [...tokensOf(page.review, side)];
  const first = side === "target" ? words.filter((word) => likely.has(tokenIndex(word))) : [];
  showHints([...rows(), ...first, ...words.filter((word) => !first.includes(word))]);
  say(page.review.dataset.jump);
}

/** Focus an entity; link, extend to, or select a word. */
export function goToHint(place) {
  if (!place) return;
  if (place.matches(".item")) return place.focus();
  focusToken(place);
  scrollWithin(place);
  if (sideOf(place) === "source" || !page.review.querySelector("#selection")) return;
  if (linkingFrom() !== null) return finishLink(place);
  const index = tokenIndex(place);
  select(page.review, page.isProposed ? index : anchorOr(index), index);
  page.isProposed = false;
}

export function useLabel(label) {
  if (!selectedRange()) return press(`button[value="label:${CSS.escape(label)}"]`, rowOf(page.current));
  if (rowOf(page.current)?.classList.contains("missing")) return place(`place:${label}`);
  return press(`button[value="add:${CSS.escape(label)}"]`, page.review.querySelector("#selection"));
}

/** Give the entity in focus the selected words, and with place:LABEL its label too. */
export function place(word) {
  const button = page.review.querySelector('#selection [data-command="place"]');
  if (!selectedRange()) return say(page.review.dataset.selectFirst);
  if (!button) return;
  button.value = word;
  press('[data-command="place"]', button.form);
}

/** Select the words of the entity in focus, to move them elsewhere; Enter sets it then. */
export function selectEntity() {
  const words = [...page.review.querySelectorAll(`.side.target .mark[data-position="${page.current}"] .t`)];
  if (!words.length) return startSelection();
  if (!page.review.querySelector("#selection")) return;
  focusToken(words[0]);
  select(page.review, tokenIndex(words.at(-1)), tokenIndex(words[0]));
  page.isPlacing = page.isProposed = true;
}

/** Select the word in focus, else the words that are most likely an entity; again leads to the next. */
export function startSelection() {
  page.isPlacing = false;
  const tokens = tokensOf(page.review, "target");
  if (!page.review.querySelector("#selection") || !tokens.length) return;
  const word = focusedToken() === page.restingWord ? null : focusedToken();
  if (word && sideOf(word) === "target" && !selectedRange()) return propose(tokens, tokenIndex(word), tokenIndex(word));
  const runs = likelyRuns(page.review, page.links, rowOf(page.current));
  const [first, last] = selectedRange() ?? [];
  const run = runs[(runs.findIndex((one) => one[0] === first && one[1] === last) + 1) % (runs.length || 1)];
  const free = [...tokens].findIndex((token) => !token.closest(".mark"));
  propose(tokens, ...(run ?? [Math.max(free, 0), Math.max(free, 0)]));
}

function propose(tokens, first, last) {
  focusToken(tokens[last]);
  scrollWithin(tokens[last]);
  select(page.review, first, last);
  page.isProposed = true;
  say(page.review.querySelector(".selected-words").textContent);
}

export function moveToken(event, from) {
  const token = from?.closest?.(".pair .t");
  if (!token) {
    const mark = page.review.querySelector(`.mark[data-position="${page.current}"] .t`);
    return focusToken(mark ?? tokensOf(page.review, "target")[0]);
  }
  const isTarget = token.closest(".sentence").dataset.side === "target" && page.review.querySelector("#selection");
  const index = tokenIndex(token);
  if (event.key === " " && isTarget && linkingFrom() !== null) return finishLink(token);
  if (event.key === " ") return isTarget ? select(page.review, index, index) : undefined;
  const to = tokenByKey(token, event.key);
  if (!to) return;
  focusToken(to);
  page.restingWord = null;
  if (!isTarget) return;
  page.isProposed = false;
  if (event.shiftKey) select(page.review, anchorOr(index), tokenIndex(to));
  else if (selectedRange()) select(page.review, tokenIndex(to), tokenIndex(to));
}
