import { expect, test } from "vitest";
import { Ring } from "../src/client/ring.ts";

const ramp = (from: number, count: number) => Int16Array.from({ length: count }, (_, at) => from + at);

test("what was pushed is read back by its place, whatever the pieces", () => {
  const ring = new Ring(1000, 1);
  for (let at = 0; at < 300; at += 30) ring.push(ramp(at, 30));
  const got: number[] = [];
  for (let at = 17; at < ring.end; ) {
    const chunk = ring.read(at, 11);
    if (!chunk) throw new Error(`nothing at ${at}`);
    got.push(...chunk.samples);
    at = chunk.end;
  }
  expect(got).toEqual([...ramp(17, 283)]);
});

test("at least the last samples up to the capacity are kept, and older ones are let go", () => {
  const ring = new Ring(100, 1);
  for (let at = 0; at < 1000; at += 32) ring.push(ramp(at, 32));
  expect(ring.end - ring.begin).toBeGreaterThanOrEqual(100);
  expect(ring.end - ring.begin).toBeLessThan(132);
  expect(ring.read(0, 10)).toBeUndefined();
  expect(ring.next(0)).toBe(ring.begin);
});

test("places count samples a channel, and half a sample is refused", () => {
  const ring = new Ring(100, 2);
  ring.push(ramp(0, 8));
  expect(ring.end).toBe(4);
  expect([...(ring.read(1, 2)?.samples ?? [])]).toEqual([2, 3, 4, 5]);
  expect(() => ring.push(ramp(0, 3))).toThrow(RangeError);
});
