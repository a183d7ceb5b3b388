// Letters on the words and entities: typing one leads there, however far it is and whatever its script.

const LETTERS = [..."fjdkslaghrueiwoqptyvncmxbz"]; // the ones that fingers rest on first

let hints = new Map(); // letters -> element
let typed = "";

export function isHinting() {
  return hints.size > 0;
}

/** Show letters on these elements; the first ones get one letter each, the last perhaps two. */
export function showHints(elements) {
  hideHints();
  codes(elements.length).forEach((code, index) => hints.set(code, elements[index]));
  paint();
}

export function hideHints() {
  for (const element of hints.values()) delete element.dataset.hint;
  hints = new Map();
  typed = "";
}

/** The element that the letter completes, or null. A letter that leads nowhere is passed over. */
export function takeHint(letter) {
  const found = hints.get(typed + letter) ?? null;
  if (found) hideHints();
  else if ([...hints.keys()].some((code) => code.startsWith(typed + letter))) {
    typed += letter;
    paint();
  }
  return found;
}

/** The Latin letter of a key, under a keyboard of another script the one at its place; null for other keys. */
export function letterOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const place = /^Key([A-Z])$/.exec(event.code ?? "");
  const letter = event.key > "\u007f" && place ? place[1] : event.key;
  return /^[a-z]$/i.test(letter) ? letter.toLowerCase() : null;
}

/** As many single letters as there can be, then pairs that begin with the letters kept back for that. */
function codes(n) {
  const nPrefixes = n <= LETTERS.length ? 0 : Math.min(LETTERS.length, Math.ceil((n - LETTERS.length) / (LETTERS.length - 1)));
  const single = LETTERS.slice(0, LETTERS.length - nPrefixes);
  const pairs = LETTERS.slice(LETTERS.length - nPrefixes).flatMap((first) => LETTERS.map((second) => first + second));
  return [...single, ...pairs].slice(0, n);
}

function paint() {
  for (const [code, element] of hints) {
    if (code.startsWith(typed)) element.dataset.hint = code.slice(typed.length);
    else delete element.dataset.hint;
  }
}
