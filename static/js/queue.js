// One request at a time, in the order of the keys. What is pressed meanwhile waits for the answer.

let busy = false;
let shownPair = null;
const waiting = [];
let unmeant = () => {};
let trouble = () => {};

/** unmeant(): keys were ignored, see enqueue; trouble(status): a request failed, 0 when nothing answered. */
export function startQueue(handlers) {
  ({ unmeant, trouble } = handlers);
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target?.id === "review") busy = true;
  });
  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError", "htmx:swapError"]) {
    document.body.addEventListener(failure, (event) => {
      if (event.detail.target?.id !== "review") return;
      fail(event.detail.xhr?.status ?? 0);
    });
  }
}

/** A request is under way that htmx does not send, with this pair on the screen meanwhile. */
export function begin(pair) {
  busy = true;
  shownPair = pair;
}

/** It failed: what waited for it is dropped, as `trouble` says. */
export function fail(status) {
  busy = false;
  waiting.length = 0;
  trouble(status);
}

export function isBusy() {
  return busy;
}

/**
 * Do something now, or after what is under way.
 * survivesLeaving: it may act on whatever sentence is on the screen by then (undo); anything else is
 * meant for the sentence that was on the screen when the key was pressed.
 */
export function enqueue(perform, survivesLeaving = false) {
  waiting.push({ perform, pair: shownPair, survivesLeaving });
  pump();
}

/** The answer is on the screen. */
export function settled(pair) {
  busy = false;
  shownPair = pair;
  pump();
}

function pump() {
  let ignored = 0;
  while (!busy && waiting.length) {
    const { perform, pair, survivesLeaving } = waiting.shift();
    if (pair === shownPair || survivesLeaving) perform();
    else ignored += 1;
  }
  if (ignored) unmeant();
}
