// What the review page shows now, and how its parts are found. The other scripts read and write `page`.

import { drawLinks, tokensOf } from "./links.js";
import { tokenIndex } from "./sentence.js";
import { drawMatrix, setView } from "./views.js";

export const page = {
  review: null, // the #review element
  links: [],
  commands: new Map(), // key -> command
  labels: new Map(), // key -> label
  current: null, // position of the entity that keys act on
  hovered: null, // token under the pointer
  allLinks: false,
  isPlacing: false, // the selection is the entity's, on its way to other words
  isProposed: false, // the selection is the page's own; a jump leads away from it
  restingWord: null, // where the focus rests in a sentence without entities, which nobody chose
  linkingFrom: null, // the source word that waits for its counterpart
  awaitsHint: false, // the key that shows the hints waits in the queue
  replaying: false, // a button is pressed by a key, or once more after an answer
};

export function rowOf(position) {
  return position === null ? null : document.getElementById(`item-${position}`);
}

export function rows() {
  return [...page.review.querySelectorAll(".item")];
}

/** The first word of an entity in either sentence, where it has one. */
function wordsOf(row) {
  const [start, end] = sourceSpan(row);
  const source = start < end ? tokensOf(page.review, "source")[start] : null;
  const target = page.review.querySelector(`.side.target .mark[data-position="${row?.dataset.position}"] .t`);
  return [source, target].filter(Boolean);
}

export function sourceSpan(row) {
  return (row?.dataset.source || "0-0").split("-").map(Number);
}

export function focusedToken() {
  return document.activeElement?.closest?.("#review .pair .t") ?? null;
}

export function sideOf(token) {
  return token.closest(".sentence").dataset.side;
}

export function say(text) {
  const region = document.getElementById("announcement");
  region.textContent = "";
  region.textContent = text;
}

/** Press a button of the page, as a click would. */
export function press(selector, within) {
  const button = within?.querySelector(selector);
  if (!button || button.disabled) return false;
  page.replaying = true;
  button.click();
  page.replaying = false;
  return true;
}

export function showCurrent() {
  for (const row of rows()) row.classList.toggle("current", Number(row.dataset.position) === page.current);
  for (const mark of page.review.querySelectorAll(".pair .mark")) {
    mark.classList.toggle("current", mark.dataset.position !== undefined && Number(mark.dataset.position) === page.current);
  }
  for (const word of wordsOf(rowOf(page.current))) scrollWithin(word);
  drawMatrix(page.review, page.links, isStrong);
  const place = page.review.querySelector("#selection")?.elements.position;
  if (place && page.current !== null) place.value = String(page.current);
  redraw();
}

export function focusCurrent() {
  const place = rowOf(page.current) ?? page.review.querySelector('.sentence[data-side="target"] .t');
  place?.focus({ preventScroll: true });
  place?.scrollIntoView({ block: "nearest" });
  page.restingWord = focusedToken();
}

/** Bring the entity into sight in its own scrolled sentence, and leave the page where it is. */
export function scrollWithin(word) {
  const side = word.closest(".side");
  const [box, frame] = [word.getBoundingClientRect(), side.getBoundingClientRect()];
  if (box.top < frame.top || box.bottom > frame.bottom) side.scrollTop += (box.top + box.bottom - frame.top - frame.bottom) / 2;
}

export function redraw() {
  const pair = page.review?.querySelector(".pair");
  if (pair) drawLinks(pair, page.links, isStrong, page.allLinks);
}

export function switchView(view) {
  setView(page.review, view);
  drawMatrix(page.review, page.links, isStrong);
  redraw();
}

/** Links of the word that is being linked, under the pointer or in focus, else those of the entity in focus. */
function isStrong([i, j]) {
  if (page.linkingFrom !== null) return i === page.linkingFrom;
  const word = page.hovered ?? document.activeElement?.closest?.(".pair .t");
  if (word) return tokenIndex(word) === (word.closest(".sentence").dataset.side === "source" ? i : j);
  const [start, end] = sourceSpan(rowOf(page.current));
  return i >= start && i < end;
}
