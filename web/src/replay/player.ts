/**
 * The sound of a session: an `<audio>` that asks the server for the ranges it needs. It cannot send a key, so where one
 * is needed it has a ticket, which is renewed before it runs out, or when the server refuses it.
 */

import type { Archive } from "./rest.ts";
import { speed } from "./keys.ts";

/** Before the end of a ticket by this much it is renewed. */
const RENEW_MS = 60_000;
/** A source that fails sooner than this after it was set is not helped by another ticket. */
const HOPELESS_MS = 5_000;

export class Player {
  readonly audio = new Audio();
  private readonly archive: Archive;
  private readonly id: string;
  private readonly told: { changed: () => void; failed: (reason: unknown) => void };
  private renewal: ReturnType<typeof setTimeout> | undefined;
  private setAt = 0;
  private closed = false;

  /** `changed`: it plays, or does not, or is of another speed. `failed`: there is no sound. */
  constructor(archive: Archive, id: string, told: { changed: () => void; failed: (reason: unknown) => void }) {
    this.archive = archive;
    this.id = id;
    this.told = told;
    const { audio } = this;
    audio.preload = "metadata";
    audio.preservesPitch = true;
    for (const type of ["play", "pause", "ended", "ratechange"]) audio.addEventListener(type, told.changed);
    audio.addEventListener("error", this.broken);
  }

  get ms(): number {
    return Math.round(this.audio.currentTime * 1e6) / 1e3;
  }

  get playing(): boolean {
    return !this.audio.paused && !this.audio.ended;
  }

  async open(): Promise<void> {
    const { ticket, expires_at } = this.archive.key ? await this.archive.ticket(this.id) : { ticket: "", expires_at: 0 };
    if (this.closed) return;
    const { audio } = this;
    const [at, playing, rate] = [audio.currentTime, this.playing, audio.playbackRate];
    audio.src = this.archive.audio(this.id, [["format", "wav"], ["ticket", ticket]]);
    audio.currentTime = at;
    audio.defaultPlaybackRate = audio.playbackRate = rate;
    if (playing) void audio.play().catch(() => undefined);
    this.setAt = Date.now();
    clearTimeout(this.renewal);
    if (ticket) this.renewal = setTimeout(this.renew, Math.max(HOPELESS_MS, expires_at - Date.now() - RENEW_MS));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.renewal);
    this.audio.pause();
    this.audio.removeAttribute("src");
    this.audio.load();
  }

  toggle(): void {
    if (this.playing) this.audio.pause();
    else void this.audio.play().catch(() => undefined); // "error" tells why
  }

  seek(ms: number): void {
    this.audio.currentTime = Math.max(0, ms / 1000);
  }

  faster(direction: 1 | -1): void {
    this.rate(speed(this.audio.playbackRate, direction));
  }

  rate(rate: number): void {
    this.audio.playbackRate = rate;
  }

  /** What is loaded already plays on; a pause is the time for another ticket. */
  private readonly renew = () => {
    if (this.playing) this.audio.addEventListener("pause", this.renew, { once: true });
    else this.open().catch(this.told.failed);
  };

  private readonly broken = () => {
    if (this.closed) return;
    const reason = new Error(this.audio.error?.message || "the sound cannot be played");
    if (Date.now() - this.setAt < HOPELESS_MS || !this.archive.key) this.told.failed(reason);
    else this.open().catch(this.told.failed);
  };
}
