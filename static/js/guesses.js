// Where an entity that nobody suggested probably is: what links and capital letters say, best first.

import { tokensOf } from "./links.js";
import { tokenIndex } from "./sentence.js";

const CAPITAL = /^[^\p{L}]*[\p{Lu}\p{Lt}]/u;
const ENDS_SENTENCE = /^[.!?。！？؟…:"«“”»'‘’(\[\-–—]+$/u; // what a capital letter after it says nothing

/**
 * Runs of target words as [first, last], both included. row: the entity in focus; where it is missing, its
 * own words come first. Words of entities that are not rejected are never offered.
 */
export function likelyRuns(review, links, row) {
  const target = [...tokensOf(review, "target")];
  const source = [...tokensOf(review, "source")];
  const standing = links.filter(([, , , whose]) => whose !== "removed");
  const isFree = (j) => target[j] !== undefined && !target[j].closest(".mark:not(.rejected)");
  const found = row?.classList.contains("missing") ? ownRuns(row, standing, target, isFree) : [];
  for (const run of nameRuns(source, target, standing, isFree)) {
    if (!found.some(([first, last]) => first === run[0] && last === run[1])) found.push(run);
  }
  return found;
}

/** The words that are linked with a missing entity, else the words between those of its neighbours. */
function ownRuns(row, links, target, isFree) {
  const [start, end] = row.dataset.source.split("-").map(Number);
  const linked = links.filter(([i, j]) => i >= start && i < end && isFree(j)).map(([, j]) => j);
  if (linked.length) return runsOf([...new Set(linked)].sort((a, b) => a - b));
  const taken = new Set(links.map(([, j]) => j));
  const before = links.filter(([i]) => i < start).sort((a, b) => b[0] - a[0] || b[1] - a[1])[0];
  const after = links.filter(([i]) => i >= end).sort((a, b) => a[0] - b[0] || a[1] - b[1])[0];
  const [low, high] = [before ? before[1] : -1, after ? after[1] : target.length];
  const between = target.map((_, j) => j).filter((j) => j > Math.min(low, high) && j < Math.max(low, high));
  return runsOf(between.filter((j) => isFree(j) && !taken.has(j) && isWord(target[j])));
}

/** Names that are in no entity yet: those that both sentences write as names first, then in reading order. */
function nameRuns(source, target, links, isFree) {
  const weights = new Map();
  const add = (j, weight) => isFree(j) && isWord(target[j]) && weights.set(j, (weights.get(j) ?? 0) + weight);
  target.forEach((token, j) => isName(token, target) && add(j, 1));
  source.forEach((token, i) => {
    if (!isName(token, source) || token.closest(".mark")) return;
    for (const j of new Set(links.filter((link) => link[0] === i).map((link) => link[1]))) add(j, 2);
  });
  const weigh = ([first, last]) => Math.max(...range(first, last).map((j) => weights.get(j)));
  return runsOf([...weights.keys()].sort((a, b) => a - b)).sort((a, b) => weigh(b) - weigh(a) || a[0] - b[0]);
}

/** A word with a capital letter where the place does not ask for one. */
function isName(token, tokens) {
  const before = tokens[tokenIndex(token) - 1]?.textContent;
  return CAPITAL.test(token.textContent) && before !== undefined && !ENDS_SENTENCE.test(before);
}

function isWord(token) {
  return /[\p{L}\p{N}]/u.test(token.textContent);
}

/** Neighbouring numbers as [first, last]. */
function runsOf(numbers) {
  const runs = [];
  for (const number of numbers) {
    if (runs.length && runs.at(-1)[1] === number - 1) runs.at(-1)[1] = number;
    else runs.push([number, number]);
  }
  return runs;
}

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, k) => first + k);
}
