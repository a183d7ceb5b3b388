// The next sentence, claimed and fetched while this one is looked at, so that it can be shown at once.

import { csrfForm } from "./claim.js";

let next = null; // the #review element of the sentence that comes next
let asking = null; // the request for it, while it is under way

/** Ask for the next sentence, once, when nothing else is under way. */
export function lookAhead(review) {
  if (next || asking || !review.dataset.ahead) return;
  asking = ask(review.dataset.ahead).finally(() => (asking = null));
}

async function ask(address) {
  const headers = { "HX-Request": "true" };
  const answer = await fetch(address, { method: "POST", body: csrfForm(), headers }).catch(() => null);
  if (answer?.status === 200) next = reviewIn(await answer.text());
}

export function hasAhead() {
  return next !== null || asking !== null;
}

export function heldAhead() {
  return next;
}

/** Take back what was taken: it did not come to be shown. */
export function keepAhead(element) {
  next = element;
}

/** The next sentence, once it is here, if it is another one than `pair`; else null. */
export async function takeAhead(pair) {
  await asking;
  const taken = next?.dataset.pair === pair ? null : next;
  next = null;
  return taken;
}

/** The #review element of an answer. */
export function reviewIn(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.querySelector("#review");
}
