/** One session: sound and words in step. */

import { html, LitElement, nothing } from "lit";
import { act } from "./acts.ts";
import { asideNotes, exportMenu, finder, headline, transport } from "./controls.ts";
import { command, signsOn } from "./keys.ts";
import { Opened } from "./opened.ts";
import type { Archive } from "./rest.ts";
import { Trouble } from "./rest.ts";
import type { Asked, Lines } from "./said.ts";
import "./said.ts";
import { sessionStyle } from "./session-style.ts";
import type { Wave } from "./wave.ts";
import "./wave.ts";
import { clock, quickness } from "./words.ts";

export class Session extends LitElement {
  static override properties = { stamp: { state: true }, noting: { state: true } };
  static override styles = sessionStyle;

  declare stamp: number;
  /** Where a note is being written. */
  declare noting: number | undefined;
  opened: Opened | undefined;
  private archive: Archive | undefined;

  constructor() {
    super();
    this.stamp = 0;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.pressed);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.pressed);
    this.opened?.close();
  }

  /** Show a session, from a place in it. */
  async open(archive: Archive, id: string, atMs: number | undefined): Promise<void> {
    if (this.opened?.id === id && this.opened.transcript) return atMs === undefined ? undefined : this.seek(atMs);
    this.opened?.close();
    this.archive = archive;
    const opened = (this.opened = new Opened(archive, id, {
      changed: () => (this.stamp += 1),
      failed: (reason, doing) => this.fail(reason, doing),
    }));
    this.stamp += 1;
    if (atMs !== undefined) opened.player.seek(atMs);
    try {
      await opened.open();
    } catch (reason) {
      if (opened !== this.opened) return;
      if (!opened.transcript) {
        this.opened = undefined; // there is nothing to be shown, and a player would promise something
        opened.close();
      }
      this.stamp += 1;
      this.fail(reason, "Opening this session");
    }
  }

  /** What has been recorded since. */
  again(): void {
    const { archive, opened } = this;
    this.opened = undefined;
    opened?.close();
    if (archive && opened) void this.open(archive, opened.id, opened.player.ms);
  }

  override render() {
    const { opened } = this;
    if (!opened) return nothing;
    const { transcript, peaks, shown } = opened;
    return html`
      ${shown ? headline(shown.session, exportMenu(this)) : html`<div class="headline"><h1>Opening…</h1></div>`}
      <div class="sound">
        ${peaks
          ? html`<vv-wave .audio=${opened.player.audio} .peaks=${peaks} .said=${transcript?.said ?? []} .marks=${opened.placed()}
              .latencies=${opened.latencies} @at=${this.moved} @seek=${(event: CustomEvent<number>) => this.seek(event.detail)}
              @drawn=${() => this.moved()}></vv-wave>`
          : html`<div class="waiting">${shown && !shown.session.channels ? "This session has no sound: it was typed." : nothing}</div>`}
        ${transport(this, opened)}
      </div>
      <div class="read">
        <div class="text">
          ${finder(this, opened)}
          ${transcript
            ? html`<vv-lines .said=${transcript.said} .channels=${transcript.channels} .latencies=${opened.latencies}
                @seek=${(event: CustomEvent<number>) => this.seek(event.detail)} @correct=${this.corrected} @undo=${this.undone}></vv-lines>`
            : html`<p class="reading">Reading what was said…</p>`}
        </div>
        ${asideNotes(this, opened)}
      </div>
    `;
  }

  override updated() {
    if (this.opened?.transcript && this.lines) this.moved();
  }

  get lines(): Lines | null {
    return this.renderRoot.querySelector<Lines>("vv-lines");
  }

  get wave(): Wave | null {
    return this.renderRoot.querySelector<Wave>("vv-wave");
  }

  // ---- what a person does -------------------------------------------------------------------------------------------

  seek(ms: number): void {
    const { opened } = this;
    if (!opened) return;
    const to = Math.min(Math.max(0, ms), opened.peaks?.duration_ms ?? ms);
    opened.player.seek(to);
    this.wave?.show(to);
    this.moved();
  }

  find(): void {
    this.renderRoot.querySelector<HTMLInputElement>("#find")?.select();
  }

  /** Look for a text, from where one is. */
  async look(text: string): Promise<void> {
    const { opened } = this;
    if (!opened) return;
    opened.look(text, opened.player.ms);
    await this.stepped();
  }

  async step(by: 1 | -1): Promise<void> {
    this.opened?.step(by);
    await this.stepped();
  }

  /** A hit is shown, and is where one listens next. */
  private async stepped(): Promise<void> {
    const { opened } = this;
    this.stamp += 1;
    await this.updateComplete;
    this.lines?.mark(opened?.hits ?? [], opened?.hit ?? 0);
  }

  /** Begin to listen at the hit. */
  listenToHit(): void {
    const { opened } = this;
    const hit = opened?.hits[opened.hit];
    const line = hit && opened?.transcript?.said[hit.line];
    if (!line) return;
    const points = Array.from(line.text.slice(0, hit.from)).length;
    const word = line.words.filter(({ offset }) => offset <= points).at(-1);
    this.seek(word?.start_ms ?? line.start_ms);
  }

  zoom(factor: number): void {
    this.wave?.zoomBy(factor);
    void this.opened?.closer(this.wave?.zoom ?? 0);
  }

  /** Write a note where one listens. */
  async note(): Promise<void> {
    this.noting = this.opened?.player.ms ?? 0;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLTextAreaElement>("#note")?.focus();
  }

  async noted(text: string): Promise<void> {
    const at_ms = Math.round(this.noting ?? 0);
    this.noting = undefined;
    if (text.trim()) await this.opened?.annotate({ kind: "note", text: text.trim(), at_ms });
  }

  async bookmark(): Promise<void> {
    const at_ms = Math.round(this.opened?.player.ms ?? 0);
    await this.opened?.annotate({ kind: "bookmark", at_ms });
  }

  /** For ever: the page above asks first. */
  tell(type: "forget" | "list" | "help" | "trouble", detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  fail(reason: unknown, doing: string): void {
    const trouble = reason instanceof Trouble ? reason : new Trouble(-1, "page", reason instanceof Error ? reason.message : String(reason));
    this.tell("trouble", { trouble, doing });
  }

  private readonly corrected = async (event: CustomEvent<Asked["correct"]>) => {
    const { said, text } = event.detail;
    await this.opened?.annotate({ kind: "correction", number: said.number, text });
  };

  private readonly undone = async (event: CustomEvent<Asked["undo"]>) => {
    const { corrected } = event.detail;
    if (corrected) await this.opened?.erase({ note_id: corrected.note_id, kind: "correction" });
  };

  // ---- in step with the sound ---------------------------------------------------------------------------------------

  private readonly moved = () => {
    const { opened } = this;
    if (!opened) return;
    const { ms } = opened.player;
    const line = opened.timeline.lineAt(ms);
    const said = line === undefined ? undefined : opened.transcript?.said[line];
    this.lines?.light(opened.timeline.at(ms), line);
    this.write(".now", clock(ms));
    this.write(".quick", said ? quickness(said, opened.latencies.get(said.number)) : "");
  };

  /** Thirty times a second: nothing is rendered for it. */
  private write(where: string, text: string): void {
    const box = this.renderRoot.querySelector(where);
    if (box && box.textContent !== text) box.textContent = text;
  }

  // ---- keys ---------------------------------------------------------------------------------------------------------

  private readonly pressed = (event: KeyboardEvent) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || target.matches("input, textarea, select") || target.closest("dialog[open]")) return;
    if (event.key === " " && target.matches("button, a, summary")) return;
    const wanted = command(event, signsOn());
    if (!wanted || !this.opened) return;
    event.preventDefault();
    void act(wanted, this, this.opened);
  };
}

customElements.define("vv-session", Session);
