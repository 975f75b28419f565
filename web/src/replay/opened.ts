/** A session that is looked at: what is known of it, where one listens, what one looks for. Nothing of the screen. */

import type { Hit } from "./find.ts";
import { find } from "./find.ts";
import type { Latency } from "./latency.ts";
import { Latencies } from "./latency.ts";
import type { Mark } from "./marks.ts";
import { marks } from "./marks.ts";
import { Player } from "./player.ts";
import type { Archive } from "./rest.ts";
import type { Note, NoteAsked, Peaks, Shown, Transcript } from "./shapes.ts";
import { Timeline } from "./timeline.ts";

/** How many peaks a first look at all of it has, at least, and how many a second the server makes. */
const LOOK = 4000;
const FINENESS = [1, 2, 4, 5, 10, 20, 25, 50] as const;

/** Told when something is shown differently, and when something asked for was not to be had. */
export interface Told {
  changed: () => void;
  failed: (reason: unknown, doing: string) => void;
}

export class Opened {
  readonly id: string;
  readonly player: Player;
  shown: Shown | undefined;
  transcript: Transcript | undefined;
  peaks: Peaks | undefined;
  timeline = new Timeline([]);
  marks: readonly Mark[] = [];
  latencies: ReadonlyMap<number, Latency> = new Map();
  hits: readonly Hit[] = [];
  hit = 0;
  private looked = "";
  private readonly archive: Archive;
  private readonly told: Told;
  private readonly stop = new AbortController();

  constructor(archive: Archive, id: string, told: Told) {
    this.archive = archive;
    this.id = id;
    this.told = told;
    this.player = new Player(archive, id, { changed: told.changed, failed: (reason) => this.failed(reason, "Playing the sound") });
  }

  /** What is asked for at once is shown as it comes; the log, which is long, is read when the rest is there. */
  async open(): Promise<void> {
    const { archive, id } = this;
    const peaks = archive.session(id).then(async (shown) => {
      this.shown = shown;
      this.told.changed();
      const { duration_ms: ms, state, channels } = shown.session;
      if (state === "forgotten" || !channels) return;
      await Promise.all([this.player.open(), this.closer((LOOK * 1000) / Math.max(1, ms))]);
    });
    await Promise.all([peaks, this.reread()]);
    await this.measure();
  }

  close(): void {
    this.stop.abort();
    this.player.close();
  }

  /** The transcript and notes again, with what was corrected meanwhile. */
  async reread(): Promise<void> {
    this.transcript = await this.archive.transcript(this.id);
    this.timeline = new Timeline(this.transcript.said);
    this.look(this.looked);
    this.told.changed();
  }

  get looking(): boolean {
    return this.looked.trim() !== "";
  }

  get notes(): readonly Note[] {
    return this.shown?.notes ?? [];
  }

  /** All that is to be shown beside the sound. */
  placed(): readonly Mark[] {
    if (this.transcript) this.marks = marks(this.transcript, this.notes);
    return this.marks;
  }

  // ---- what a person does -------------------------------------------------------------------------------------------

  /** Look for a text in what was said: hits are in order, and the first at or behind `ms` is the current one. */
  look(text: string, ms = 0): void {
    this.looked = text;
    const said = this.transcript?.said ?? [];
    this.hits = find(said.map((one) => one.text), text);
    const from = this.hits.findIndex(({ line }) => said[line]!.start_ms >= ms);
    this.hit = Math.max(0, from);
  }

  /** The next hit or the one before; behind the last comes the first. */
  step(by: 1 | -1): void {
    if (this.hits.length) this.hit = (this.hit + by + this.hits.length) % this.hits.length;
  }

  async annotate(note: NoteAsked): Promise<void> {
    await this.trying("Saving this", async () => {
      await this.archive.annotate(this.id, note);
      await this.again(note.kind === "correction");
    });
  }

  async erase(note: Note | { note_id: number; kind: "correction" }): Promise<void> {
    await this.trying("Taking this back", async () => {
      await this.archive.erase(this.id, note.note_id);
      await this.again(note.kind === "correction");
    });
  }

  /** Save it as a file: what can carry the key is fetched, sound is left to the browser, piece by piece. */
  async save(from: "export" | "audio", format: string, by: string): Promise<void> {
    await this.trying("Exporting this", async () => {
      if (from === "audio") {
        const ticket = this.archive.key ? (await this.archive.ticket(this.id)).ticket : "";
        return download(this.archive.audio(this.id, [["format", format], ["ticket", ticket]]), `${this.id}.${format}`);
      }
      const made = URL.createObjectURL(await this.archive.exported(this.id, [["format", format], ["by", by]]));
      download(made, `${this.id}${by ? `-${by}s` : ""}.${format}`);
      setTimeout(() => URL.revokeObjectURL(made), 60_000);
    });
  }

  /** Peaks that are as fine as so many a second are close. */
  async closer(perSecond: number): Promise<void> {
    const wanted = FINENESS.find((one) => one >= perSecond) ?? FINENESS.at(-1)!;
    if (this.peaks && wanted <= this.peaks.per_second) return;
    await this.trying("Drawing the sound", async () => {
      this.peaks = await this.archive.peaks(this.id, wanted);
    });
  }

  private async again(corrected: boolean): Promise<void> {
    this.shown = await this.archive.session(this.id);
    if (corrected) await this.reread();
  }

  private async trying(doing: string, what: () => Promise<void>): Promise<void> {
    try {
      await what();
      this.told.changed();
    } catch (reason) {
      this.failed(reason, doing);
    }
  }

  private failed(reason: unknown, doing: string): void {
    if (!this.stop.signal.aborted) this.told.failed(reason, doing);
  }

  /** Without figures the page is whole, so it says nothing when they are not to be had. */
  private async measure(): Promise<void> {
    const latencies = new Latencies();
    try {
      for await (const entry of this.archive.events(this.id, this.stop.signal)) latencies.heard(entry);
    } catch {
      return;
    }
    this.latencies = latencies.segments;
    this.told.changed();
  }
}

function download(href: string, name: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = name;
  link.click();
}
