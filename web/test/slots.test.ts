import { describe, expect, it } from "vitest";
import type { Advice } from "../src/assist/call.ts";
import { arranged, EMPTY_SLOTS } from "../src/assist/slots.ts";

function one(number: number, more: Partial<Advice> = {}): Advice {
  return {
    number, kind: "answer", turn: 1, asked: "", text: `says ${number}`, status: "completed", supersedes: null, citations: [], firstMs: 1, ...more,
  };
}

const NOBODY = new Set<number>();
const after = (advice: Advice[], held = NOBODY, before = EMPTY_SLOTS, gone = NOBODY) => arranged(before, advice, gone, held);

describe("the three places", () => {
  it("are taken in order, and then the oldest one goes", () => {
    expect(after([one(1), one(2)]).places).toEqual([1, 2, 0]);
    expect(after([one(1), one(2), one(3), one(4)]).places).toEqual([4, 2, 3]);
  });

  it("keep what is held, whatever comes", () => {
    const before = after([one(1), one(2), one(3)]);
    const advice = [one(1), one(2), one(3), one(4), one(5, { supersedes: 1 })];
    const then = after(advice, new Set([0]), before, new Set([1]));
    expect(then.places).toEqual([1, 4, 3]);
    const all = after([...advice, one(6)], new Set([0, 1, 2]), then);
    expect([all.places, all.waiting, all.better]).toEqual([[1, 4, 3], 1, [true, false, false]]);
    expect(after([...advice, one(6)], NOBODY, all).places).toEqual([5, 4, 6]);
  });

  it("take a better one in the place of the quick one, once it is whole", () => {
    const before = after([one(1), one(2)]);
    const growing = one(3, { supersedes: 1, status: "streaming" });
    expect(after([one(1), one(2), growing], NOBODY, before).places).toEqual([1, 2, 0]);
    expect(after([one(1), one(2), one(3, { supersedes: 1 })], NOBODY, before).places).toEqual([3, 2, 0]);
  });

  it("are free again when it is dealt with, and it never comes back", () => {
    const before = after([one(1), one(2)]);
    const then = after([one(1), one(2)], NOBODY, before, new Set([1]));
    expect(then.places).toEqual([0, 2, 0]);
    expect(after([one(1), one(2), one(3)], NOBODY, then, new Set([1])).places).toEqual([3, 2, 0]);
  });
});
