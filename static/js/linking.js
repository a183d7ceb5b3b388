// Drawing a link: a source word is taken up, then a target word is chosen. The form in the page sends it.

import { tokensOf } from "./links.js";
import { tokenIndex } from "./sentence.js";

let from = null; // the source word that waits for its counterpart

export function linkingFrom() {
  return from;
}

/** Take up a source word; null drops it. */
export function linkFrom(review, index) {
  from = index;
  showLinking(review);
}

function showLinking(review) {
  const form = review.querySelector("#linking");
  for (const token of review.querySelectorAll(".pair .t.linking")) token.classList.remove("linking");
  if (!form) return;
  const token = from === null ? null : tokensOf(review, "source")[from];
  token?.classList.add("linking");
  form.classList.toggle("active", token !== null);
  form.querySelector(".linking-words").hidden = token === null;
  form.querySelector('[data-command="cancel"]').hidden = token === null;
  if (token) form.querySelector(".linking-words b").textContent = token.textContent;
}

/** Fill in the form for a link to this target word; position: the entity to come back to. */
export function prepareLink(review, token, position) {
  const form = review.querySelector("#linking");
  form.elements.first.value = String(from);
  form.elements.last.value = String(tokenIndex(token));
  form.elements.position.value = position === null ? "" : String(position);
  return form;
}
