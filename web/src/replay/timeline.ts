/** Which word is being said at a time, and which comes next: pure, by binary search over the words' times. */

import type { Said } from "./shapes.ts";

/** A word by its place: `words[word]` of `said[line]`. */
export interface Spoken {
  line: number;
  word: number;
  channel: number;
  startMs: number;
  endMs: number;
}

export class Timeline {
  /** All words, by when they begin. */
  private readonly all: readonly Spoken[];
  /** The same, each channel's apart: people talk at the same time. */
  private readonly channels: readonly (readonly Spoken[])[];
  /** Lines by when they begin: [start, index]. */
  private readonly lines: readonly (readonly [number, number])[];

  constructor(said: readonly Said[]) {
    const all: Spoken[] = [];
    said.forEach(({ words, channel }, line) => {
      words.forEach(({ start_ms: startMs, end_ms: endMs }, word) => all.push({ line, word, channel, startMs, endMs }));
    });
    this.all = all.sort(earlier);
    const apart = new Map<number, Spoken[]>();
    for (const one of this.all) {
      const own = apart.get(one.channel);
      if (own) own.push(one);
      else apart.set(one.channel, [one]);
    }
    this.channels = [...apart.values()];
    this.lines = said.map(({ start_ms }, index) => [start_ms, index] as const).sort((a, b) => a[0] - b[0]);
  }

  /** The words that are being said at `ms`: one a channel at most. */
  at(ms: number): Spoken[] {
    const saying: Spoken[] = [];
    for (const own of this.channels) {
      const last = own[before(own.length, (index) => own[index]!.startMs <= ms) - 1];
      if (last && ms < last.endMs) saying.push(last);
    }
    return saying;
  }

  /** The line that one is in at `ms`: the last that has begun. */
  lineAt(ms: number): number | undefined {
    return this.lines[before(this.lines.length, (index) => this.lines[index]![0] <= ms) - 1]?.[1];
  }

  /** The first word that begins after `ms`. */
  next(ms: number): Spoken | undefined {
    return this.all[before(this.all.length, (index) => this.all[index]!.startMs <= ms)];
  }

  /** The last word that begins before `ms`. */
  previous(ms: number): Spoken | undefined {
    return this.all[before(this.all.length, (index) => this.all[index]!.startMs < ms) - 1];
  }
}

function earlier(a: Spoken, b: Spoken): number {
  return a.startMs - b.startMs || a.line - b.line || a.word - b.word;
}

/** How many of the first `length` places hold, when those that hold come first. */
export function before(length: number, holds: (index: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
