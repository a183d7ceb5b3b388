// The review page: what happens when it opens, when an answer comes, and when a key, a click or the focus does.
// Without these files its buttons and forms work by themselves.

import { hasAhead, heldAhead, keepAhead, lookAhead, reviewIn, takeAhead } from "./ahead.js";
import { keepClaim } from "./claim.js";
import { hideHints } from "./hints.js";
import { onKey } from "./keyboard.js";
import { linkFrom } from "./linking.js";
import { focusCurrent, page, redraw, say, showCurrent } from "./page.js";
import { onClick, onDrag, onHover, onPointerDown } from "./pointer.js";
import { begin, fail, isBusy, settled, startQueue } from "./queue.js";
import { enhanceSentences } from "./sentence.js";

const kept = new Set(); // panels that stay open from sentence to sentence

document.documentElement.classList.add("js");
if (matchMedia("(max-width: 68rem)").matches) document.getElementById("guidelines").open = false;
startQueue({ unmeant, trouble });
document.addEventListener("keydown", onKey);
document.addEventListener("click", onClick, true);
document.addEventListener("pointerdown", onPointerDown);
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
keepClaim(() => page.review, heldAhead);
showReview(false);

/** isAnswered: nothing is under way any more; otherwise the keys wait until the answer is here. */
function showReview(wasSwapped, isAnswered = true) {
  page.review = document.getElementById("review");
  const focused = document.activeElement;
  const focusWasHere = !wasSwapped || !focused || focused === document.body || page.review.contains(focused);
  if (!page.review.dataset.pair) return settled(null);
  page.links = JSON.parse(page.review.dataset.links);
  page.commands = new Map(Object.entries(JSON.parse(page.review.dataset.keys)).map(([name, key]) => [key, name]));
  page.labels = new Map(Object.entries(JSON.parse(page.review.dataset.labelKeys)));
  page.current = page.review.dataset.current === undefined ? null : Number(page.review.dataset.current);
  page.hovered = null;
  page.isPlacing = page.isProposed = page.awaitsHint = false;
  hideHints();
  enhanceSentences(page.review);
  linkFrom(page.review, null);
  for (const button of page.review.querySelectorAll(".item button")) button.tabIndex = -1;
  for (const panel of page.review.querySelectorAll("details[data-keep]")) panel.open = kept.has(panel.dataset.keep);
  page.review.querySelector('[data-command="links"]')?.setAttribute("aria-pressed", String(page.allLinks));
  if (focusWasHere) focusCurrent();
  showCurrent();
  if (!isAnswered) return;
  settled(page.review.dataset.pair);
  setTimeout(() => page.review.isConnected && !isBusy() && lookAhead(page.review), 60);
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
  const left = page.review;
  begin(left.dataset.pair);
  const ahead = await takeAhead(left.dataset.pair);
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  if (ahead) {
    begin(ahead.dataset.pair);
    paint(ahead, false);
    ahead.setAttribute("aria-busy", "true");
    body.set("ahead", ahead.dataset.pair);
    body.set("shown", ahead.dataset.state);
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
  page.review.removeAttribute("aria-busy");
  page.review.querySelector(".remaining").replaceWith(answered.querySelector(".remaining"));
  settled(page.review.dataset.pair);
  if (!isBusy()) lookAhead(page.review); // keys that waited may be on their way to the next sentence already
}

function paint(element, isAnswered) {
  document.getElementById("review").replaceWith(element);
  htmx.process(element);
  if (element.dataset.url) history.pushState({ htmx: true }, "", element.dataset.url);
  scrollTo(0, 0);
  showReview(true, isAnswered);
}

/** Keys for a sentence that is gone were ignored. */
function unmeant() {
  page.awaitsHint = false;
  say(page.review.dataset.unmeantKeys);
}

function trouble(status) {
  page.awaitsHint = false;
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.setAttribute("role", "alert");
  notice.textContent = status ? page.review.dataset.refused : page.review.dataset.unreachable;
  page.review.querySelector(".notice.bad")?.remove();
  page.review.prepend(notice);
}

function onFocus(event) {
  const row = event.target.closest?.("#review .item");
  if (row) {
    page.current = Number(row.dataset.position);
    showCurrent();
  } else if (event.target.closest?.("#review .pair .t")) redraw();
}

function onToggle(event) {
  const name = event.target.dataset?.keep;
  if (!name) return;
  if (event.target.open) kept.add(name);
  else kept.delete(name);
}
