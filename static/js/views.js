// The two sentences as curves, as columns, or as a matrix of their links. The choice is the person's.

import { tokensOf } from "./links.js";

const VIEWS = ["curves", "columns", "matrix"];

export function viewOf(review) {
  return VIEWS.find((view) => review.querySelector(".pair")?.classList.contains(`view-${view}`)) ?? VIEWS[0];
}

export function nextView(review) {
  return VIEWS[(VIEWS.indexOf(viewOf(review)) + 1) % VIEWS.length];
}

/** Switch at once, and keep the choice for the next sentence and the next visit. */
export function setView(review, view) {
  const pair = review.querySelector(".pair");
  pair.classList.remove(...VIEWS.map((name) => `view-${name}`));
  pair.classList.add(`view-${view}`);
  const form = review.querySelector("#views");
  if (!form) return;
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === view));
  const body = new FormData(form);
  body.delete("back");
  body.set("view", view);
  fetch(form.action, { method: "POST", body }).catch(() => {}); // the next page asks again
}

/**
 * The links as a table: columns are source words, rows target words. isStrong(link): of the entity in focus.
 * Cells are chosen with the arrow keys and by click; see cellOf.
 */
export function drawMatrix(review, links, isStrong) {
  const box = review.querySelector("#matrix");
  box.hidden = viewOf(review) !== "matrix";
  if (box.hidden) return box.replaceChildren();
  const sources = [...tokensOf(review, "source")];
  const targets = [...tokensOf(review, "target")];
  const held = document.activeElement?.closest?.("#matrix td");
  const focused = held ? cellOf(held) : null;
  const byCell = new Map(links.map((link) => [`${link[0]}-${link[1]}`, link]));
  const table = document.createElement("table");
  table.setAttribute("role", "grid");
  table.createCaption().textContent = box.dataset.caption;
  const head = table.createTHead().insertRow();
  head.append(document.createElement("td"), ...sources.map((token) => header(token, "col")));
  const body = table.createTBody();
  targets.forEach((token, j) => {
    const row = body.insertRow();
    row.append(header(token, "row"), ...sources.map((_, i) => cell(i, j, byCell.get(`${i}-${j}`), isStrong, box.dataset.linked)));
  });
  const scroll = [box.scrollLeft, box.scrollTop];
  box.replaceChildren(table);
  [box.scrollLeft, box.scrollTop] = scroll;
  const first = focused ? at(box, ...focused) : box.querySelector("td.strong") ?? box.querySelector("tbody td");
  if (first) first.tabIndex = 0;
  if (focused) first?.focus({ preventScroll: true });
}

/** [source token, target token] of a cell. */
export function cellOf(element) {
  return [Number(element.dataset.i), Number(element.dataset.j)];
}

/** The cell an arrow key leads to, or null. */
export function cellByKey(element, key) {
  const [i, j] = cellOf(element);
  const forward = getComputedStyle(element.closest("table")).direction === "rtl" ? -1 : 1;
  const steps = { ArrowLeft: [-forward, 0], ArrowRight: [forward, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const step = steps[key];
  return step ? at(element.closest("#matrix"), i + step[0], j + step[1]) : null;
}

export function focusCell(element) {
  for (const other of element.closest("table").querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
  element.tabIndex = 0;
  element.focus();
}

function at(box, i, j) {
  return box.querySelector(`td[data-i="${i}"][data-j="${j}"]`);
}

function header(token, scope) {
  const element = document.createElement("th");
  const sentence = token.closest(".sentence");
  element.scope = scope;
  element.lang = sentence.lang;
  element.dir = sentence.dir;
  const words = document.createElement("span");
  words.textContent = token.textContent;
  element.append(words);
  return element;
}

function cell(i, j, link, isStrong, linked) {
  const element = document.createElement("td");
  element.dataset.i = String(i);
  element.dataset.j = String(j);
  element.tabIndex = -1;
  if (!link) return element;
  const [, , score, whose] = link;
  element.className = `${whose || "machine"}${isStrong(link) ? " strong" : ""}`;
  element.textContent = { added: "◆", removed: "✕" }[whose] ?? "●";
  element.style.opacity = String(0.35 + 0.65 * score);
  element.setAttribute("aria-label", whose === "removed" ? "✕" : linked);
  return element;
}
