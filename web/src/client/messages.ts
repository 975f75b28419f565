/**
 * The native protocol's messages. What they mean is told by the server's `/v1/schema.json`.
 *
 * `*_ms` counts milliseconds of sound, `lag_ms`, `latency_ms` and `timing` wall-clock milliseconds. Offsets, spans and
 * `stable` count Unicode code points: see `points`. An event of the session's log has an `id`; what has none is
 * transient and is not told again after a resume.
 */

export type Mode = "transcribe" | "chat" | "assist";
export type Moderation = "hold" | "stream_first" | "block_all";
export type Action = "pass" | "flag" | "redact" | "retract" | "block";
export type ReplyStatus = "completed" | "cancelled" | "blocked" | "failed";
export type GapReason = "lost" | "concealed" | "shed" | "paused";
export type EndReason = "client" | "lost" | "idle" | "failed";

export interface AudioFormat {
  encoding: "pcm_s16le";
  sample_rate: number;
  channels: number;
}

export interface Served {
  role: string;
  name: string;
  /** The whole SHA-256 of the file. */
  hash: string;
  /** As events' `made_by` names it. */
  ref: string;
  version: string;
}

export interface Limits {
  credit_s: number;
  frame_bytes: number;
  resume_window_s: number;
  idle_timeout_s: number;
}

export interface Word {
  text: string;
  offset: number;
  start_ms: number;
  end_ms: number;
  confidence: number;
}

export interface ChannelAccount {
  channel: number;
  duration_ms: number;
  transcribed_ms: number;
  silence_ms: number;
  gap_ms: Partial<Record<GapReason, number>>;
}

/** What every entry of the log has. */
interface Entry {
  id: string;
  time: string;
}

export interface SessionStarted extends Entry {
  type: "session.started";
  session_id: string;
  mode: Mode;
  serves: Served[];
  limits: Limits;
  audio: AudioFormat | null;
  /** It is kept in the archive. */
  record?: boolean;
  resume_token: string;
  watch_token: string;
}

export interface SpeechStarted extends Entry {
  type: "speech.started";
  channel: number;
  at_ms: number;
}

export interface SpeechStopped extends Entry {
  type: "speech.stopped";
  channel: number;
  at_ms: number;
}

export interface TranscriptPartial extends Entry {
  type: "transcript.partial";
  channel: number;
  segment: number;
  revision: number;
  text: string;
  stable: number;
  lag_ms: number;
}

export interface TranscriptFinal extends Entry {
  type: "transcript.final";
  channel: number;
  segment: number;
  text: string;
  start_ms: number;
  end_ms: number;
  words: Word[];
  language: string;
  confidence: number;
  made_by: string;
  source: "speech" | "text";
  lag_ms: number;
}

export interface TurnEnded extends Entry {
  type: "turn.ended";
  turn: number;
  channel: number;
  segments: number[];
  reason: "silence" | "semantic" | "finalize" | "length" | "text" | "end";
  /** So it seems: the same turn ends once more, not eagerly, or is taken back by `turn.resumed`. */
  eager: boolean;
  /** Of an eager one: what was said beyond `segments`, though no final says it yet. */
  text: string;
}

export interface TurnResumed extends Entry {
  type: "turn.resumed";
  turn: number;
  channel: number;
}

export interface ReplyStarted extends Entry {
  type: "reply.started";
  reply: number;
  answers: number;
  made_by: string;
}

export interface ReplyDelta extends Entry {
  type: "reply.delta";
  reply: number;
  text: string;
  offset: number;
}

export interface ReplyDone extends Entry {
  type: "reply.done";
  reply: number;
  answers: number;
  status: ReplyStatus;
  text: string;
  made_by: string;
  citations: Citation[];
  usage: { prompt_tokens: number; completion_tokens: number } | null;
  timing: Partial<Record<"queue_ms" | "first_token_ms" | "total_ms", number>>;
  error: string | null;
}

/** Where a part of an answer comes from; the answer's text names it as `[number]`. */
export interface Citation {
  number: number;
  document: string;
  passage: string;
  quote: string;
  /** Code points of the document's text. */
  span: [number, number];
  index: string;
  turn: number;
  title?: string;
  place?: string;
  /** Whole sentences that stand beside the quote. */
  before?: string;
  after?: string;
}

export type SuggestionKind = "answer" | "question" | "checklist";

export interface SuggestionStarted extends Entry {
  type: "suggestion.started";
  suggestion: number;
  answers: number;
  kind: SuggestionKind;
  made_by: string;
  supersedes: number | null;
}

export interface SuggestionDelta extends Entry {
  type: "suggestion.delta";
  suggestion: number;
  text: string;
  offset: number;
}

export interface SuggestionDone extends Entry {
  type: "suggestion.done";
  suggestion: number;
  answers: number;
  kind: SuggestionKind;
  status: ReplyStatus;
  text: string;
  made_by: string;
  supersedes: number | null;
  citations: Citation[];
  usage: { prompt_tokens: number; completion_tokens: number } | null;
  timing: Partial<Record<"queue_ms" | "first_token_ms" | "total_ms", number>>;
  error: string | null;
}

export interface SuggestionFeedback extends Entry {
  type: "suggestion.feedback";
  suggestion: number;
  action: "accepted" | "edited" | "rejected";
  text: string;
  /** Who it was; "" for the session's own client. */
  by: string;
}

export interface Summary extends Entry {
  type: "summary";
  summary: number;
  kind: "progress" | "wrapup";
  up_to: number;
  sections: { name: string; text: string }[];
  made_by: string;
}

/** What the agent has to say, in order, and what of it was said. */
export interface Checklist extends Entry {
  type: "checklist";
  items: { name: string; say: string; done: boolean }[];
}

export interface Alert extends Entry {
  type: "alert";
  alert: number;
  kind: "keyword" | "topic" | "talk_over" | "dead_air" | "pace";
  name: string;
  from_ms: number;
  to_ms: number;
  channel: number | null;
  segment: number | null;
  value: number | null;
}

export interface ModerationVerdict extends Entry {
  type: "moderation.verdict";
  target: { reply?: number; segment?: number; suggestion?: number; summary?: number };
  span: [number, number];
  action: Action;
  categories: string[];
  score: number;
  latency_ms: number;
  made_by: string;
  replacement: string | null;
}

export interface AudioGap extends Entry {
  type: "audio.gap";
  channel: number;
  from_ms: number;
  to_ms: number;
  reason: GapReason;
}

/** A key of a telephone was pressed; "\u2022" where it may be part of a number that is nobody's business. */
export interface Dtmf extends Entry {
  type: "dtmf";
  channel: number;
  key: string;
  at_ms: number;
}

/** Nothing is listened to from here on; `by`: the agent who wanted it, "" for the session's own client. */
export interface SessionPaused extends Entry {
  type: "session.paused";
  at_ms: number;
  by: string;
}

export interface SessionUnpaused extends Entry {
  type: "session.unpaused";
  at_ms: number;
  by: string;
}

export interface SessionDegraded extends Entry {
  type: "session.degraded";
  /** `held`, and what follows it, have no id: they are no entries of the log, which cannot be written then. */
  step: "full" | "slower" | "slowest" | "draft" | "finals" | "late" | "held";
  /** Seconds from one partial to the next; null: none comes. */
  partial_s: number | null;
  reason: "load" | "bus" | "recovered";
}

/** Somebody watches: a reader by name, or "token" for whoever has the session's watch token. */
export interface ViewerJoined extends Entry {
  type: "viewer.joined";
  who: string;
}

export interface ViewerLeft extends Entry {
  type: "viewer.left";
  who: string;
}

/** A supervisor's word to the agent, for the desk alone; "" when moderation withheld it. */
export interface AgentNote extends Entry {
  type: "agent.note";
  text: string;
  by: string;
}

export interface AudioEnded extends Entry {
  type: "audio.ended";
  accounting: ChannelAccount[];
  reason: EndReason;
}

export interface SessionEnded extends Entry {
  type: "session.ended";
  reason: EndReason;
  accounting: ChannelAccount[];
}

export interface AudioAck {
  type: "audio.ack";
  samples: number;
}

/** Sound that came so long ago is not transcribed yet; 0 when the delay is as usual again. */
export interface SessionLag {
  type: "session.lag";
  lag_ms: number;
}

export interface SessionResumed {
  type: "session.resumed";
  session_id: string;
  have_samples: number;
  limits: Limits;
  ending?: boolean;
  paused?: boolean;
}

/** A viewer is let in; the log follows. */
export interface SessionWatching {
  type: "session.watching";
  session_id: string;
}

export interface ErrorTold {
  type: "error";
  code: string;
  message: string;
  fatal?: boolean;
  retry_after?: number | null;
  ref?: string | null;
}

export type LogEvent =
  | SessionStarted
  | SpeechStarted
  | SpeechStopped
  | TranscriptPartial
  | TranscriptFinal
  | TurnEnded
  | TurnResumed
  | ReplyStarted
  | ReplyDelta
  | ReplyDone
  | SuggestionStarted
  | SuggestionDelta
  | SuggestionDone
  | SuggestionFeedback
  | Summary
  | Alert
  | Checklist
  | ModerationVerdict
  | AudioGap
  | Dtmf
  | SessionPaused
  | SessionUnpaused
  | SessionDegraded
  | ViewerJoined
  | ViewerLeft
  | AgentNote
  | AudioEnded
  | SessionEnded;
export type ServerMessage = LogEvent | AudioAck | SessionLag | SessionResumed | SessionWatching | ErrorTold;

const KNOWN: Record<ServerMessage["type"], true> = {
  "session.started": true,
  "speech.started": true,
  "speech.stopped": true,
  "transcript.partial": true,
  "transcript.final": true,
  "turn.ended": true,
  "turn.resumed": true,
  "reply.started": true,
  "reply.delta": true,
  "reply.done": true,
  "suggestion.started": true,
  "suggestion.delta": true,
  "suggestion.done": true,
  "suggestion.feedback": true,
  summary: true,
  alert: true,
  checklist: true,
  "moderation.verdict": true,
  "audio.gap": true,
  dtmf: true,
  "session.paused": true,
  "session.unpaused": true,
  "session.degraded": true,
  "viewer.joined": true,
  "viewer.left": true,
  "agent.note": true,
  "audio.ended": true,
  "session.ended": true,
  "audio.ack": true,
  "session.lag": true,
  "session.resumed": true,
  "session.watching": true,
  error: true,
};

/** Whether this client knows the type: newer servers may say more, which is ignored. */
export function known(message: { type?: unknown }): message is ServerMessage {
  return typeof message.type === "string" && Object.hasOwn(KNOWN, message.type);
}

/** A text as the code points that the protocol's offsets count. */
export function points(text: string): string[] {
  return Array.from(text);
}
