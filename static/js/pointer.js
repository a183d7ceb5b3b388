// Clicks, taps and drags.

import { perform, TRAVEL } from "./keyboard.js";
import { finishLink, linkFrom, linkingFrom, toggleCell } from "./linking.js";
import { page, press, redraw, rowOf, sideOf, switchView } from "./page.js";
import { enqueue, isBusy } from "./queue.js";
import { anchorOr, clearSelection, focusToken, select, selectedRange, tokenIndex } from "./sentence.js";
import { focusCell } from "./views.js";

let dragAnchor = null;
let wasDragged = false;

export function onClick(event) {
  const button = event.target.closest?.("#review button, [data-command]");
  if (button) return onButton(event, button);
  const cell = event.target.closest?.("#review #matrix td[data-i]");
  if (cell) {
    focusCell(cell);
    return enqueue(() => cell.isConnected && toggleCell(cell));
  }
  const token = event.target.closest?.("#review .pair .t");
  if (!token || !page.review.querySelector("#selection")) return;
  if (sideOf(token) === "target") return onTokenClick(event, token);
  if (linkingFrom() === tokenIndex(token)) return perform("cancel");
  clearSelection(page.review);
  linkFrom(page.review, tokenIndex(token));
  redraw();
}

export function onPointerDown(event) {
  const token = event.target.closest?.('#review .pair .sentence[data-side="target"] .t');
  wasDragged = false;
  if (!event.shiftKey) dragAnchor = token ? tokenIndex(token) : null;
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
  if (page.replaying || !isBusy() || !button.closest("#review")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const row = button.closest(".item")?.id;
  const selector = button.name ? `button[value="${CSS.escape(button.value)}"]` : `button[data-command="${name}"]`;
  enqueue(() => press(selector, (row && document.getElementById(row)) || page.review), TRAVEL.has(name));
}

/** A click takes the entity or selects the word; with Shift, or a second tap, it selects up to there. */
function onTokenClick(event, token) {
  const index = tokenIndex(token);
  page.isProposed = false;
  if (linkingFrom() !== null) {
    focusToken(token);
    return enqueue(() => finishLink(token.isConnected ? token : null));
  }
  const extends_ = event.shiftKey || (event.pointerType === "touch" && selectedRange());
  const mark = token.closest(".mark");
  focusToken(token);
  if (extends_) {
    select(page.review, anchorOr(dragAnchor ?? index), index);
    return showTools();
  }
  if (mark && mark.dataset.position !== undefined && !wasDragged) {
    dragAnchor = index;
    clearSelection(page.review);
    return rowOf(Number(mark.dataset.position))?.focus({ preventScroll: true });
  }
  if (!wasDragged) select(page.review, index, index);
  wasDragged = false;
  showTools();
}

/** What can be done with the selected words stands below the sentences, which stay when that is scrolled away. */
function showTools() {
  page.review.querySelector("#selection").scrollIntoView({ block: "nearest" });
}

export function onDrag(event) {
  if (event.pointerType !== "mouse" || event.buttons !== 1 || dragAnchor === null) return;
  const token = event.target.closest?.('#review .pair .sentence[data-side="target"] .t');
  if (!token || !page.review.querySelector("#selection") || (!wasDragged && tokenIndex(token) === dragAnchor)) return;
  wasDragged = true;
  document.getSelection().removeAllRanges();
  select(page.review, dragAnchor, tokenIndex(token));
}

export function onHover(event) {
  const token = event.target.closest?.("#review .pair .t") ?? null;
  if (token === page.hovered) return;
  page.hovered = token;
  redraw();
}
