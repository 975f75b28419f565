/** JSON of the server's `/v1/sessions…`, as `/v1/openapi.json` describes it. `*_at` are Unix ms, `*_ms` ms of sound. */

import type { Action, ChannelAccount, GapReason, Mode, ReplyStatus, Word } from "../client/messages.ts";

export interface Kept {
  session_id: string;
  tenant: string;
  mode: Mode;
  started_at: number;
  ended_at: number | null;
  duration_ms: number;
  channels: number;
  languages: string[];
  verdicts: string[];
  metadata: Record<string, string>;
  state: "open" | "closed" | "forgotten";
  origin: "live" | "import" | "again";
  parent: string | null;
  words: number;
  size: number;
}

export interface Sessions {
  sessions: Kept[];
  cursor: string | null;
}

export interface Note {
  note_id: number;
  kind: "correction" | "note" | "bookmark" | "review";
  author: string;
  made_at: number;
  at_ms: number;
  number: number | null;
  text: string;
}

export interface Shown {
  session: Kept;
  notes: Note[];
}

export interface Judgement {
  id: string;
  span: [number, number];
  action: Action;
  categories: string[];
  score: number;
  latency_ms: number;
  replacement: string | null;
}

export interface Said {
  kind: "speech" | "text" | "reply";
  number: number;
  id: string;
  channel: number;
  start_ms: number;
  end_ms: number;
  text: string;
  words: Word[];
  language: string;
  confidence: number;
  made_by: string;
  lag_ms: number;
  turn: number | null;
  verdicts: Judgement[];
  original: { text: string; words: Word[] } | null;
  corrected: { note_id: number; author: string; made_at: number } | null;
  answers: number | null;
  status: ReplyStatus | null;
  timing: Record<string, number>;
}

export interface Gap {
  channel: number;
  from_ms: number;
  to_ms: number;
  reason: GapReason | "silenced";
}

export interface Transcript {
  session_id: string;
  mode: Mode;
  started_at: number;
  duration_ms: number;
  channels: number;
  said: Said[];
  gaps: Gap[];
  turns: { turn: number; channel: number; segments: number[]; reason: string; at_ms: number }[];
  degraded: { id: string; at_ms: number; step: string }[];
  accounting: ChannelAccount[];
  last_id: string;
}

/** `min` and `max` of each 1/`per_second` s, -127 to 127. */
export interface Peaks {
  per_second: number;
  duration_ms: number;
  channels: { min: number[]; max: number[] }[];
}

export interface Place {
  session: Kept;
  line: { kind: Said["kind"]; number: number; channel: number; start_ms: number; end_ms: number; text: string };
  spans: [number, number][];
  at_ms: number;
}

export interface Found {
  hits: Place[];
  cursor: string | null;
}

export interface NoteAsked {
  kind: Exclude<Note["kind"], "review">;
  text?: string;
  at_ms?: number;
  number?: number;
}

export interface Ticket {
  ticket: string;
  expires_at: number;
}
