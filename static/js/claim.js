// Keeps the claim on the sentence while its page is looked at, and gives it back when the page is left.

const HEARTBEAT_MS = 120_000; // a fraction of the lease

/** getReview(): the #review element that is on the page now; getAhead(): the one that comes next, or null. */
export function keepClaim(getReview, getAhead) {
  const send = async () => {
    const review = getReview();
    if (document.visibilityState !== "visible" || !review?.dataset.heartbeat) return;
    const ahead = getAhead()?.dataset.heartbeat;
    if (ahead) fetch(ahead, { method: "POST", body: csrfForm() }).catch(() => {}); // accepting finds out
    const answer = await fetch(review.dataset.heartbeat, { method: "POST", body: csrfForm() }).catch(() => null);
    if (answer?.status !== 409 || !review.isConnected) return;
    review.querySelector(".notice")?.remove();
    review.insertAdjacentHTML("afterbegin", await answer.text());
  };
  setInterval(send, HEARTBEAT_MS);
  addEventListener("pageshow", (event) => event.persisted && send());
  addEventListener("pagehide", () => {
    for (const held of [getReview(), getAhead()]) {
      if (held?.dataset.release) navigator.sendBeacon(held.dataset.release, csrfForm());
    }
  });
}

export function csrfForm() {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
  return body;
}
