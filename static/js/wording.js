// Splitting and merging words. What is sent is the word's number and the letters of its first part.

import { linkFrom, linkingFrom } from "./linking.js";
import { tokensOf } from "./links.js";
import { focusedToken, page, press, say, sideOf } from "./page.js";
import { clearSelection, selectedRange, tokenIndex } from "./sentence.js";

let letters = []; // of the word that is being cut, as people count them
let cut = 0;

export function isCutting(review) {
  return review.querySelector("#cutting")?.hidden === false;
}

/** Show the letters of a word with the cut in its middle, or at its apostrophe or hyphen. */
function startCutting(review, token) {
  const form = review.querySelector("#cutting");
  const sentence = token.closest(".sentence");
  letters = [...new Intl.Segmenter(sentence.lang, { granularity: "grapheme" }).segment(token.textContent)].map((s) => s.segment);
  if (letters.length < 2) letters = [...token.textContent];
  if (letters.length < 2) return false;
  const mark = letters.findIndex((letter, index) => index > 0 && /['’\-‐·]/u.test(letter));
  cut = mark > 0 ? mark : Math.floor(letters.length / 2);
  form.elements.side.value = sentence.dataset.side;
  form.elements.first.value = String(tokenIndex(token));
  const shown = form.querySelector(".letters");
  shown.lang = sentence.lang;
  shown.dir = sentence.dir;
  form.hidden = false;
  shown.replaceChildren(...letters.map(letterButton));
  showCut(form);
  return true;
}

export function stopCutting(review) {
  const form = review.querySelector("#cutting");
  if (form) form.hidden = true;
}

/** An arrow key moves the cut, as the letters run. */
export function moveCut(review, key) {
  const form = review.querySelector("#cutting");
  const forward = form.querySelector(".letters").dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const step = key === "Home" ? -letters.length : key === "End" ? letters.length : key === forward ? 1 : -1;
  cut = Math.min(Math.max(cut + step, 1), letters.length - 1);
  showCut(form);
}

function letterButton(letter, index) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = letter;
  button.disabled = index === 0;
  button.dataset.command = "cut";
  button.value = String(index);
  return button;
}

export function cutBefore(review, index) {
  cut = index;
  showCut(review.querySelector("#cutting"));
}

function showCut(form) {
  form.elements.part.value = letters.slice(0, cut).join("");
  [...form.querySelectorAll(".letters button")].forEach((button, index) => {
    button.classList.toggle("after-cut", index === cut);
    button.setAttribute("aria-pressed", String(index === cut));
  });
}

/** Fill in the form that merges these words; null when there is no such form. */
function prepareMerge(review, side, first, last) {
  const form = review.querySelector(`form[data-words="${side}"]`);
  if (!form || last >= tokensOf(review, side).length) return null;
  form.elements.first.value = String(first);
  form.elements.last.disabled = false;
  form.elements.last.value = String(last);
  return form;
}

/** The word that a command is about: in focus, selected, or taken up to be linked. */
function wordInHand() {
  const range = selectedRange();
  if (range) return tokensOf(page.review, "target")[range[0]];
  if (linkingFrom() !== null) return tokensOf(page.review, "source")[linkingFrom()];
  return focusedToken();
}

export function split() {
  const token = wordInHand();
  if (!token || !page.review.querySelector("#cutting")) return say(page.review.dataset.chooseWord);
  linkFrom(page.review, null);
  clearSelection(page.review);
  say(startCutting(page.review, token) ? page.review.querySelector("#cutting p").textContent : page.review.dataset.oneLetter);
}

export function merge() {
  const token = wordInHand();
  if (!token) return say(page.review.dataset.chooseWord);
  const [first, last] = selectedRange() ?? [tokenIndex(token), tokenIndex(token) + 1];
  const form = prepareMerge(page.review, sideOf(token), first, Math.max(last, first + 1));
  if (form) press('button[value="merge"]', form);
}
