import { expect, test } from "vitest";
import type { ServerMessage } from "../src/client.ts";
import type { Conversation } from "../src/page/conversation.ts";
import { after, EMPTY, put, replying } from "../src/page/conversation.ts";

let ids = 0;
function told(messages: object[], before: Conversation = EMPTY): Conversation {
  return messages.reduce<Conversation>((so, message) => {
    const whole = { id: `${++ids}-0`, time: "", channel: 0, lag_ms: 5, marks: [], ...message };
    return after(so, 1, whole as unknown as ServerMessage);
  }, before);
}

const partial = (segment: number, text: string, stable: number) =>
  ({ type: "transcript.partial", segment, text, stable, revision: 1 });
const final = (segment: number, text: string, source = "speech") =>
  ({ type: "transcript.final", segment, text, source, start_ms: 0, end_ms: 1, words: [] });
const verdict = (target: object, span: [number, number], action: string, replacement: string | null = null) =>
  ({ type: "moderation.verdict", target, span, action, replacement, categories: ["card"], latency_ms: 3 });

test("a final takes the place of its partials, and a typed message leaves what is being heard alone", () => {
  const hearing = told([partial(1, "hel", 0), partial(1, "hello", 3)]);
  expect(hearing.pending.map((one) => one.text)).toEqual(["hello"]);
  const typed = told([final(2, "typed", "text")], hearing);
  expect(typed.pending).toHaveLength(1);
  const done = told([final(1, "Hello.")], typed);
  expect(done.pending).toEqual([]);
  expect(done.items.map((item) => item.text)).toEqual(["typed", "Hello."]);
});

test("a final without text removes what was being heard, and is no line", () => {
  const other = { ...partial(2, "elsewhere", 0), channel: 1 };
  const taken = told([partial(1, "thank you", 0), other, final(1, "")]);
  expect(taken.pending.map((one) => one.text)).toEqual(["elsewhere"]);
  expect(taken.items).toEqual([]);
});

test("a verdict says what was found in people's words", () => {
  const found = { ...verdict({ segment: 1 }, [0, 4], "redact"), categories: ["pii/card", "pii/email", "my/own"] };
  const { items } = told([final(1, "4111"), found]);
  expect(items[0]).toMatchObject({ marks: [{ categories: ["card number", "e-mail address", "my/own"] }] });
});

test("a reply grows by its deltas and ends as the server said", () => {
  const growing = told([
    { type: "reply.started", reply: 1 },
    { type: "reply.delta", reply: 1, text: "Hi 👋 ", offset: 0 },
    { type: "reply.delta", reply: 1, text: "there", offset: 5 },
  ]);
  expect(growing.items[0]?.text).toBe("Hi 👋 there");
  expect(replying(growing)).toBe(true);
  const done = told([{ type: "reply.done", reply: 1, status: "cancelled", text: "Hi", error: null, timing: {} }], growing);
  expect(done.items[0]).toMatchObject({ text: "Hi", status: "cancelled" });
  expect(replying(done)).toBe(false);
});

test("a verdict's span counts code points, and putting the replacement there again changes nothing", () => {
  expect(put("👋👋 4111 ok", 3, 7, "••••")).toBe("👋👋 •••• ok");
  const once = told([final(1, "👋 4111 ok"), verdict({ segment: 1 }, [2, 6], "redact", "••••")]);
  const twice = told([verdict({ segment: 1 }, [2, 6], "redact", "••••")], once);
  expect(once.items[0]?.text).toBe("👋 •••• ok");
  expect(twice.items[0]?.text).toBe("👋 •••• ok");
  expect(once.items[0]).toMatchObject({ marks: [{ action: "redact", categories: ["card"] }] });
});

test("the latency of each stage is the last that was told", () => {
  const { stages } = told([
    partial(1, "a", 0),
    verdict({ segment: 1 }, [0, 1], "pass"),
    { type: "reply.started", reply: 1 },
    { type: "reply.done", reply: 1, status: "completed", text: "b", error: null, timing: { first_token_ms: 7, total_ms: 9 } },
  ]);
  expect(stages).toEqual({ recognitionMs: 5, moderationMs: 3, firstTokenMs: 7, replyMs: 9 });
});

test("the same segment of another session is another line", () => {
  const first = told([final(1, "one")]);
  const both = after(first, 2, { ...final(1, "two"), channel: 0, lag_ms: 0, id: "1-0" } as unknown as ServerMessage);
  expect(both.items.map((item) => item.text)).toEqual(["one", "two"]);
});

test("a busy server is remarked upon once, however often it changes its pace", () => {
  const pace = (step: string) => ({ type: "session.degraded", step, partial_s: 1, reason: "load" });
  const busy = told([final(1, "Hello."), pace("slower"), pace("slowest"), pace("full"), { type: "session.lag", lag_ms: 4000 }]);
  expect(busy.items.map((item) => item.text)).toEqual(["Hello.", "The server keeps up as usual again."]);
  expect(busy.stages.recognitionMs).toBe(4000);
});
