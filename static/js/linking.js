// Drawing a link: a source word is taken up, then a target word is chosen. The form in the page sends it.

import { tokensOf } from "./links.js";
import { focusedToken, page, press, redraw, rowOf, rows, say, sideOf, sourceSpan } from "./page.js";
import { clearSelection, focusToken, tokenIndex } from "./sentence.js";
import { cellOf } from "./views.js";

export function linkingFrom() {
  return page.linkingFrom;
}

/** Take up a source word; null drops it. */
export function linkFrom(review, index) {
  page.linkingFrom = index;
  showLinking(review);
}

function showLinking(review) {
  const form = review.querySelector("#linking");
  for (const token of review.querySelectorAll(".pair .t.linking")) token.classList.remove("linking");
  if (!form) return;
  const token = linkingFrom() === null ? null : tokensOf(review, "source")[linkingFrom()];
  token?.classList.add("linking");
  form.classList.toggle("active", token !== null);
  form.querySelector(".linking-words").hidden = token === null;
  form.querySelector('[data-command="cancel"]').hidden = token === null;
  if (token) form.querySelector(".linking-words b").textContent = token.textContent;
}

/** Fill in the form for a link to this target word; position: the entity to come back to. */
function prepareLink(review, token, position) {
  const form = review.querySelector("#linking");
  form.elements.first.value = String(linkingFrom());
  form.elements.last.value = String(tokenIndex(token));
  form.elements.position.value = position === null ? "" : String(position);
  return form;
}

export function toggleCell(cell) {
  if (!page.review.querySelector("#linking")) return;
  const [i, j] = cellOf(cell);
  linkFrom(page.review, i);
  finishLink(tokensOf(page.review, "target")[j]);
}

/** Take up a source word, or give the one that is taken up its counterpart. */
export function link(token) {
  if (!page.review.querySelector("#linking")) return;
  if (token && sideOf(token) === "source") return takeUp(tokenIndex(token));
  if (linkingFrom() !== null) return finishLink(token);
  const index = likelySource();
  if (index === null) return say(page.review.dataset.chooseSource);
  takeUp(index);
  if (token) finishLink(token);
}

function takeUp(index) {
  clearSelection(page.review);
  linkFrom(page.review, index);
  focusToken(tokensOf(page.review, "target")[counterpart("source", index)]);
  say(page.review.querySelector(".linking-words").textContent);
  redraw();
}

export function finishLink(token) {
  if (!token || sideOf(token) !== "target") return say(page.review.querySelector(".linking-words").textContent);
  const entity = rows().find((row) => {
    const [start, end] = sourceSpan(row);
    return linkingFrom() >= start && linkingFrom() < end;
  });
  press('[data-command="finish-link"]', prepareLink(page.review, token, entity ? Number(entity.dataset.position) : page.current));
}

/** The first word of the entity in focus that has no link, else its first word. */
function likelySource() {
  const [start, end] = sourceSpan(rowOf(page.current));
  if (start === end) return null;
  for (let i = start; i < end; i += 1) if (!page.links.some(([from, , , whose]) => from === i && whose !== "removed")) return i;
  return start;
}

/** The word of the other side that a word is linked with, else the one at about the same place. */
function counterpart(side, index) {
  const [here, there] = side === "source" ? [0, 1] : [1, 0];
  const linked = page.links.filter((link) => link[here] === index && link[3] !== "removed").map((link) => link[there]);
  if (linked.length) return Math.min(...linked);
  const before = page.links.filter((link) => link[here] < index && link[3] !== "removed").sort((a, b) => b[here] - a[here])[0];
  const last = tokensOf(page.review, side === "source" ? "target" : "source").length - 1;
  return Math.min(before ? before[there] + 1 : index, last);
}

export function switchSide() {
  const token = focusedToken();
  const side = token ? sideOf(token) : "target";
  const index = token ? counterpart(side, tokenIndex(token)) : sourceSpan(rowOf(page.current))[0];
  focusToken(tokensOf(page.review, side === "source" ? "target" : "source")[index]);
}
