// Faults of a page's layout that a program can see, each as a sentence: see layout.py.
() => {
  const found = [];
  const name = (element) => {
    const words = (element.getAttribute("aria-label") || element.innerText || element.value || "").trim();
    const kind = element.tagName.toLowerCase() + (element.id ? "#" + element.id : "");
    return `<${kind}${element.classList.length ? "." + [...element.classList].join(".") : ""}> “${words.slice(0, 30)}”`;
  };
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth + 1) {
    const wide = [...document.body.querySelectorAll("*")].filter((element) => {
      const box = element.getBoundingClientRect();
      return box.width && (box.right > innerWidth + 1 || box.left < -1) && !element.closest(".visually-hidden");
    });
    found.push(`wider than the window by ${root.scrollWidth - innerWidth}: ${wide.slice(-1).map(name)}`);
  }
  const isHidden = (element) =>
    element.closest(".visually-hidden, .skip-link, svg, [hidden]") || !element.checkVisibility({visibilityProperty: true, opacityProperty: true});
  for (const element of document.querySelectorAll("body *")) {
    if (isHidden(element) || !element.clientWidth || element.matches("input, select, textarea, progress, option")) continue;
    const style = getComputedStyle(element);
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (hasText && style.display !== "inline" && !["auto", "scroll"].includes(style.overflowX)
        && element.scrollWidth > element.clientWidth + 1) {
      found.push(`text wider than its box by ${element.scrollWidth - element.clientWidth}: ${name(element)}`);
    }
    if (["hidden", "clip"].includes(style.overflowY) && element.innerText?.trim()
        && element.scrollHeight > element.clientHeight + 1) {
      found.push(`text cut below: ${name(element)}`);
    }
  }
  // What can be seen of a box within the boxes around it that scroll or cut.
  const seen = (element, box) => {
    let {left, top, right, bottom} = box;
    for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
      if (getComputedStyle(around).overflowX === "visible") continue;
      const edge = around.getBoundingClientRect();
      left = Math.max(left, edge.left); right = Math.min(right, edge.right);
      top = Math.max(top, edge.top); bottom = Math.min(bottom, edge.bottom);
    }
    return {left, top, right, bottom};
  };
  const isFloating = (element) => {
    for (let around = element; around; around = around.parentElement) {
      if (["fixed", "sticky", "absolute"].includes(getComputedStyle(around).position)) return true;
    }
    return false;
  };
  const controls = [...document.querySelectorAll("a[href], button, input, select, textarea, summary")]
    .filter((element) => element.type !== "hidden" && !isHidden(element) && !isFloating(element))
    .map((element) => ({element, boxes: [...element.getClientRects()].map((box) => seen(element, box))}));
  const across = (a, b) =>
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 2;
  controls.forEach((one, index) => {
    for (const other of controls.slice(index + 1)) {
      if (one.element.contains(other.element) || other.element.contains(one.element)) continue;
      if (one.boxes.some((a) => other.boxes.some((b) => across(a, b)))) {
        found.push(`${name(one.element)} lies on ${name(other.element)}`);
      }
    }
  });
  return found;
}
