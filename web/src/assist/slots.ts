/**
 * Which suggestions stand where: three reserved places, pure. What is held (under the pointer, in focus, being edited)
 * stays as it is, whatever comes: a newer one takes an empty place, else the oldest, that nobody holds, or waits.
 */

import type { Advice } from "./call.ts";

export const PLACES = 3;

export interface Slots {
  /** Number of the suggestion in each place; 0: none. */
  places: readonly number[];
  /** Those that have had their place. */
  seen: ReadonlySet<number>;
  /** How many wait for a place that nobody holds. */
  waiting: number;
  /** In which places a better one waits. */
  better: readonly boolean[];
}

const NONE = Array<false>(PLACES).fill(false);
export const EMPTY_SLOTS: Slots = { places: Array<number>(PLACES).fill(0), seen: new Set(), waiting: 0, better: NONE };

/** The places with all of `advice` looked at. `gone`: dealt with. `held`: places that must stay as they are. */
export function arranged(slots: Slots, advice: readonly Advice[], gone: ReadonlySet<number>, held: ReadonlySet<number>): Slots {
  const current = advice.filter((one) => !gone.has(one.number));
  const numbers = new Set(current.map((one) => one.number));
  const places = slots.places.map((number, at) => (numbers.has(number) || held.has(at) ? number : 0));
  const seen = new Set(advice.map((one) => one.number).filter((number) => slots.seen.has(number)));
  const better: boolean[] = [...NONE];
  let waiting = 0;
  for (const one of current) {
    if (seen.has(one.number) || one.text === "") continue;
    const old = one.supersedes ? places.indexOf(one.supersedes) : -1;
    if (old >= 0 && one.status !== "completed") continue; // the quicker one stands until the better one is whole
    const at = old >= 0 ? old : free(places, held);
    if (old >= 0 && held.has(old)) better[old] = true;
    else if (at < 0) waiting += 1;
    else {
      places[at] = one.number;
      seen.add(one.number);
    }
  }
  return { places, seen, waiting, better };
}

/** An empty place, else the one with the oldest suggestion, that nobody holds; -1: all are held. */
function free(places: readonly number[], held: ReadonlySet<number>): number {
  const may = places.map((_, at) => at).filter((at) => !held.has(at));
  return may.toSorted((a, b) => (places[a] ?? 0) - (places[b] ?? 0))[0] ?? -1;
}
