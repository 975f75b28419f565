/** What a client says, beside sound. */

import type { AudioFormat, Mode } from "./messages.ts";

export interface Endpointing {
  /** 100 to 5000; null: the server's default. What is left out of an update stays. */
  silence_ms?: number | null;
  /** Whether the voice tells when a turn is over, not the silence alone. */
  semantic?: boolean | null;
  /** Silence after which a turn ends eagerly, and may be resumed: 100 to 5000, or 0 for never. */
  eager_ms?: number | null;
}

export interface SessionConfig {
  mode: Mode;
  audio?: AudioFormat;
  /** ISO 639-1; left out, the server detects it. */
  language?: string;
  /** Words that may well be said, and be spelled so: up to 100 of 1 to 60 characters. */
  hotwords?: string[];
  /** Text as it is usual in this domain, up to 1000 characters. */
  prompt?: string;
  /** Transcripts in English, whatever is spoken. */
  translate?: boolean;
  endpointing?: Endpointing;
  metadata?: Record<string, string>;
  /** Sound and text are kept, to be found and heard again at `/replay`. */
  record?: boolean;
}

/** A session of others, to be read: with its watch token, or else with a reader's key. */
export interface Watched {
  session_id: string;
  token?: string;
  /** Behind this event; left out: all. */
  after?: string;
}

/** What stands at a place in the sound and is sent again, with the same `ref`, until it is known to have arrived. */
export type Note =
  | { type: "text"; text: string }
  | { type: "audio.finalize" }
  | { type: "session.update"; language?: string | null; hotwords?: string[]; prompt?: string; endpointing?: Endpointing }
  | { type: "session.pause" }
  | { type: "session.unpause" }
  | { type: "reply.cancel"; reply?: number }
  | { type: "session.end" };
