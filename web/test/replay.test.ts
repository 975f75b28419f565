import { expect, test } from "vitest";
import { find } from "../src/replay/find.ts";
import { command, KEYS, speed } from "../src/replay/keys.ts";
import { Latencies } from "../src/replay/latency.ts";
import { marks } from "../src/replay/marks.ts";
import { pieces } from "../src/replay/pieces.ts";
import { address, ANYTHING, filters, place } from "../src/replay/place.ts";
import type { Said, Transcript } from "../src/replay/shapes.ts";
import { before, Timeline } from "../src/replay/timeline.ts";
import { clock, length } from "../src/replay/words.ts";

type Timed = readonly [text: string, start: number, end: number];

function said(channel: number, ...timed: Timed[]): Said {
  let text = "";
  const words = timed.map(([word, start_ms, end_ms]) => {
    const offset = Array.from(text).length;
    text += `${word} `;
    return { text: word, offset, start_ms, end_ms, confidence: 1 };
  });
  const times = { start_ms: timed[0]?.[1] ?? 0, end_ms: timed.at(-1)?.[2] ?? 0 };
  const rest = { language: "en", confidence: 1, made_by: "", lag_ms: 0, turn: null, verdicts: [], original: null };
  return { kind: "speech", number: 1, id: "1-0", channel, ...times, text: text.trim(), words, corrected: null, answers: null, status: null, timing: {}, ...rest };
}

test("the word that is being said is found in each channel, and none in a pause", () => {
  const timeline = new Timeline([said(0, ["one", 0, 100], ["two", 150, 300]), said(1, ["uno", 200, 400])]);
  const at = (ms: number) => timeline.at(ms).map(({ line, word }) => [line, word]);
  expect(at(0)).toEqual([[0, 0]]);
  expect(at(100)).toEqual([]);
  expect(at(150)).toEqual([[0, 1]]);
  expect(at(250)).toEqual([[0, 1], [1, 0]]);
  expect(at(399)).toEqual([[1, 0]]);
  expect(at(400)).toEqual([]);
});

test("a thousand words are found as if one looked at each", () => {
  let [ms, seed] = [0, 7];
  const some = () => (seed = (seed * 16807) % 2147483647) % 400;
  const timed = Array.from({ length: 1000 }, (): Timed => ["w", (ms += some()), (ms += some() + 1)]);
  const timeline = new Timeline([said(0, ...timed)]);
  for (let at = 0; at < ms; at += 37) {
    const wanted = timed.findIndex(([, start, end]) => start <= at && at < end);
    expect(timeline.at(at).map(({ word }) => word)).toEqual(wanted < 0 ? [] : [wanted]);
  }
});

test("one goes from word to word, and from line to line", () => {
  const timeline = new Timeline([said(0, ["one", 10, 100], ["two", 150, 300]), said(1, ["uno", 200, 400])]);
  expect(timeline.next(10)?.startMs).toBe(150);
  expect(timeline.next(150)?.startMs).toBe(200);
  expect(timeline.next(200)).toBeUndefined();
  expect(timeline.previous(200)?.startMs).toBe(150);
  expect(timeline.previous(10)).toBeUndefined();
  expect([0, 10, 199, 200, 9000].map((ms) => timeline.lineAt(ms))).toEqual([undefined, 0, 0, 1, 1]);
  expect(before(0, () => true)).toBe(0);
});

test("a line's pieces are its text, whole, whatever its code points", () => {
  const line = { ...said(0, ["👋", 0, 1], ["naïve", 2, 3], ["word", 4, 5]), text: "👋 naïve word!" };
  const made = pieces(line);
  expect(made.map(({ text }) => text).join("")).toBe(line.text);
  expect(made.filter(({ word }) => word !== undefined).map(({ text, at }) => [text, at])).toEqual([["👋", 0], ["naïve", 3], ["word", 9]]);
});

test("words that are not where they say they are become plain text", () => {
  const line = { ...said(0, ["card", 0, 1], ["4111", 2, 3]), text: "card ••••" };
  expect(pieces(line).map(({ text, word }) => [text, word])).toEqual([["card", 0], [" ••••", undefined]]);
});

test("in a corrected line, the words that are not as they were heard are marked", () => {
  const original = said(0, ["the", 0, 1], ["in", 2, 3], ["voice", 4, 5]);
  const line = { ...said(0, ["the", 0, 1], ["invoice", 2, 5]), original };
  expect(pieces(line).filter(({ changed }) => changed).map(({ text }) => text)).toEqual(["invoice"]);
});

test("what is looked for is found whatever its case, accents and width, at its place in the original", () => {
  const lines = ["Café au lait", "two CAFÉS, a cafe", "ﬁle 👋 Cafe\u0301!"];
  const hits = find(lines, "  cafe ");
  expect(hits.map(({ line, from, to }) => lines[line]!.slice(from, to))).toEqual(["Café", "CAFÉ", "cafe", "Cafe\u0301"]);
  expect(find(lines, "FILE 👋").map(({ from, to }) => lines[2]!.slice(from, to))).toEqual(["ﬁle 👋"]);
  expect(find(lines, " ")).toEqual([]);
  expect(find(["aaaa"], "aa")).toHaveLength(2);
});

test("an address says which session and where, or what the list is narrowed down by, there and back", () => {
  for (const to of [
    { name: "session", id: "s/1 ü@x", atMs: 1234 },
    { name: "session", id: "s", atMs: undefined },
    { name: "list", wanted: { ...ANYTHING, q: "a & b=c #", metadata: "k=v" } },
    { name: "list", wanted: ANYTHING },
  ] as const) expect(place(address(to))).toEqual(to);
  expect(place("#%E0%A4%A")).toEqual({ name: "session", id: "%E0%A4%A", atMs: undefined });
});

test("filters go to the server as it takes them: days as their first and last millisecond", () => {
  const query = Object.fromEntries(filters({ ...ANYTHING, since: "2026-01-02", until: "2026-01-02", metadata: "caller=47=11, x=" }));
  expect(Number(query["until"]) - Number(query["since"])).toBe(86_399_999);
  expect(new Date(Number(query["since"])).getHours()).toBe(0);
  expect(query["metadata.caller"]).toBe("47=11");
  expect(Object.keys(query)).toHaveLength(3);
  expect(filters(ANYTHING)).toEqual([]);
});

test("the log tells when words were first shown, and when they could not change any more", () => {
  const latencies = new Latencies();
  const told = (id: number, message: object) => latencies.heard(JSON.stringify({ id: `${id}-0`, channel: 0, segment: 4, ...message }));
  told(1000, { type: "transcript.partial", text: "in", stable: 0, lag_ms: 310 });
  told(1500, { type: "transcript.partial", text: "the invoice", stable: 0, lag_ms: 200 });
  told(2500, { type: "transcript.partial", text: "the invoice is", stable: 11, lag_ms: 200 });
  told(2600, { type: "moderation.verdict", target: { segment: 4 } });
  latencies.heard("not JSON, though it has \"transcript.");
  expect(latencies.segments.size).toBe(0);
  const words = [["the", 0], ["invoice", 4], ["is", 12], ["late", 15]].map(([text, offset]) => ({ text, offset }));
  told(3500, { type: "transcript.final", text: "the invoice is late", words, lag_ms: 700, source: "speech" });
  told(3600, { type: "transcript.final", segment: 5, text: "typed", words: [], lag_ms: 0, source: "text" });
  expect([...latencies.segments]).toEqual([[4, { firstMs: 310, sureMs: 1000, finalMs: 700 }]]);
});

test("what stands on the time line is in order, in words, and says nothing of what was only checked", () => {
  const verdict = (action: string) => ({ action, categories: ["pii/card"], span: [0, 1] }) as unknown as Said["verdicts"][number];
  const lines = [
    { ...said(0, ["a", 5000, 5500]), verdicts: [verdict("pass")] },
    { ...said(1, ["b", 7000, 7100]), verdicts: [verdict("pass"), verdict("redact")] },
  ];
  const gaps = [{ channel: 1, from_ms: 6000, to_ms: 8500, reason: "lost" }];
  const degraded = [{ id: "1-0", at_ms: 9000, step: "slower" }, { id: "2-0", at_ms: 9500, step: "full" }];
  const note = (note_id: number, kind: string, at_ms: number, text: string) =>
    ({ note_id, kind, at_ms, text, author: "ana", made_at: 0, number: null }) as Parameters<typeof marks>[1][number];
  const made = marks({ said: lines, gaps, degraded } as unknown as Transcript, [
    note(1, "bookmark", 100, ""), note(2, "correction", 0, "x"), note(3, "note", 9999, "call back")]);
  expect(made.map(({ kind, label }) => [kind, label])).toEqual([
    ["bookmark", "Bookmark"],
    ["gap", "2.5 s of sound did not reach the server"],
    ["verdict", "Redacted: card number"],
    ["pace", "The server is busy: words appear a little later."],
    ["note", "call back"],
  ]);
});

test("each key does one thing, shift tells words from seconds, and shortcuts of the browser stay its own", () => {
  const press = (key: string, more: object = {}) => command({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more });
  expect(press("ArrowLeft")).toBe("back");
  expect(press("ArrowLeft", { shiftKey: true })).toBe("word-back");
  expect(press("?", { shiftKey: true })).toBe("help");
  expect(press("/", { ctrlKey: true })).toBeUndefined();
  expect(press("x")).toBeUndefined();
  const without = (key: string) => command({ key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false }, false);
  expect([...new Set(KEYS.map(({ press }) => press).filter((key) => without(key)))]).toEqual([" ", "ArrowLeft", "ArrowRight"]);
  expect(new Set(KEYS.map(({ does }) => does)).size).toBe(KEYS.length);
});

test("speeds go step by step and stay at their ends", () => {
  expect(speed(1, 1)).toBe(1.25);
  expect(speed(4, 1)).toBe(4);
  expect(speed(0.5, -1)).toBe(0.5);
});

test("times are read as people read them", () => {
  expect([0, 61_999, 3_600_000, 3_725_000].map(clock)).toEqual(["0:00", "1:01", "1:00:00", "1:02:05"]);
  expect([900, 60_000, 95_000, 3_600_000, 3_720_000].map(length)).toEqual(["1 s", "1 min", "1 min 35 s", "1 h", "1 h 2 min"]);
});
