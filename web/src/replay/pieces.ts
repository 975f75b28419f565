/** A line as what it is made of: its words and what stands between them. Pure. */

import type { Said } from "./shapes.ts";

/** `text` begins at UTF-16 unit `at` of the line. `word`: its index, or undefined for what is between words. */
export interface Piece {
  at: number;
  text: string;
  word?: number;
  /** In a corrected line: it is not as it was heard. */
  changed?: boolean;
}

/** The line's text, whole and in order. Words that are not where they say they are become plain text. */
export function pieces(said: Said): Piece[] {
  const { text, words } = said;
  const unit = units(text);
  const heard = said.original && new Set(said.original.words.map(({ text, start_ms }) => `${start_ms}/${text}`));
  const all: Piece[] = [];
  let at = 0;
  words.forEach((word, index) => {
    const from = unit(word.offset);
    if (from < at || !text.startsWith(word.text, from) || word.text === "") return;
    if (from > at) all.push({ at, text: text.slice(at, from) });
    at = from + word.text.length;
    const changed = heard !== null && !heard.has(`${word.start_ms}/${word.text}`);
    all.push({ at: from, text: word.text, word: index, ...(changed ? { changed } : {}) });
  });
  if (at < text.length) all.push({ at, text: text.slice(at) });
  return all;
}

/** From code points, which the server counts, to UTF-16 units, which JavaScript counts. */
function units(text: string): (point: number) => number {
  if (!/[\ud800-\udfff]/.test(text)) return (point) => point;
  const starts: number[] = [];
  let unit = 0;
  for (const point of text) {
    starts.push(unit);
    unit += point.length;
  }
  return (point) => starts[point] ?? text.length;
}
