// Alignment links as curves between the tokens of the two sentences.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Draw links into the pair's <svg>.
 * links: [[source token, target token, score, whose], ...], whose: "" the machine's, "added" or "removed"
 * by the reviewer; isStrong(link): in full, with its words marked; all: draw the others too, faintly.
 */
export function drawLinks(pair, links, isStrong, all) {
  const svg = pair.querySelector("svg.links");
  svg.replaceChildren();
  for (const token of pair.querySelectorAll(".t.linked")) token.classList.remove("linked");
  const tokens = { source: tokensOf(pair, "source"), target: tokensOf(pair, "target") };
  const frame = pair.getBoundingClientRect();
  const origin = { left: frame.left - pair.scrollLeft, top: frame.top - pair.scrollTop };
  for (const link of links) {
    const strong = isStrong(link);
    if (!strong && !all) continue;
    const [i, j, score, whose] = link;
    const from = tokens.source[i];
    const to = tokens.target[j];
    if (!from || !to) continue;
    if (strong && whose !== "removed") {
      from.classList.add("linked");
      to.classList.add("linked");
    }
    svg.append(...shapes(ends(from, to, origin), score, strong, whose));
  }
}

export function tokensOf(pair, side) {
  return pair.querySelectorAll(`.sentence[data-side="${side}"] .t`);
}

/** Where a link begins and ends: below and above the words, or in columns at the edges that face each other. */
function ends(from, to, origin) {
  const [above, below] = [visible(from), visible(to)];
  if (areBeside(from, to)) {
    const leftToRight = above.left < below.left;
    return {
      x1: (leftToRight ? above.right + 2 : above.left - 2) - origin.left,
      x2: (leftToRight ? below.left - 2 : below.right + 2) - origin.left,
      y1: (above.top + above.bottom) / 2 - origin.top,
      y2: (below.top + below.bottom) / 2 - origin.top,
      beside: true,
    };
  }
  return {
    x1: (above.left + above.right) / 2 - origin.left,
    x2: (below.left + below.right) / 2 - origin.left,
    y1: above.bottom - origin.top - 2,
    y2: below.top - origin.top + 2,
  };
}

function areBeside(from, to) {
  const [one, two] = [from, to].map((token) => token.closest(".side").getBoundingClientRect());
  return one.right <= two.left + 1 || two.right <= one.left + 1;
}

/** A word's box, held inside its side where that is scrolled. */
function visible(token) {
  const box = token.getBoundingClientRect();
  const side = token.closest(".side").getBoundingClientRect();
  const hold = (y) => Math.min(Math.max(y, side.top), side.bottom);
  return { left: box.left, right: box.right, top: hold(box.top), bottom: hold(box.bottom) };
}

/** The machine's link is a thin line, the reviewer's a thick one with dots, a removed one is crossed out. */
function shapes({ x1, x2, y1, y2, beside }, score, strong, whose) {
  const bend = Math.max(14, (y2 - y1) / 2);
  const middle = (x1 + x2) / 2;
  const curve = beside ? `${middle} ${y1} ${middle} ${y2}` : `${x1} ${y1 + bend} ${x2} ${y2 - bend}`;
  const line = shape("path", { d: `M${x1} ${y1} C${curve} ${x2} ${y2}` });
  line.setAttribute("opacity", String((strong ? 0.35 : 0.15) + 0.65 * score * (strong ? 1 : 0.7)));
  if (!strong) line.classList.add("faint");
  if (!whose) return [line];
  line.classList.add(whose);
  if (whose === "added") return [line, dot(x1, y1), dot(x2, y2)];
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const cross = shape("path", { d: `M${x - 4} ${y - 4} l8 8 m0 -8 l-8 8` });
  cross.classList.add("cross");
  return [line, cross];
}

function dot(cx, cy) {
  return shape("circle", { cx, cy, r: 3 });
}

function shape(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
