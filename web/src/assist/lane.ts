/**
 * What one side of a call says, the newest in sight. Nothing jumps: words settle where they stand, and what was read is
 * let go of at the top in a frame in which nothing else changes. Whoever scrolls up is left alone.
 */

import { html, LitElement } from "lit";
import { guard } from "lit/directives/guard.js";
import { repeat } from "lit/directives/repeat.js";
import { clock } from "../replay/words.ts";
import type { Lane, Said } from "./call.ts";
import { laneStyle } from "./lane-style.ts";
import { themed } from "./themed.ts";
import { unsure } from "./unsure.ts";

/** Lines in the document: never many more than so many, however long the call is; and so many more for a look back. */
const SHOWN = 120;
const SPARE = 40;
const NEAR_PX = 60;

export class CallLane extends LitElement {
  static override properties = { lane: { attribute: false }, name: {}, away: { state: true }, from: { state: true } };
  static override styles = [themed, laneStyle];

  declare lane: Lane;
  declare name: string;
  declare away: boolean;
  /** The first line that is shown, counted from the call's beginning. */
  declare from: number;
  private drawn: Lane = { lines: [], forgotten: 0 };
  /** Old lines are about to be let go of (`due`), or are just now: until that is painted nothing else is drawn. */
  private trimming: "" | "due" | "now" = "";
  private leftAt = 0;
  private marked = -1;

  constructor() {
    super();
    this.lane = this.drawn;
    this.name = "";
    this.away = false;
    this.from = 0;
  }

  private get total(): number {
    return this.lane.forgotten + this.lane.lines.length;
  }

  override willUpdate() {
    if (!this.trimming) this.drawn = this.lane;
    this.from = Math.max(this.from, this.drawn.forgotten);
  }

  override render() {
    const { drawn } = this;
    const lines = drawn.lines.slice(this.from - drawn.forgotten);
    const fresh = this.total - this.leftAt;
    return html`
      <h2>${this.name}</h2>
      <div class="scroll" tabindex="0" role="region" aria-label=${this.name} @scroll=${this.scrolled}>
        <button class="earlier" ?hidden=${this.from <= drawn.forgotten} @click=${this.back}>Earlier</button>
        <ol>${repeat(lines, (one) => one.key, (one) => guard([one, one.key === this.marked], () => said(one, one.key === this.marked)))}</ol>
      </div>
      <button class="latest" ?hidden=${!this.away} @click=${this.follow}>${fresh > 0 ? `${fresh} new` : "Latest"} <span aria-hidden="true">↓</span></button>
    `;
  }

  override updated() {
    unsure(this, this.drawn.lines.filter((one) => !one.settled));
    if (this.away) return;
    this.end();
    if (this.trimming === "now") {
      requestAnimationFrame(() => {
        this.trimming = "";
        this.requestUpdate();
      });
    } else if (!this.trimming && this.total - this.from > SHOWN + SPARE) {
      this.trimming = "due";
      requestAnimationFrame(() => {
        this.trimming = this.away ? "" : "now";
        if (!this.away) this.from = this.drawn.forgotten + this.drawn.lines.length - SHOWN;
        this.requestUpdate();
      });
    }
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    unsure(this, []);
  }

  /** Show the line of a segment in the middle, and mark it. */
  async reveal(segment: number): Promise<boolean> {
    const at = this.lane.lines.findIndex((one) => one.key === segment);
    if (at < 0) return false;
    this.leave();
    this.from = Math.min(this.from, this.lane.forgotten + Math.max(0, at - 3));
    this.marked = segment;
    this.requestUpdate();
    await this.updateComplete;
    this.renderRoot.querySelector(".marked")?.scrollIntoView({ block: "center" });
    return true;
  }

  private get box(): HTMLElement | null {
    return this.renderRoot.querySelector(".scroll");
  }

  private end(): void {
    const { box } = this;
    if (box) box.scrollTop = box.scrollHeight;
  }

  private leave(): void {
    if (!this.away) this.leftAt = this.total;
    this.away = true;
    this.trimming = "";
  }

  private readonly follow = () => {
    this.away = false;
    this.marked = -1;
    this.requestUpdate();
  };

  private readonly back = async () => {
    const { box } = this;
    const below = box ? box.scrollHeight - box.scrollTop : 0;
    this.leave();
    this.from = Math.max(this.drawn.forgotten, this.from - SHOWN);
    await this.updateComplete;
    if (box) box.scrollTop = box.scrollHeight - below;
  };

  private readonly scrolled = () => {
    const { box } = this;
    if (!box) return;
    if (box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_PX) this.leave();
    else if (this.away) this.follow();
  };
}

customElements.define("vv-lane", CallLane);

function said(one: Said, marked: boolean) {
  return html`<li class="${one.settled ? "said" : "said now"} ${marked ? "marked" : ""}" data-key=${one.key}>
    <span class="at">${one.startMs < 0 ? "…" : clock(one.startMs)}</span><p dir="auto">${one.text}</p>
  </li>`;
}
