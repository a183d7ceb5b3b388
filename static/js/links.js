// Alignment links as curves between the tokens of the two sentences.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Draw links into the pair's <svg>.
 * links: [[source token, target token, score], ...]; isStrong(link): in full, with its words marked;
 * all: draw the others too, faintly.
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
    const [i, j, score] = link;
    const from = tokens.source[i];
    const to = tokens.target[j];
    if (!from || !to) continue;
    if (strong) {
      from.classList.add("linked");
      to.classList.add("linked");
    }
    svg.append(curve(from, to, origin, score, strong));
  }
}

export function tokensOf(pair, side) {
  return pair.querySelectorAll(`.sentence[data-side="${side}"] .t`);
}

function curve(from, to, origin, score, strong) {
  const above = from.getBoundingClientRect();
  const below = to.getBoundingClientRect();
  const x1 = above.left + above.width / 2 - origin.left;
  const x2 = below.left + below.width / 2 - origin.left;
  const y1 = above.bottom - origin.top - 2;
  const y2 = below.top - origin.top + 2;
  const bend = Math.max(14, (y2 - y1) / 2);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", `M${x1} ${y1} C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2}`);
  path.setAttribute("opacity", String((strong ? 0.35 : 0.15) + 0.65 * score * (strong ? 1 : 0.7)));
  if (!strong) path.classList.add("faint");
  return path;
}
