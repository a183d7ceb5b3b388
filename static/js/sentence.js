// Focus and selection over the tokens of a sentence. Tokens are counted; characters never are.

const selection = { anchor: null, focus: null };

/** Make the tokens reachable by keys. Without JavaScript they are plain text. */
export function enhanceSentences(review) {
  selection.anchor = selection.focus = null;
  for (const sentence of review.querySelectorAll(".pair .sentence")) {
    sentence.setAttribute("role", "listbox");
    sentence.setAttribute("aria-multiselectable", String(sentence.dataset.side === "target"));
    sentence.querySelectorAll(".t").forEach((token, index) => {
      token.setAttribute("role", "option");
      token.setAttribute("aria-selected", "false");
      token.tabIndex = index === 0 ? 0 : -1;
    });
  }
}

export function tokenIndex(token) {
  return Number(token.dataset.i);
}

export function focusToken(token) {
  if (!token) return;
  for (const other of token.closest(".sentence").querySelectorAll(".t")) other.tabIndex = other === token ? 0 : -1;
  token.focus();
}

/** The selected target tokens as [first, last], both included, or null. */
export function selectedRange() {
  if (selection.anchor === null) return null;
  return [Math.min(selection.anchor, selection.focus), Math.max(selection.anchor, selection.focus)];
}

export function select(review, anchor, focus) {
  selection.anchor = anchor;
  selection.focus = focus;
  showSelection(review);
}

export function clearSelection(review) {
  select(review, null, null);
}

export function anchorOr(index) {
  return selection.anchor ?? index;
}

/** The token an arrow, Home or End key leads to, or null. Left and right are as the sentence runs. */
export function tokenByKey(token, key) {
  const sentence = token.closest(".sentence");
  const tokens = sentence.querySelectorAll(".t");
  const forward = sentence.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const index = tokenIndex(token);
  switch (key) {
    case "ArrowLeft":
    case "ArrowRight":
      return tokens[index + (key === forward ? 1 : -1)] ?? null;
    case "Home":
      return tokens[0];
    case "End":
      return tokens[tokens.length - 1];
    default:
      return null;
  }
}

function showSelection(review) {
  const form = review.querySelector("#selection");
  if (!form) return;
  const range = selectedRange();
  const tokens = review.querySelectorAll('.sentence[data-side="target"] .t');
  tokens.forEach((token, index) => {
    const inside = range !== null && index >= range[0] && index <= range[1];
    token.classList.toggle("selected", inside);
    token.setAttribute("aria-selected", String(inside));
  });
  form.classList.toggle("active", range !== null);
  form.querySelector('[data-command="cancel"]').hidden = range === null;
  const words = form.querySelector(".selected-words");
  words.hidden = range === null;
  if (range === null) return;
  form.elements.first.value = String(range[0]);
  form.elements.last.value = String(range[1]);
  words.textContent = textBetween(tokens[range[0]], tokens[range[1]]);
}

function textBetween(first, last) {
  const range = document.createRange();
  range.setStartBefore(first);
  range.setEndAfter(last);
  const copy = range.cloneContents();
  for (const chip of copy.querySelectorAll(".chip")) chip.remove();
  return copy.textContent.trim();
}
