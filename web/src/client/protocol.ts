/**
 * One session as its client sees it, without a socket and without a clock: texts and close codes go in; messages,
 * frames and what to do next come out. Times are milliseconds of any clock that only grows.
 */

import type { Limits, ServerMessage } from "./messages.ts";
import { known } from "./messages.ts";
import type { Note, SessionConfig, Watched } from "./notes.ts";
import type { Frame } from "./outbox.ts";
import { Outbox } from "./outbox.ts";

/** Milliseconds and seconds: growing pauses between attempts; how long a lost server is looked for; sound kept. */
export interface ClientPolicy {
  retryMs: readonly number[];
  giveUpMs: number;
  ringS: number;
}

export const POLICY: ClientPolicy = { retryMs: [100, 250, 500, 1000, 2000], giveUpMs: 60_000, ringS: 30 };

const HELD_BACK_S = 0.25;

/** -1, 0 or 1: the order of two ids `<ms>-<n>`, whose parts may exceed 2^53. */
export function compareIds(a: string, b: string): number {
  const [left, right] = [a.split("-").map(BigInt), b.split("-").map(BigInt)];
  for (const at of [0, 1]) {
    const [x, y] = [left[at] ?? 0n, right[at] ?? 0n];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** What to do when a connection has closed. */
export type Closing =
  | { then: "ended" }
  | { then: "failed"; code: string; message: string }
  | { then: "retry"; afterMs: number; why: string; overloaded: boolean };

const FATAL: Record<number, string> = {
  1002: "The server and this page disagree about the order of messages.",
  1003: "The server does not take sound in this encoding.",
  1007: "The server could not read a message of this page.",
  1008: "The server does not let this page in.",
  1009: "A message was too large for the server.",
  4409: "This session goes on in another window or tab.",
};

const LOST: Record<number, string> = {
  1011: "Something failed at the server.",
  1012: "The server is restarting.",
  1013: "The server is full.",
};

export class Protocol {
  readonly outbox: Outbox;
  sessionId = "";
  lastEventId = "0-0";
  limits: Limits | undefined;
  /** Milliseconds from sending a sample until it was acknowledged, as last seen. */
  roundTripMs: number | undefined;
  private token = "";
  private ended = false;
  private told: { code: string; message: string; retryAfter: number | undefined } | undefined;
  private underWay: { end: number; at: number }[] = [];
  private refs = 0;
  private readonly refPrefix: string;
  private readonly rate: number;
  private readonly config: SessionConfig | Watched;
  private readonly policy: ClientPolicy;

  /** `refPrefix` must be new for each session: with it the server knows messages that come again. */
  constructor(config: SessionConfig | Watched, refPrefix: string, policy: ClientPolicy = POLICY) {
    this.config = config;
    this.refPrefix = refPrefix;
    this.policy = policy;
    const audio = "mode" in config ? config.audio : undefined;
    this.rate = audio?.sample_rate ?? 0;
    this.outbox = new Outbox(audio?.sample_rate ?? 1, audio?.channels ?? 1, policy.ringS);
    if ("session_id" in config) this.lastEventId = config.after ?? "0-0";
  }

  /** The first frame of a new connection. */
  hello(): string {
    this.told = undefined;
    this.underWay = [];
    if ("session_id" in this.config) {
      return JSON.stringify({ type: "session.watch", ...this.config, after: this.lastEventId });
    }
    if (!this.sessionId) return JSON.stringify({ type: "session.start", ...this.config });
    const { sessionId: session_id, token: resume_token, lastEventId: last_event_id } = this;
    return JSON.stringify({ type: "session.resume", session_id, resume_token, last_event_id });
  }

  /** A note, behind all sound given so far. */
  say(note: Note): void {
    this.refs += 1;
    this.outbox.say(note, `${this.refPrefix}-${this.refs}`);
  }

  /** From here on sound is neither kept nor sent, only its length; or it is again. */
  pause(paused: boolean): void {
    if (paused === this.outbox.paused) return;
    this.say({ type: paused ? "session.pause" : "session.unpause" });
    this.outbox.paused = paused;
  }

  /** The next frame to send, if one may be sent at `now`. */
  frame(now: number): Frame | undefined {
    const before = this.outbox.cursor;
    const frame = this.outbox.frame();
    if (this.outbox.cursor > before) this.underWay.push({ end: this.outbox.cursor, at: now });
    return frame;
  }

  /** A text frame of the server: the message, or undefined when it is unknown, or an event that was seen before. */
  receive(raw: string, now: number): ServerMessage | undefined {
    const message: unknown = JSON.parse(raw);
    if (typeof message !== "object" || message === null || !known(message)) return undefined;
    if ("id" in message) {
      if (compareIds(message.id, this.lastEventId) <= 0) return undefined;
      this.lastEventId = message.id;
    }
    this.take(message, now);
    return message;
  }

  private take(message: ServerMessage, now: number): void {
    switch (message.type) {
      case "session.started":
        this.sessionId = message.session_id;
        this.token = message.resume_token;
        this.limits = message.limits;
        this.outbox.opened(0, message.limits.credit_s);
        break;
      case "session.resumed":
        this.limits = message.limits;
        this.outbox.opened(message.have_samples, message.limits.credit_s, message.ending ?? false);
        break;
      case "audio.ack":
        this.acknowledged(message.samples, now);
        break;
      case "session.ended":
        this.ended = true;
        break;
      case "error":
        this.told = { code: message.code, message: message.message, retryAfter: message.retry_after ?? undefined };
        break;
      default:
    }
  }

  private acknowledged(samples: number, now: number): void {
    this.outbox.acknowledged(samples);
    let last: number | undefined;
    while (this.underWay[0] && this.underWay[0].end <= samples) last = this.underWay.shift()?.at;
    if (last !== undefined) this.roundTripMs = now - last;
  }

  /**
   * Sound was sent `ms` ago and more, and within the credit, and nothing is heard of it: nobody may be there. The last
   * moments of sound do not count: a server that resamples holds them until more comes.
   */
  silent(ms: number, now: number): boolean {
    const settled = this.outbox.acked + this.rate * HELD_BACK_S;
    const oldest = this.underWay.find((sent) => sent.end > settled);
    return oldest !== undefined && this.outbox.room && now - oldest.at > ms;
  }

  /** The connection closed with `code`, for the `attempt`-th time in a row (from 0), `awayMs` after the first. */
  closed(code: number, attempt: number, awayMs: number): Closing {
    if (this.ended || code === 1000) return { then: "ended" };
    const fatal = FATAL[code];
    if (fatal) return { then: "failed", code: this.told?.code ?? "closed", message: this.told?.message ?? fatal };
    const overloaded = code === 1013 && this.told?.code !== "slow";
    const why = this.told?.message ?? LOST[code] ?? "The server does not answer.";
    if (awayMs > this.policy.giveUpMs && !overloaded) {
      return { then: "failed", code: "lost", message: why };
    }
    const pause = this.policy.retryMs[Math.min(attempt, this.policy.retryMs.length - 1)] ?? 1000;
    const asked = code === 1013 ? (this.told?.retryAfter ?? 1) * 1000 : 0;
    return { then: "retry", afterMs: Math.max(pause, asked), why, overloaded };
  }
}
