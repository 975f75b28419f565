import { expect, test } from "vitest";
import type { Frame } from "../src/client/outbox.ts";
import { Outbox } from "../src/client/outbox.ts";

const RATE = 100;
const ramp = (from: number, count: number) => Int16Array.from({ length: count }, (_, at) => from + at);

function drain(outbox: Outbox): Frame[] {
  const frames: Frame[] = [];
  for (let frame; (frame = outbox.frame()) !== undefined; ) frames.push(frame);
  return frames;
}

const sound = (frames: Frame[]) => frames.flatMap((frame) => (typeof frame === "string" ? [] : [...frame]));
const texts = (frames: Frame[]) => frames.filter((frame) => typeof frame === "string").map((raw) => JSON.parse(raw));

function outbox(have = 0, credit = 20): Outbox {
  const made = new Outbox(RATE, 1, 30);
  made.opened(have, credit);
  return made;
}

test("nothing goes further than the credit beyond the last acknowledgement, and an acknowledgement lets more go", () => {
  const box = outbox();
  box.push(ramp(0, 25 * RATE));
  expect(sound(drain(box))).toEqual([...ramp(0, 20 * RATE)]);
  expect(box.room).toBe(false);
  box.acknowledged(3 * RATE);
  expect(sound(drain(box))).toEqual([...ramp(20 * RATE, 3 * RATE)]);
  box.acknowledged(5 * RATE);
  expect(box.room).toBe(true);
});

test("after a resume sound goes on from the sample that the server wants, out of the ring", () => {
  const box = outbox();
  box.push(ramp(0, 1000));
  drain(box);
  box.acknowledged(600);
  box.opened(437, 20);
  expect(sound(drain(box))).toEqual([...ramp(437, 563)]);
});

test("what the ring has lost is skipped, so that the clock stays true", () => {
  const box = outbox();
  for (let at = 0; at < 50; at += 1) box.push(ramp(at * RATE, RATE));
  box.opened(5 * RATE, 20);
  const frames = drain(box);
  expect(texts(frames)[0]).toEqual({ type: "audio.skip", samples: 15 * RATE });
  const kept = sound(frames);
  expect(kept[0]).toBe(20 * RATE);
  expect(15 * RATE + kept.length).toBe(20 * RATE);
});

test("a note stands behind the sound that was given before it, and before the sound that came after", () => {
  const box = outbox();
  box.push(ramp(0, 25));
  box.say({ type: "audio.finalize" }, "r1");
  box.push(ramp(25, 5));
  const kinds = drain(box).map((frame) => (typeof frame === "string" ? JSON.parse(frame).type : frame.length));
  expect(kinds).toEqual([10, 10, 5, "audio.finalize", 5]);
});

test("a note whose arrival is not known goes again after a resume with the same ref, one before acknowledged sound does not", () => {
  const box = outbox();
  box.say({ type: "text", text: "first" }, "r1");
  box.push(ramp(0, 100));
  box.say({ type: "text", text: "second" }, "r2");
  drain(box);
  box.acknowledged(100);
  box.opened(100, 20);
  expect(texts(drain(box))).toEqual([{ type: "text", text: "second", ref: "r2" }]);
});

test("a session that has had its last input is sent nothing again", () => {
  const box = outbox();
  box.say({ type: "session.end" }, "r1");
  drain(box);
  box.opened(0, 20, true);
  expect(drain(box)).toEqual([]);
});
