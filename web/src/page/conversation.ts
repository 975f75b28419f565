/**
 * What the page shows of its sessions: a pure function of the messages that came. Sessions are numbered by the page, as
 * segments and replies grow only within one.
 */

import type {
  Action,
  Citation,
  ModerationVerdict,
  ReplyStatus,
  Served,
  ServerMessage,
  SessionDegraded,
  TranscriptFinal,
  TranscriptPartial,
} from "../client.ts";
import { points } from "../client.ts";

export interface Mark {
  action: Action;
  categories: readonly string[];
}

/** What somebody said or typed; `target` is what verdicts call it. */
export interface Line {
  kind: "line";
  key: string;
  text: string;
  channel: number;
  source: "speech" | "text";
  startMs: number;
  taken: string;
  marks: readonly Mark[];
}

export interface Reply {
  kind: "reply";
  key: string;
  text: string;
  /** What was taken back after it had been shown, until the page lets it go. */
  taken: string;
  status: "streaming" | ReplyStatus;
  error: string | null;
  marks: readonly Mark[];
  citations: readonly Citation[];
}

/** What is said of the session itself: a gap in the sound, a new beginning. */
export interface Remark {
  kind: "remark";
  key: string;
  text: string;
}

export type Item = Line | Reply | Remark;

/** What is heard right now: the first `stable` code points never change again. */
export interface Pending {
  key: string;
  channel: number;
  segment: number;
  text: string;
  stable: number;
}

/** Wall-clock milliseconds of each stage, as last told. */
export interface Stages {
  recognitionMs?: number;
  moderationMs?: number;
  firstTokenMs?: number;
  replyMs?: number;
}

export interface Conversation {
  items: readonly Item[];
  pending: readonly Pending[];
  stages: Stages;
  serves: readonly Served[];
}

export const EMPTY: Conversation = { items: [], pending: [], stages: {}, serves: [] };

/** The conversation with a message of session number `session` in it. */
export function after(before: Conversation, session: number, message: ServerMessage): Conversation {
  switch (message.type) {
    case "session.started":
      return { ...before, serves: message.serves, pending: [] };
    case "transcript.partial":
      return heard(before, session, message);
    case "transcript.final":
      return said(before, session, message);
    case "reply.started":
      return added(before, replyOf(session, message.reply, "streaming"));
    case "reply.delta":
      return changed(before, `${session}/reply/${message.reply}`, (item) =>
        ({ ...item, text: put(item.text, message.offset, Infinity, message.text) }));
    case "reply.done": {
      const { status, text, error, timing, citations } = message;
      const done = changed(before, `${session}/reply/${message.reply}`, (item) => ({ ...item, status, text, error, citations: citations ?? [] }));
      return { ...done, stages: { ...done.stages, ...times(timing.first_token_ms, timing.total_ms) } };
    }
    case "moderation.verdict":
      return judged(before, session, message);
    case "audio.gap":
      return added(before, { kind: "remark", key: `${session}/gap/${message.id}`, text: gapWords(message) });
    case "dtmf":
      return added(before, { kind: "remark", key: `${session}/key/${message.id}`, text: `Key ${message.key} was pressed.` });
    case "session.paused":
      return message.by ? added(before, { kind: "remark", key: `${session}/pause/${message.id}`, text: `${message.by} has paused this session: nothing is listened to.` }) : before;
    case "session.unpaused":
      return message.by ? added(before, { kind: "remark", key: `${session}/pause/${message.id}`, text: `${message.by} has this session go on.` }) : before;
    case "agent.note":
      return added(before, { kind: "remark", key: `${session}/note/${message.id}`, text: noteWords(message.by, message.text) });
    case "viewer.joined":
      return added(before, { kind: "remark", key: `${session}/viewer/${message.id}`, text: `${viewerWords(message.who)} watches this session.` });
    case "viewer.left":
      return added(before, { kind: "remark", key: `${session}/viewer/${message.id}`, text: `${viewerWords(message.who)} no longer watches.` });
    case "session.degraded":
      return replaced(before, `${session}/pace/`, message.id, PACES[message.step]);
    case "session.lag":
      return message.lag_ms ? { ...before, stages: { ...before.stages, recognitionMs: message.lag_ms } } : before;
    case "session.ended":
      return { ...before, pending: [] };
    default:
      return before;
  }
}

/** Whether a reply is under way. */
export function replying(conversation: Conversation): boolean {
  return conversation.items.some((item) => item.kind === "reply" && item.status === "streaming");
}

/** The conversation with a remark of the page's own at its end. */
export function remarked(before: Conversation, text: string): Conversation {
  return replaced(before, "own/", text, text);
}

/** The conversation with a remark at its end, in place of one of the same `kind` that stands there. */
function replaced(before: Conversation, kind: string, name: string, text: string): Conversation {
  const last = before.items.at(-1);
  const items = last?.kind === "remark" && last.key.startsWith(kind) ? before.items.slice(0, -1) : before.items;
  return { ...before, items: [...items, { kind: "remark", key: `${kind}${items.length}/${name}`, text }] };
}

/** What the steps of a busy server mean for whoever speaks. */
export const PACES: Readonly<Record<SessionDegraded["step"], string>> = {
  full: "The server keeps up as usual again.",
  slower: "The server is busy: words appear a little later.",
  slowest: "The server is busy: words appear later.",
  draft: "The server is busy: words appear later, and change more until you pause.",
  finals: "The server is busy: words appear when you pause. None is lost.",
  late: "The server is very busy: words appear some time after you pause. None is lost.",
  held: "The server cannot store what you say just now. It is kept, and appears when the server can. None is lost.",
};

function heard(before: Conversation, session: number, message: TranscriptPartial): Conversation {
  const { channel, segment, text, stable, lag_ms: recognitionMs } = message;
  const key = `${session}/segment/${segment}`;
  const others = before.pending.filter((one) => one.channel !== channel);
  const pending = [...others, { key, channel, segment, text, stable }].sort((a, b) => a.segment - b.segment);
  return { ...before, pending, stages: { ...before.stages, recognitionMs } };
}

function said(before: Conversation, session: number, message: TranscriptFinal): Conversation {
  const { channel, segment, text, source, start_ms: startMs, lag_ms: recognitionMs } = message;
  const pending = before.pending.filter((one) => one.channel !== channel || one.segment > segment);
  if (text === "") return { ...before, pending }; // what was heard so far turned out to be nothing
  const line: Line = { kind: "line", key: `${session}/segment/${segment}`, text, channel, source, startMs, taken: "", marks: [] };
  if (source === "text") return added(before, line);
  return { ...added({ ...before, pending }, line), stages: { ...before.stages, recognitionMs } };
}

function replyOf(session: number, reply: number, status: Reply["status"]): Reply {
  return { kind: "reply", key: `${session}/reply/${reply}`, text: "", taken: "", status, error: null, marks: [], citations: [] };
}

/** A supervisor's note to the agent. */
export function noteWords(by: string, text: string): string {
  return `${by || "Supervisor"} to the agent: ${text || "(withheld by moderation)"}`;
}

function viewerWords(who: string): string {
  return who === "token" ? "Somebody with its watch token" : who;
}

/** What people call the categories that verdicts name; those of somebody's own lists stay as they are. */
const CATEGORIES: Readonly<Record<string, string>> = {
  "pii/card": "card number",
  "pii/email": "e-mail address",
  "pii/phone": "phone number",
  "pii/iban": "bank account",
  "pii/ssn": "social security number",
  "pii/number": "number",
  profanity: "profanity",
};

export function categoryWords(category: string): string {
  return CATEGORIES[category] ?? category;
}

function judged(before: Conversation, session: number, verdict: ModerationVerdict): Conversation {
  const { reply, segment } = verdict.target;
  const key = reply === undefined ? `${session}/segment/${segment}` : `${session}/reply/${reply}`;
  const mark: Mark = { action: verdict.action, categories: verdict.categories.map(categoryWords) };
  const after = changed(before, key, (item) => {
    const [from, to] = verdict.span;
    const text = verdict.replacement === null ? item.text : put(item.text, from, to, verdict.replacement);
    const gone = verdict.action === "retract" ? points(item.text).slice(from, to).join("") : "";
    const taken = gone !== "" && gone !== verdict.replacement ? gone : item.taken;
    return { ...item, text, taken, marks: [...item.marks, mark] };
  });
  return { ...after, stages: { ...after.stages, moderationMs: verdict.latency_ms } };
}

/** `text` with code points [from, to) replaced. */
export function put(text: string, from: number, to: number, replacement: string): string {
  const all = points(text);
  return all.slice(0, from).join("") + replacement + all.slice(to).join("");
}

function added(before: Conversation, item: Item): Conversation {
  return { ...before, items: [...before.items, item] };
}

function changed<T extends Line | Reply>(before: Conversation, key: string, change: (item: T) => T): Conversation {
  const items = before.items.map((item) => (item.key === key ? change(item as T) : item));
  return { ...before, items };
}

function times(firstTokenMs: number | undefined, replyMs: number | undefined): Stages {
  return {
    ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
    ...(replyMs === undefined ? {} : { replyMs }),
  };
}

export const GAPS = {
  lost: "did not reach the server",
  concealed: "arrived damaged",
  shed: "were left out because the server is busy",
  paused: "were not listened to, as asked",
};

function gapWords(gap: { from_ms: number; to_ms: number; reason: keyof typeof GAPS }): string {
  const seconds = Math.max(0.1, (gap.to_ms - gap.from_ms) / 1000);
  return `${seconds.toFixed(1)} s of sound ${GAPS[gap.reason] ?? "are missing"}`;
}
