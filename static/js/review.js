// Keys, selection and links of the review page. Every key presses a button that is on the page:
// without this file the same buttons work by themselves.

import { hasAhead, heldAhead, keepAhead, lookAhead, reviewIn, takeAhead } from "./ahead.js";
import { keepClaim } from "./claim.js";
import { likelyRuns } from "./guesses.js";
import { hideHints, isHinting, letterOf, showHints, takeHint } from "./hints.js";
import { linkFrom, linkingFrom, prepareLink } from "./linking.js";
import { drawLinks, tokensOf } from "./links.js";
import { begin, enqueue, fail, isBusy, settled, startQueue } from "./queue.js";
import { cellByKey, cellOf, drawMatrix, focusCell, nextView, setView, viewOf } from "./views.js";
import { cutBefore, isCutting, moveCut, prepareMerge, startCutting, stopCutting } from "./wording.js";
import {
  anchorOr,
  clearSelection,
  enhanceSentences,
  focusToken,
  select,
  selectedRange,
  tokenByKey,
  tokenIndex,
} from "./sentence.js";

const INTERACTIVE = "button, a, summary, input, select, textarea, dialog";
const TRAVEL = new Set(["undo", "redo"]); // they may lead to another sentence

let review = null;
let links = [];
let commands = new Map(); // key -> command
let labels = new Map(); // key -> label
let current = null; // position of the entity that keys act on
let hovered = null; // token under the pointer
let allLinks = false;
let kept = new Set(); // panels that stay open from sentence to sentence
let replaying = false;
let isPlacing = false; // the selection is the entity's, on its way to other words
let restingWord = null; // where the focus rests in a sentence without entities, which nobody chose
let isProposed = false; // the selection is the page's own; a jump leads away from it
let awaitsHint = false; // the key that shows the hints waits in the queue

document.documentElement.classList.add("js");
if (matchMedia("(max-width: 68rem)").matches) document.getElementById("guidelines").open = false;
startQueue({ unmeant, trouble });
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick, true);
document.addEventListener("pointerover", onHover);
document.addEventListener("pointermove", onDrag);
document.addEventListener("focusin", onFocus);
document.addEventListener("toggle", onToggle, true);
document.addEventListener("scroll", (event) => event.target.matches?.(".side") && redraw(), true);
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "review") showReview(true);
});
new ResizeObserver(() => redraw()).observe(document.body);
document.fonts.ready.then(() => redraw());
document.body.addEventListener("htmx:beforeRequest", onRequest);
keepClaim(() => review, heldAhead);
showReview(false);

// ---------------------------------------------------------------- a new state of the page

/** isAnswered: nothing is under way any more; otherwise the keys wait until the answer is here. */
function showReview(wasSwapped, isAnswered = true) {
  review = document.getElementById("review");
  const focused = document.activeElement;
  const focusWasHere = !wasSwapped || !focused || focused === document.body || review.contains(focused);
  if (!review.dataset.pair) return settled(null);
  links = JSON.parse(review.dataset.links);
  commands = new Map(Object.entries(JSON.parse(review.dataset.keys)).map(([name, key]) => [key, name]));
  labels = new Map(Object.entries(JSON.parse(review.dataset.labelKeys)));
  current = review.dataset.current === undefined ? null : Number(review.dataset.current);
  hovered = null;
  isPlacing = isProposed = awaitsHint = false;
  hideHints();
  enhanceSentences(review);
  linkFrom(review, null);
  for (const button of review.querySelectorAll(".item button")) button.tabIndex = -1;
  for (const panel of review.querySelectorAll("details[data-keep]")) panel.open = kept.has(panel.dataset.keep);
  review.querySelector('[data-command="links"]')?.setAttribute("aria-pressed", String(allLinks));
  if (focusWasHere) focusCurrent();
  showCurrent();
  if (!isAnswered) return;
  settled(review.dataset.pair);
  setTimeout(() => review.isConnected && !isBusy() && lookAhead(review), 60);
}

/** Accepting or skipping shows the sentence that was fetched ahead at once; the answer confirms it. */
function onRequest(event) {
  const { elt, requestConfig } = event.detail;
  const button = elt.matches?.("form") ? elt.querySelector("[data-command]") : elt;
  if (!["accept-all", "skip"].includes(button?.dataset.command) || !hasAhead()) return;
  event.preventDefault();
  goOn(requestConfig.path, requestConfig.formData);
}

async function goOn(path, fields) {
  const left = review;
  begin(left.dataset.pair);
  const ahead = await takeAhead(left.dataset.pair);
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  if (ahead) {
    begin(ahead.dataset.pair);
    paint(ahead, false);
    ahead.setAttribute("aria-busy", "true");
    body.set("ahead", ahead.dataset.pair);
  }
  const answer = await fetch(path, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer || ![200, 409, 422].includes(answer.status)) {
    ahead?.removeAttribute("aria-busy");
    if (ahead) paint(left, false);
    keepAhead(ahead);
    begin(left.dataset.pair);
    return fail(answer?.status ?? 0);
  }
  const answered = reviewIn(await answer.text());
  if (answered.dataset.state !== ahead?.dataset.state || !ahead) return paint(answered, true);
  review.removeAttribute("aria-busy");
  review.querySelector(".remaining").replaceWith(answered.querySelector(".remaining"));
  settled(review.dataset.pair);
  if (!isBusy()) lookAhead(review); // keys that waited may be on their way to the next sentence already
}

function paint(element, isAnswered) {
  document.getElementById("review").replaceWith(element);
  htmx.process(element);
  if (element.dataset.url) history.pushState({ htmx: true }, "", element.dataset.url);
  scrollTo(0, 0);
  showReview(true, isAnswered);
}

function focusCurrent() {
  const place = rowOf(current) ?? review.querySelector('.sentence[data-side="target"] .t');
  place?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: "nearest" });
  restingWord = focusedToken();
}

function rowOf(position) {
  return position === null ? null : document.getElementById(`item-${position}`);
}

function rows() {
  return [...review.querySelectorAll(".item")];
}

function showCurrent() {
  for (const row of rows()) row.classList.toggle("current", Number(row.dataset.position) === current);
  for (const mark of review.querySelectorAll(".pair .mark")) {
    mark.classList.toggle("current", mark.dataset.position !== undefined && Number(mark.dataset.position) === current);
  }
  for (const word of wordsOf(rowOf(current))) scrollWithin(word);
  drawMatrix(review, links, isStrong);
  const place = review.querySelector("#selection")?.elements.position;
  if (place && current !== null) place.value = String(current);
  redraw();
}

/** The first word of an entity in either sentence, where it has one. */
function wordsOf(row) {
  const [start, end] = sourceSpan(row);
  const source = start < end ? tokensOf(review, "source")[start] : null;
  const target = review.querySelector(`.side.target .mark[data-position="${row?.dataset.position}"] .t`);
  return [source, target].filter(Boolean);
}

/** Bring the entity into sight in its own scrolled sentence, and leave the page where it is. */
function scrollWithin(word) {
  const side = word.closest(".side");
  const [box, frame] = [word.getBoundingClientRect(), side.getBoundingClientRect()];
  if (box.top < frame.top || box.bottom > frame.bottom) side.scrollTop += (box.top + box.bottom - frame.top - frame.bottom) / 2;
}

function redraw() {
  const pair = review?.querySelector(".pair");
  if (pair) drawLinks(pair, links, isStrong, allLinks);
}

function switchView(view) {
  setView(review, view);
  drawMatrix(review, links, isStrong);
  redraw();
}

/** Links of the word that is being linked, under the pointer or in focus, else those of the entity in focus. */
function isStrong([i, j]) {
  if (linkingFrom() !== null) return i === linkingFrom();
  const word = hovered ?? document.activeElement?.closest?.(".pair .t");
  if (word) return tokenIndex(word) === (word.closest(".sentence").dataset.side === "source" ? i : j);
  const [start, end] = sourceSpan(rowOf(current));
  return i >= start && i < end;
}

function say(text) {
  const region = document.getElementById("announcement");
  region.textContent = "";
  region.textContent = text;
}

/** Keys for a sentence that is gone were ignored. */
function unmeant() {
  awaitsHint = false;
  say(review.dataset.unmeantKeys);
}

function trouble(status) {
  awaitsHint = false;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = status ? review.dataset.refused : review.dataset.unreachable;
  review.querySelector(".notice.bad")?.remove();
  review.prepend(notice);
}

// ---------------------------------------------------------------- keys

function onKey(event) {
  if (event.defaultPrevented || event.isComposing || !review?.isConnected) return;
  if (document.querySelector("dialog[open]")) return;
  const { target } = event;
  if (target.matches?.("input:not([type=checkbox]), select, textarea")) {
    if (event.key === "Escape") focusCurrent();
    return;
  }
  const mayBeHint = (awaitsHint || isHinting()) && letterOf(event) !== null;
  const name = commandOf(event) ?? (mayBeHint ? "hint" : null);
  if (name === null || (!review.dataset.pair && !TRAVEL.has(name))) return;
  if (event.key === "Enter" && target.closest?.(INTERACTIVE)) return;
  if (event.repeat && (name === "accept-all" || name === "skip")) return event.preventDefault();
  if (name === "tab" && !canTab(event)) return;
  event.preventDefault();
  if (name === "jump") awaitsHint = true;
  enqueue(() => perform(name, event, target), (TRAVEL.has(name) && !mayBeHint) || name === "help");
}

/** The command, label or digit a key stands for, or null. Keys of other scripts count by their place. */
function commandOf(event) {
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z") return event.shiftKey ? "redo" : "undo";
  if (control && event.key.toLowerCase() === "y") return "redo";
  if (control || event.altKey) return null;
  if (event.key === "Tab") return "tab";
  if (["ArrowLeft", "ArrowRight", "Home", "End", " "].includes(event.key)) return "token";
  const spellings = [event.key];
  if (event.getModifierState("CapsLock")) spellings.push(event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase());
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
  if (place && event.key > "\u007f" && event.key.length === 1) {
    spellings.push(place[2] ?? (event.shiftKey ? place[1] : place[1].toLowerCase()));
  }
  for (const key of spellings) {
    if (commands.has(key)) return commands.get(key);
    if (labels.has(key)) return `label:${labels.get(key)}`;
    if (/^\d$/.test(key)) return `pick:${key}`;
  }
  return null;
}

function canTab(event) {
  if (isBusy()) return true;
  const row = event.target.closest?.(".item");
  return row !== null && row !== undefined && neighbour(event.shiftKey ? -1 : 1) !== null;
}

function perform(name, event, target) {
  const wasHinting = isHinting();
  if (wasHinting && event?.type === "keydown" && letterOf(event)) return goToHint(takeHint(letterOf(event)));
  hideHints();
  if (wasHinting && (name === "cancel" || name === "jump")) return;
  if (document.activeElement?.matches?.("#matrix td") && performInMatrix(name, event, document.activeElement)) return;
  if (name.startsWith("label:")) return useLabel(name.slice(6));
  if (name.startsWith("pick:")) return press(`button[value="${name}"]`, rowOf(current));
  switch (name) {
    case "tab":
      return moveFocus(event.shiftKey ? -1 : 1);
    case "next":
      return moveFocus(1, true);
    case "previous":
      return moveFocus(-1, true);
    case "jump":
      return jump();
    case "token":
      if (isCutting(review)) return moveCut(review, event.key);
      return moveToken(event, target.isConnected ? target : document.activeElement);
    case "select":
      return startSelection();
    case "split":
      return split();
    case "cut":
      return cutBefore(review, Number(target.value));
    case "merge":
      return merge();
    case "rewrite": {
      const words = document.getElementById("words");
      if (words) words.closest("details").open = true;
      return words?.focus();
    }
    case "cancel":
      isPlacing = false;
      stopCutting(review);
      clearSelection(review);
      linkFrom(review, null);
      return focusCurrent();
    case "link":
      return link(focusedToken());
    case "side":
      return switchSide();
    case "place":
      if (!selectedRange()) return selectEntity();
      isPlacing = false;
      return place("place");
    case "accept-all":
      if (isCutting(review)) return press('[data-command="finish-split"]', review);
      if (linkingFrom() !== null) return finishLink(focusedToken());
      if (selectedRange()) return isPlacing || rowOf(current)?.classList.contains("missing") ? place("place") : say(review.dataset.chooseLabel);
      return press('[data-command="accept-all"]', review);
    case "links":
      allLinks = !allLinks;
      review.querySelector('[data-command="links"]')?.setAttribute("aria-pressed", String(allLinks));
      return redraw();
    case "view":
      return switchView(nextView(review));
    case "help":
      document.getElementById("keys").showModal();
      document.getElementById("keys").scrollTop = 0; // the focus is at its end
      return;
    case "guidelines":
    case "history": {
      const panel = document.querySelector(`summary[data-command="${name}"]`).parentElement;
      panel.open = !panel.open;
      return;
    }
    case "note": {
      const note = document.getElementById("note");
      if (note) note.closest("details").open = true;
      return note?.focus();
    }
    default:
      return press(`[data-command="${name}"]`, rowOf(current)) || press(`[data-command="${name}"]`, review.querySelector(".decide, .all-done"));
  }
}

/** Press a button of the page, as a click would. */
function press(selector, within) {
  const button = within?.querySelector(selector);
  if (!button || button.disabled) return false;
  replaying = true;
  button.click();
  replaying = false;
  return true;
}

function neighbour(step) {
  const all = rows();
  const index = all.findIndex((row) => Number(row.dataset.position) === current);
  return all[index + step] ?? null;
}

/** To the next entity, and with `around` from the last to the first. */
function moveFocus(step, around = false) {
  const row = neighbour(step) ?? (around ? rows().at(step > 0 ? 0 : -1) : null);
  row?.focus();
}

/** Show letters on the entities and on the words of the sentence in hand. */
function jump() {
  awaitsHint = false;
  const side = focusedToken() && linkingFrom() === null && !selectedRange() ? sideOf(focusedToken()) : "target";
  const likely = new Set(likelyRuns(review, links, rowOf(current)).map(([first]) => first));
  const words = [...tokensOf(review, side)];
  const first = side === "target" ? words.filter((word) => likely.has(tokenIndex(word))) : [];
  showHints([...rows(), ...first, ...words.filter((word) => !first.includes(word))]);
  say(review.dataset.jump);
}

/** Focus an entity; link, extend to, or select a word. */
function goToHint(place) {
  if (!place) return;
  if (place.matches(".item")) return place.focus();
  focusToken(place);
  scrollWithin(place);
  if (sideOf(place) === "source" || !review.querySelector("#selection")) return;
  if (linkingFrom() !== null) return finishLink(place);
  const index = tokenIndex(place);
  select(review, isProposed ? index : anchorOr(index), index);
  isProposed = false;
}

function useLabel(label) {
  if (!selectedRange()) return press(`button[value="label:${CSS.escape(label)}"]`, rowOf(current));
  if (rowOf(current)?.classList.contains("missing")) return place(`place:${label}`);
  return press(`button[value="add:${CSS.escape(label)}"]`, review.querySelector("#selection"));
}

/** Give the entity in focus the selected words, and with place:LABEL its label too. */
function place(word) {
  const button = review.querySelector('#selection [data-command="place"]');
  if (!selectedRange()) return say(review.dataset.selectFirst);
  if (!button) return;
  button.value = word;
  press('[data-command="place"]', button.form);
}

// ---------------------------------------------------------------- links

/** Arrows move in the matrix, Enter and Space set or take away the link. */
function performInMatrix(name, event, cell) {
  const to = event?.key ? cellByKey(cell, event.key) : null;
  if (to) focusCell(to);
  else if (name === "accept-all" || event?.key === " ") toggleCell(cell);
  return to !== null || name === "accept-all" || event?.key === " " || event?.key?.startsWith("Arrow");
}

function toggleCell(cell) {
  if (!review.querySelector("#linking")) return;
  const [i, j] = cellOf(cell);
  linkFrom(review, i);
  finishLink(tokensOf(review, "target")[j]);
}

/** Take up a source word, or give the one that is taken up its counterpart. */
function link(token) {
  if (!review.querySelector("#linking")) return;
  if (token && sideOf(token) === "source") return takeUp(tokenIndex(token));
  if (linkingFrom() !== null) return finishLink(token);
  const index = likelySource();
  if (index === null) return say(review.dataset.chooseSource);
  takeUp(index);
  if (token) finishLink(token);
}

function takeUp(index) {
  clearSelection(review);
  linkFrom(review, index);
  focusToken(tokensOf(review, "target")[counterpart("source", index)]);
  say(review.querySelector(".linking-words").textContent);
  redraw();
}

function finishLink(token) {
  if (!token || sideOf(token) !== "target") return say(review.querySelector(".linking-words").textContent);
  const entity = rows().find((row) => {
    const [start, end] = sourceSpan(row);
    return linkingFrom() >= start && linkingFrom() < end;
  });
  press('[data-command="finish-link"]', prepareLink(review, token, entity ? Number(entity.dataset.position) : current));
}

/** The first word of the entity in focus that has no link, else its first word. */
function likelySource() {
  const [start, end] = sourceSpan(rowOf(current));
  if (start === end) return null;
  for (let i = start; i < end; i += 1) if (!links.some(([from, , , whose]) => from === i && whose !== "removed")) return i;
  return start;
}

/** The word of the other side that a word is linked with, else the one at about the same place. */
function counterpart(side, index) {
  const [here, there] = side === "source" ? [0, 1] : [1, 0];
  const linked = links.filter((link) => link[here] === index && link[3] !== "removed").map((link) => link[there]);
  if (linked.length) return Math.min(...linked);
  const before = links.filter((link) => link[here] < index && link[3] !== "removed").sort((a, b) => b[here] - a[here])[0];
  const last = tokensOf(review, side === "source" ? "target" : "source").length - 1;
  return Math.min(before ? before[there] + 1 : index, last);
}

function switchSide() {
  const token = focusedToken();
  const side = token ? sideOf(token) : "target";
  const index = token ? counterpart(side, tokenIndex(token)) : sourceSpan(rowOf(current))[0];
  focusToken(tokensOf(review, side === "source" ? "target" : "source")[index]);
}

function sourceSpan(row) {
  return (row?.dataset.source || "0-0").split("-").map(Number);
}

function focusedToken() {
  return document.activeElement?.closest?.("#review .pair .t") ?? null;
}

function sideOf(token) {
  return token.closest(".sentence").dataset.side;
}

// ---------------------------------------------------------------- words

/** The word that a command is about: in focus, selected, or taken up to be linked. */
function wordInHand() {
  const range = selectedRange();
  if (range) return tokensOf(review, "target")[range[0]];
  if (linkingFrom() !== null) return tokensOf(review, "source")[linkingFrom()];
  return focusedToken();
}

function split() {
  const token = wordInHand();
  if (!token || !review.querySelector("#cutting")) return say(review.dataset.chooseWord);
  linkFrom(review, null);
  clearSelection(review);
  say(startCutting(review, token) ? review.querySelector("#cutting p").textContent : review.dataset.oneLetter);
}

function merge() {
  const token = wordInHand();
  if (!token) return say(review.dataset.chooseWord);
  const [first, last] = selectedRange() ?? [tokenIndex(token), tokenIndex(token) + 1];
  const form = prepareMerge(review, sideOf(token), first, Math.max(last, first + 1));
  if (form) press('button[value="merge"]', form);
}

/** Select the words of the entity in focus, to move them elsewhere; Enter sets it then. */
function selectEntity() {
  const words = [...review.querySelectorAll(`.side.target .mark[data-position="${current}"] .t`)];
  if (!words.length) return startSelection();
  if (!review.querySelector("#selection")) return;
  focusToken(words[0]);
  select(review, tokenIndex(words.at(-1)), tokenIndex(words[0]));
  isPlacing = isProposed = true;
}

/** Select the word in focus, else the words that are most likely an entity; again leads to the next. */
function startSelection() {
  isPlacing = false;
  const tokens = tokensOf(review, "target");
  if (!review.querySelector("#selection") || !tokens.length) return;
  const word = focusedToken() === restingWord ? null : focusedToken();
  if (word && sideOf(word) === "target" && !selectedRange()) return propose(tokens, tokenIndex(word), tokenIndex(word));
  const runs = likelyRuns(review, links, rowOf(current));
  const [first, last] = selectedRange() ?? [];
  const run = runs[(runs.findIndex((one) => one[0] === first && one[1] === last) + 1) % (runs.length || 1)];
  const free = [...tokens].findIndex((token) => !token.closest(".mark"));
  propose(tokens, ...(run ?? [Math.max(free, 0), Math.max(free, 0)]));
}

function propose(tokens, first, last) {
  focusToken(tokens[last]);
  scrollWithin(tokens[last]);
  select(review, first, last);
  isProposed = true;
  say(review.querySelector(".selected-words").textContent);
}

function moveToken(event, from) {
  const token = from?.closest?.(".pair .t");
  if (!token) {
    const mark = review.querySelector(`.mark[data-position="${current}"] .t`);
    return focusToken(mark ?? tokensOf(review, "target")[0]);
  }
  const isTarget = token.closest(".sentence").dataset.side === "target" && review.querySelector("#selection");
  const index = tokenIndex(token);
  if (event.key === " " && isTarget && linkingFrom() !== null) return finishLink(token);
  if (event.key === " ") return isTarget ? select(review, index, index) : undefined;
  const to = tokenByKey(token, event.key);
  if (!to) return;
  focusToken(to);
  restingWord = null;
  if (!isTarget) return;
  isProposed = false;
  if (event.shiftKey) select(review, anchorOr(index), tokenIndex(to));
  else if (selectedRange()) select(review, tokenIndex(to), tokenIndex(to));
}

function onClick(event) {
  const button = event.target.closest?.("#review button, [data-command]");
  if (button) return onButton(event, button);
  const cell = event.target.closest?.("#review #matrix td[data-i]");
  if (cell) {
    focusCell(cell);
    return enqueue(() => cell.isConnected && toggleCell(cell));
  }
  const token = event.target.closest?.("#review .pair .t");
  if (!token || !review.querySelector("#selection")) return;
  if (sideOf(token) === "target") return onTokenClick(event, token);
  if (linkingFrom() === tokenIndex(token)) return perform("cancel");
  clearSelection(review);
  linkFrom(review, tokenIndex(token));
  redraw();
}

/** Buttons of commands without a form act here; a submit button waits while a request is under way. */
function onButton(event, button) {
  const name = button.dataset.command;
  if (button.name === "view") {
    event.preventDefault();
    return switchView(button.value);
  }
  if (button.matches("button[type=button]") && name) {
    event.preventDefault();
    return enqueue(() => perform(name, event, button));
  }
  if (replaying || !isBusy() || !button.closest("#review")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const row = button.closest(".item")?.id;
  const selector = button.name ? `button[value="${CSS.escape(button.value)}"]` : `button[data-command="${name}"]`;
  enqueue(() => press(selector, (row && document.getElementById(row)) || review), TRAVEL.has(name));
}

/** A click takes the entity or selects the word; with Shift, or a second tap, it selects up to there. */
function onTokenClick(event, token) {
  const index = tokenIndex(token);
  isProposed = false;
  if (linkingFrom() !== null) {
    focusToken(token);
    return enqueue(() => finishLink(token.isConnected ? token : null));
  }
  const extends_ = event.shiftKey || (event.pointerType === "touch" && selectedRange());
  const mark = token.closest(".mark");
  focusToken(token);
  if (extends_) return select(review, anchorOr(dragAnchor ?? index), index);
  if (mark && mark.dataset.position !== undefined && !wasDragged) {
    dragAnchor = index;
    clearSelection(review);
    return rowOf(Number(mark.dataset.position))?.focus({ preventScroll: true });
  }
  if (!wasDragged) select(review, index, index);
  wasDragged = false;
}

let dragAnchor = null;
let wasDragged = false;

document.addEventListener("pointerdown", (event) => {
  const token = event.target.closest?.('#review .pair .sentence[data-side="target"] .t');
  wasDragged = false;
  if (!event.shiftKey) dragAnchor = token ? tokenIndex(token) : null;
});

function onDrag(event) {
  if (event.pointerType !== "mouse" || event.buttons !== 1 || dragAnchor === null) return;
  const token = event.target.closest?.('#review .pair .sentence[data-side="target"] .t');
  if (!token || !review.querySelector("#selection") || (!wasDragged && tokenIndex(token) === dragAnchor)) return;
  wasDragged = true;
  document.getSelection().removeAllRanges();
  select(review, dragAnchor, tokenIndex(token));
}

function onHover(event) {
  const token = event.target.closest?.("#review .pair .t") ?? null;
  if (token === hovered) return;
  hovered = token;
  redraw();
}

function onFocus(event) {
  const row = event.target.closest?.("#review .item");
  if (row) {
    current = Number(row.dataset.position);
    showCurrent();
  } else if (event.target.closest?.("#review .pair .t")) redraw();
}

function onToggle(event) {
  const name = event.target.dataset?.keep;
  if (!name) return;
  if (event.target.open) kept.add(name);
  else kept.delete(name);
}
