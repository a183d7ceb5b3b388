// What was open stays open when a part of the page is fetched again: <details data-keep="its name">.

const kept = () => [...document.querySelectorAll("details[data-keep]")];
let open = new Set();

document.addEventListener("htmx:beforeSwap", () => {
  open = new Set(kept().filter((details) => details.open).map((details) => details.dataset.keep));
});

document.addEventListener("htmx:afterSwap", () => {
  for (const details of kept()) details.open ||= open.has(details.dataset.keep);
});
