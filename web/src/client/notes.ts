/** What a client says, beside sound. */

import type { AudioFormat, Mode } from "./messages.ts";

export interface Endpointing {
  /** 100 to 5000. */
  silence_ms?: number;
}

export interface SessionConfig {
  mode: Mode;
  audio?: AudioFormat;
  /** ISO 639-1; left out, the server detects it. */
  language?: string;
  endpointing?: Endpointing;
  metadata?: Record<string, string>;
}

/** What stands at a place in the sound and is sent again, with the same `ref`, until it is known to have arrived. */
export type Note =
  | { type: "text"; text: string }
  | { type: "audio.finalize" }
  | { type: "session.update"; language?: string | null; endpointing?: Endpointing }
  | { type: "reply.cancel"; reply?: number }
  | { type: "session.end" };
