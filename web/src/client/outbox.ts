/**
 * What there is to send: sound and notes in the order in which they were given, within the server's credit, and again
 * after a loss. Pure: connections tell it what the server has, and take frames from it until there are none.
 */

import type { Note } from "./notes.ts";
import { Ring } from "./ring.ts";

export type Frame = string | Int16Array;

const FRAME_S = 0.1;
/** A server ignores refs that it has taken, so notes can be kept generously. */
const NOTES = 256;

interface Placed {
  at: number;
  json: string;
}

export class Outbox {
  /** While it is, of sound that follows only its length is kept. */
  paused = false;
  private readonly ring: Ring;
  private readonly rate: number;
  private readonly channels: number;
  private notes: Placed[] = [];
  /** Index of the first note that was not sent on this connection. */
  private next = 0;
  private sent = 0;
  private have = 0;
  private credit = 0;

  /** `rate`: samples a second (a channel); `ringS`: seconds of sound kept for sending again. */
  constructor(rate: number, channels: number, ringS: number) {
    this.rate = rate;
    this.channels = channels;
    this.ring = new Ring(Math.round(ringS * rate), channels);
  }

  /** Samples (a channel) given so far. */
  get end(): number {
    return this.ring.end;
  }

  /** Samples that the server said are safe with it. */
  get acked(): number {
    return this.have;
  }

  /** Samples sent on this connection, counted from the session's beginning. */
  get cursor(): number {
    return this.sent;
  }

  /** Seconds of sound that the server does not have yet and that can still be sent. */
  get heldS(): number {
    return (this.end - Math.max(this.have, this.ring.begin)) / this.rate;
  }

  /** Seconds of sound that have fallen out of the ring unsent. */
  get lostS(): number {
    return Math.max(0, this.ring.begin - Math.max(this.sent, this.have)) / this.rate;
  }

  /** Whether all that was given is within the credit: only then should a file's next piece be given. */
  get room(): boolean {
    return this.end <= this.have + this.credit;
  }

  /** Sound that follows. It is kept, not copied: the caller gives it away. */
  push(samples: Int16Array): void {
    if (this.paused) this.ring.skip(samples.length / this.channels);
    else this.ring.push(samples);
  }

  /** A note that stands behind all sound given so far. */
  say(note: Note, ref: string): void {
    this.notes.push({ at: this.ring.end, json: JSON.stringify({ ...note, ref }) });
    if (this.notes.length > NOTES) {
      this.notes.shift();
      this.next = Math.max(0, this.next - 1);
    }
  }

  /**
   * A new connection: the server has `have` samples and wants the next one. Notes go again, since their arrival is not
   * told. `ending`: it has had everything.
   */
  opened(have: number, creditS: number, ending = false): void {
    this.sent = this.have = have;
    this.credit = Math.floor(creditS * this.rate);
    this.next = ending ? this.notes.length : 0;
  }

  /** The server has `samples`: notes that stand before the last of them came before it. */
  acknowledged(samples: number): void {
    this.have = Math.max(this.have, samples);
    const kept = this.notes.findIndex((note) => note.at >= this.have);
    const gone = Math.min(kept < 0 ? this.notes.length : kept, this.next);
    this.notes.splice(0, gone);
    this.next -= gone;
  }

  /** The next frame, if one may be sent now: a note's JSON, samples, or an `audio.skip` for those that are lost. */
  frame(): Frame | undefined {
    const note = this.notes[this.next];
    if (note && note.at <= this.sent) {
      this.next += 1;
      return note.json;
    }
    const stop = Math.min(note?.at ?? this.end, this.have + this.credit);
    const most = Math.min(stop - this.sent, Math.round(FRAME_S * this.rate));
    if (most <= 0) return undefined;
    const chunk = this.ring.read(this.sent, most);
    if (chunk) {
      this.sent = chunk.end;
      return chunk.samples;
    }
    const gap = Math.min(this.ring.next(this.sent), stop) - this.sent;
    this.sent += gap;
    return JSON.stringify({ type: "audio.skip", samples: gap });
  }
}
