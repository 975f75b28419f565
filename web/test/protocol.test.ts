import { expect, test } from "vitest";
import { address } from "../src/client/address.ts";
import { compareIds, POLICY, Protocol } from "../src/client/protocol.ts";
import { pcm16 } from "../src/client/sound.ts";

const LIMITS = { credit_s: 20, frame_bytes: 262144, resume_window_s: 60, idle_timeout_s: 600 };
const AUDIO = { encoding: "pcm_s16le", sample_rate: 16000, channels: 1 } as const;

function started(): Protocol {
  const protocol = new Protocol({ mode: "chat", audio: AUDIO }, "x");
  const first = { type: "session.started", id: "7-0", session_id: "s", resume_token: "t", limits: LIMITS, serves: [] };
  protocol.receive(JSON.stringify(first), 0);
  return protocol;
}

const partial = (id: string) => JSON.stringify({ type: "transcript.partial", id, segment: 1, text: "hi", stable: 0 });

test("a new connection starts the session, a later one resumes it behind the last event seen", () => {
  const fresh = new Protocol({ mode: "chat", audio: AUDIO, language: "en" }, "x");
  expect(JSON.parse(fresh.hello())).toEqual({ type: "session.start", mode: "chat", audio: AUDIO, language: "en" });
  const protocol = started();
  protocol.receive(partial("8-3"), 0);
  expect(JSON.parse(protocol.hello())).toEqual({
    type: "session.resume",
    session_id: "s",
    resume_token: "t",
    last_event_id: "8-3",
  });
});

test("an event that was seen before is dropped", () => {
  const protocol = started();
  expect(protocol.receive(partial("8-0"), 0)).toBeDefined();
  expect(protocol.receive(partial("8-0"), 0)).toBeUndefined();
  expect(protocol.receive(partial("7-9"), 0)).toBeUndefined();
  expect(protocol.receive(partial("8-1"), 0)).toBeDefined();
});

test("messages of unknown types are ignored", () => {
  const protocol = started();
  expect(protocol.receive('{"type":"constructor","id":"9-0"}', 0)).toBeUndefined();
  expect(protocol.receive('{"type":"something.new","id":"9-0"}', 0)).toBeUndefined();
});

test("ids are ordered as numbers, not as texts, however large", () => {
  expect(compareIds("9-0", "10-0")).toBe(-1);
  expect(compareIds("10-2", "10-10")).toBe(-1);
  expect(compareIds("900719925474099301-0", "900719925474099302-0")).toBe(-1);
  expect(compareIds("5-5", "5-5")).toBe(0);
});

test("each close code leads to its end, or to another try", () => {
  const closed = (code: number, attempt = 0, away = 0) => started().closed(code, attempt, away).then;
  expect([1000].map((code) => closed(code))).toEqual(["ended"]);
  for (const code of [1002, 1003, 1007, 1008, 1009, 4409]) expect(closed(code)).toBe("failed");
  for (const code of [1001, 1005, 1006, 1011, 1012, 1013]) expect(closed(code)).toBe("retry");
  expect(closed(1006, 9, POLICY.giveUpMs + 1)).toBe("failed");
});

test("a full server is tried again when it said, however long it takes", () => {
  const protocol = started();
  protocol.receive('{"type":"error","code":"overloaded","message":"full","fatal":true,"retry_after":5}', 0);
  const closing = protocol.closed(1013, 40, 10 * POLICY.giveUpMs);
  expect(closing).toEqual({ then: "retry", afterMs: 5000, why: "full", overloaded: true });
});

test("the round trip is that of the last sample acknowledged", () => {
  const protocol = started();
  protocol.outbox.push(new Int16Array(1600));
  protocol.frame(1000);
  protocol.outbox.push(new Int16Array(1600));
  protocol.frame(1100);
  protocol.receive('{"type":"audio.ack","samples":1600}', 1250);
  expect(protocol.roundTripMs).toBe(250);
});

test("a server is silent when sound within the credit stays unacknowledged, and typed text alone is no reason", () => {
  const protocol = started();
  protocol.say({ type: "text", text: "hi" });
  protocol.frame(0);
  expect(protocol.silent(20_000, 60_000)).toBe(false);
  protocol.outbox.push(new Int16Array(16000));
  while (protocol.frame(60_000) !== undefined);
  expect(protocol.silent(20_000, 79_000)).toBe(false);
  expect(protocol.silent(20_000, 81_000)).toBe(true);
  protocol.receive('{"type":"audio.ack","samples":15900}', 81_000);
  expect(protocol.silent(20_000, 200_000)).toBe(false);
});

test("floats become 16 bit samples, clipped", () => {
  expect([...pcm16(Float32Array.of(0, 0.5, 1, -1, 2, -2))]).toEqual([0, 16384, 32767, -32768, 32767, -32768]);
});

test("a server's address leads to its stream", () => {
  expect(address("http://127.0.0.1:8080")).toBe("ws://127.0.0.1:8080/v1/stream");
  expect(address("https://host/below/?a#b")).toBe("wss://host/below/v1/stream");
  expect(address("ws://host/v1/stream")).toBe("ws://host/v1/stream");
});
