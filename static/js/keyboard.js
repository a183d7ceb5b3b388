// Keys: what each stands for, and what a command does. Nearly every command presses a button that is on the page.

import { hideHints, isHinting, letterOf, takeHint } from "./hints.js";
import { finishLink, link, linkFrom, linkingFrom, switchSide, toggleCell } from "./linking.js";
import { focusCurrent, focusedToken, page, press, redraw, rowOf, say, switchView } from "./page.js";
import { enqueue, isBusy } from "./queue.js";
import { goToHint, jump, moveFocus, moveToken, neighbour, place, selectEntity, startSelection, useLabel } from "./selecting.js";
import { clearSelection, selectedRange } from "./sentence.js";
import { cellByKey, focusCell, nextView } from "./views.js";
import { cutBefore, isCutting, merge, moveCut, split, stopCutting } from "./wording.js";

const INTERACTIVE = "button, a, summary, input, select, textarea, dialog";
export const TRAVEL = new Set(["undo", "redo"]); // they may lead to another sentence

export function onKey(event) {
  if (event.defaultPrevented || event.isComposing || !page.review?.isConnected) return;
  if (document.querySelector("dialog[open]")) return;
  const { target } = event;
  if (target.matches?.("input:not([type=checkbox]), select, textarea")) {
    if (event.key === "Escape") focusCurrent();
    return;
  }
  const mayBeHint = (page.awaitsHint || isHinting()) && letterOf(event) !== null;
  const name = commandOf(event) ?? (mayBeHint ? "hint" : null);
  if (name === null || (!page.review.dataset.pair && !TRAVEL.has(name))) return;
  if (event.key === "Enter" && target.closest?.(INTERACTIVE)) return;
  if (event.repeat && (name === "accept-all" || name === "skip")) return event.preventDefault();
  if (name === "tab" && !canTab(event)) return;
  event.preventDefault();
  if (name === "jump") page.awaitsHint = true;
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
  if (event.getModifierState("CapsLock")) spellings.unshift(event.shiftKey ? event.key.toUpperCase() : event.key.toLowerCase());
  const place = /^(?:Key([A-Z])|Digit(\d))$/.exec(event.code);
  if (place && event.key > "\u007f" && event.key.length === 1) {
    spellings.push(place[2] ?? (event.shiftKey ? place[1] : place[1].toLowerCase()));
  }
  for (const key of spellings) {
    if (page.commands.has(key)) return page.commands.get(key);
    if (page.labels.has(key)) return `label:${page.labels.get(key)}`;
    if (/^\d$/.test(key)) return `pick:${key}`;
  }
  return null;
}

function canTab(event) {
  if (isBusy()) return true;
  const row = event.target.closest?.(".item");
  return row !== null && row !== undefined && neighbour(event.shiftKey ? -1 : 1) !== null;
}

export function perform(name, event, target) {
  const wasHinting = isHinting();
  if (wasHinting && event?.type === "keydown" && letterOf(event)) return goToHint(takeHint(letterOf(event)));
  hideHints();
  if (wasHinting && (name === "cancel" || name === "jump")) return;
  if (document.activeElement?.matches?.("#matrix td") && performInMatrix(name, event, document.activeElement)) return;
  if (name.startsWith("label:")) return useLabel(name.slice(6));
  if (name.startsWith("pick:")) return press(`button[value="${name}"]`, rowOf(page.current));
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
      if (isCutting(page.review)) return moveCut(page.review, event.key);
      return moveToken(event, target.isConnected ? target : document.activeElement);
    case "select":
      return startSelection();
    case "split":
      return split();
    case "cut":
      return cutBefore(page.review, Number(target.value));
    case "merge":
      return merge();
    case "rewrite": {
      const words = document.getElementById("words");
      if (words) words.closest("details").open = true;
      return words?.focus();
    }
    case "cancel":
      page.isPlacing = false;
      stopCutting(page.review);
      clearSelection(page.review);
      linkFrom(page.review, null);
      return focusCurrent();
    case "link":
      return link(focusedToken());
    case "side":
      return switchSide();
    case "place":
      if (!selectedRange()) return selectEntity();
      page.isPlacing = false;
      return place("place");
    case "accept-all":
      if (isCutting(page.review)) return press('[data-command="finish-split"]', page.review);
      if (linkingFrom() !== null) return finishLink(focusedToken());
      if (selectedRange()) return page.isPlacing || rowOf(page.current)?.classList.contains("missing") ? place("place") : say(page.review.dataset.chooseLabel);
      return press('[data-command="accept-all"]', page.review);
    case "reject-extras":
      return press(`[data-command="${name}"]`, page.review);
    case "links":
      page.allLinks = !page.allLinks;
      page.review.querySelector('[data-command="links"]')?.setAttribute("aria-pressed", String(page.allLinks));
      return redraw();
    case "view":
      return switchView(nextView(page.review));
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
      return press(`[data-command="${name}"]`, rowOf(page.current)) || press(`[data-command="${name}"]`, page.review.querySelector(".decide, .all-done"));
  }
}

/** Arrows move in the matrix, Enter and Space set or take away the link. */
function performInMatrix(name, event, cell) {
  const to = event?.key ? cellByKey(cell, event.key) : null;
  if (to) focusCell(to);
  else if (name === "accept-all" || event?.key === " ") toggleCell(cell);
  return to !== null || name === "accept-all" || event?.key === " " || event?.key?.startsWith("Arrow");
}
