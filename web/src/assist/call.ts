/**
 * What a desk shows of a call: a pure function of the messages that came. Channel 0 is the agent, 1 the customer.
 *
 * It is bounded: of a long call the lines before the last `KEPT` of each lane are forgotten here (the archive has them).
 */

import type { Alert, Citation, ServerMessage, Summary, SuggestionKind } from "../client.ts";
import { put } from "../page/conversation.ts";

export const AGENT = 0;
export const CUSTOMER = 1;
export const KEPT = 2_000;
/** Alerts and suggestions that are kept. */
const RECENT = 40;

/** What somebody said, or is saying: `stable` code points never change again; all of them, once it is `settled`. */
export interface Said {
  key: number;
  text: string;
  stable: number;
  settled: boolean;
  /** -1 while that is not known. */
  startMs: number;
}

export interface Lane {
  lines: readonly Said[];
  /** How many came before those that are kept. */
  forgotten: number;
}

export interface Advice {
  number: number;
  kind: SuggestionKind;
  /** The customer's turn that it is about, and what was asked in it. */
  turn: number;
  asked: string;
  text: string;
  status: "streaming" | "completed";
  supersedes: number | null;
  citations: readonly Citation[];
  firstMs: number | undefined;
}

export interface Warning {
  number: number;
  kind: Alert["kind"] | "note";
  words: string;
  atMs: number;
}

export interface Call {
  sessionId: string;
  mode: string;
  lanes: readonly [Lane, Lane];
  advice: readonly Advice[];
  /** Suggestions that are dealt with, or came to nothing: they go when nobody holds them. */
  gone: ReadonlySet<number>;
  alerts: readonly Warning[];
  checklist: readonly { name: string; say: string; done: boolean }[];
  summary: Summary | undefined;
  wrapup: Summary | undefined;
  viewers: readonly string[];
  record: boolean;
  paused: boolean;
  pausedBy: string;
  /** Wall-clock ms that the last words, and the last suggestion, took. */
  lagMs: number | undefined;
  adviceMs: number | undefined;
  startedAt: number;
  /** How much sound there was, once it is over (ms). */
  lastedMs: number;
  turns: ReadonlyMap<number, readonly number[]>;
  over: boolean;
}

const LANE: Lane = { lines: [], forgotten: 0 };
export const EMPTY: Call = {
  sessionId: "",
  mode: "",
  lanes: [LANE, LANE],
  advice: [],
  gone: new Set(),
  alerts: [],
  checklist: [],
  summary: undefined,
  wrapup: undefined,
  viewers: [],
  record: false,
  paused: false,
  pausedBy: "",
  lagMs: undefined,
  adviceMs: undefined,
  startedAt: 0,
  lastedMs: 0,
  turns: new Map(),
  over: false,
};

/** The call with a message in it. */
export function after(before: Call, message: ServerMessage): Call {
  switch (message.type) {
    case "session.started":
      return { ...before, sessionId: message.session_id, mode: message.mode, record: message.record ?? false, startedAt: Date.parse(message.time) };
    case "transcript.partial":
      return line({ ...before, lagMs: message.lag_ms }, message.channel, { key: message.segment, text: message.text, stable: message.stable, settled: false, startMs: -1 });
    case "transcript.final": {
      const { segment: key, text, start_ms: startMs } = message;
      return line({ ...before, lagMs: message.lag_ms }, message.channel, { key, text, stable: Infinity, settled: true, startMs });
    }
    case "turn.ended":
      return message.eager ? before : { ...before, turns: recent(before.turns, message.turn, message.segments) };
    case "suggestion.started":
    case "suggestion.delta":
    case "suggestion.done":
    case "suggestion.feedback":
      return advised(before, message);
    case "alert":
      return { ...before, alerts: [...before.alerts, warning(message)].slice(-RECENT) };
    case "agent.note": {
      const note: Warning = { number: 0, kind: "note", words: `${message.by}: ${message.text}`, atMs: Date.parse(message.time) - before.startedAt };
      return { ...before, alerts: [...before.alerts, note].slice(-RECENT) };
    }
    case "checklist":
      return { ...before, checklist: message.items };
    case "summary":
      return message.kind === "wrapup" ? { ...before, wrapup: message } : { ...before, summary: message };
    case "moderation.verdict":
      return judged(before, message);
    case "session.paused":
      return { ...before, paused: true, pausedBy: message.by };
    case "session.unpaused":
      return { ...before, paused: false, pausedBy: "" };
    case "session.resumed":
      return { ...before, paused: message.paused ?? before.paused };
    case "viewer.joined":
      return { ...before, viewers: [...before.viewers.filter((who) => who !== message.who), message.who] };
    case "viewer.left":
      return { ...before, viewers: before.viewers.filter((who) => who !== message.who) };
    case "session.lag":
      return { ...before, lagMs: message.lag_ms || before.lagMs };
    case "session.ended":
      return { ...before, over: true, paused: false, lastedMs: Math.max(0, ...message.accounting.map((one) => one.duration_ms)) };
    default:
      return before;
  }
}

/** A line that is new, or says something else from now on, where it stands. A blank final takes it back. */
function line(call: Call, channel: number, said: Said): Call {
  const lane = call.lanes[channel === AGENT ? AGENT : CUSTOMER];
  const at = lane.lines.findLastIndex((one) => one.key === said.key);
  let lines = lane.lines;
  if (at < 0) lines = said.text || !said.settled ? [...lines, said] : lines;
  else if (said.settled && !said.text) lines = lines.toSpliced(at, 1);
  else if (!lines[at]?.settled) lines = lines.with(at, said);
  return laned(call, channel, lines);
}

function laned(call: Call, channel: number, lines: readonly Said[]): Call {
  const lane = call.lanes[channel === AGENT ? AGENT : CUSTOMER];
  const over = Math.max(0, lines.length - KEPT);
  const next: Lane = { lines: over ? lines.slice(over) : lines, forgotten: lane.forgotten + over };
  return { ...call, lanes: channel === AGENT ? [next, call.lanes[CUSTOMER]] : [call.lanes[AGENT], next] };
}

type Told = Extract<ServerMessage, { type: `suggestion.${string}` }>;

function advised(call: Call, message: Told): Call {
  const number = message.suggestion;
  switch (message.type) {
    case "suggestion.started": {
      const { kind, answers: turn, supersedes } = message;
      const one: Advice = { number, kind, turn, asked: asked(call, turn), text: "", status: "streaming", supersedes, citations: [], firstMs: undefined };
      return { ...call, advice: [...call.advice, one].slice(-RECENT) };
    }
    case "suggestion.delta":
      return told(call, number, (one) => ({ ...one, text: put(one.text, message.offset, Infinity, message.text) }));
    case "suggestion.done": {
      if (message.status !== "completed") return { ...call, gone: new Set([...call.gone, number]) };
      const firstMs = message.timing.first_token_ms;
      const citations = message.citations ?? [];
      const done = told(call, number, (one) => ({ ...one, text: message.text, status: "completed", citations, firstMs }));
      return { ...done, adviceMs: firstMs ?? call.adviceMs };
    }
    case "suggestion.feedback":
      return { ...call, gone: new Set([...call.gone, number]) };
  }
}

function told(call: Call, number: number, change: (one: Advice) => Advice): Call {
  return { ...call, advice: call.advice.map((one) => (one.number === number ? change(one) : one)) };
}

/** What the customer said in a turn. */
function asked(call: Call, turn: number): string {
  const segments = new Set(call.turns.get(turn) ?? []);
  return call.lanes[CUSTOMER].lines.filter((one) => segments.has(one.key)).map((one) => one.text).join(" ");
}

function recent(turns: ReadonlyMap<number, readonly number[]>, turn: number, segments: readonly number[]): ReadonlyMap<number, readonly number[]> {
  return new Map([...turns, [turn, segments] as const].slice(-RECENT));
}

function judged(call: Call, verdict: Extract<ServerMessage, { type: "moderation.verdict" }>): Call {
  const { replacement, target, span } = verdict;
  if (replacement === null) return call;
  const [from, to] = span;
  if (target.suggestion !== undefined) return told(call, target.suggestion, (one) => ({ ...one, text: put(one.text, from, to, replacement) }));
  for (const channel of [AGENT, CUSTOMER]) {
    const { lines } = call.lanes[channel as 0 | 1];
    const at = lines.findLastIndex((one) => one.key === target.segment && one.settled);
    const found = lines[at];
    if (found) return laned(call, channel, lines.with(at, { ...found, text: put(found.text, from, to, replacement) }));
  }
  return call;
}

const SIDES = ["You", "The customer"];

function warning(alert: Alert): Warning {
  const who = SIDES[alert.channel ?? -1] ?? "Somebody";
  const value = Math.round(alert.value ?? 0);
  const words = {
    keyword: `${who}: ${alert.name}`,
    topic: `About: ${alert.name}`,
    talk_over: `Both talk at once, ${(alert.value ?? 0).toFixed(1)} s`,
    dead_air: `Nobody speaks, ${value} s`,
    pace: `${who} at ${value} words a minute`,
  }[alert.kind];
  return { number: alert.alert, kind: alert.kind, words, atMs: alert.from_ms };
}
