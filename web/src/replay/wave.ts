/** The sound to look at: a lane a channel, drawn from the server's peaks, with what stands on the time line. */

import { css, html, LitElement } from "lit";
import WaveSurfer from "wavesurfer.js";
import type { Latency } from "./latency.ts";
import type { Mark } from "./marks.ts";
import { laneStyle } from "./wave-style.ts";
import type { Peaks, Said } from "./shapes.ts";
import { clock, quickness } from "./words.ts";

/** Pixels of a lane. The page's Content-Security-Policy names the style sheet that follows from it. */
const LANE = 64;
/** Pixels a second, at most. */
const CLOSEST = 200;

export class Wave extends LitElement {
  static override properties = {
    peaks: { attribute: false },
    marks: { attribute: false },
    said: { attribute: false },
    latencies: { attribute: false },
  };
  static override styles = css`
    :host { display: block; }
    .wave { min-height: ${LANE}px; }
  `;

  declare peaks: Peaks;
  declare marks: readonly Mark[];
  declare said: readonly Said[];
  declare latencies: ReadonlyMap<number, Latency>;
  audio: HTMLMediaElement | undefined;
  private wave: WaveSurfer | undefined;
  private layer: HTMLElement | undefined;
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");

  override render() {
    return html`<div class="wave" role="group" aria-label="Waveform"></div>`;
  }

  override connectedCallback() {
    super.connectedCallback();
    this.scheme.addEventListener("change", this.recolour);
    this.chosen.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.scheme.removeEventListener("change", this.recolour);
    this.chosen.disconnect();
    this.wave?.destroy();
    this.wave = undefined;
  }

  override updated(changed: Map<string, unknown>) {
    if (changed.has("peaks")) this.draw();
    if (["peaks", "marks", "said", "latencies"].some((name) => changed.has(name))) this.place();
  }

  /** Pixels a second: 0 is all of it in view. */
  get zoom(): number {
    return this.wave?.options.minPxPerSec ?? 0;
  }

  /** Twice as close, or half. */
  zoomBy(factor: number): void {
    if (!this.wave) return;
    const all = this.clientWidth / (this.peaks.duration_ms / 1000);
    const px = Math.min(CLOSEST, Math.max(this.zoom, all) * factor);
    this.wave.zoom(px <= all ? 0 : px);
  }

  /** Show a place that the player goes to, before its sound is there. */
  show(ms: number): void {
    this.wave?.setTime(ms / 1000);
  }

  private draw(): void {
    const { audio, peaks } = this;
    const container = this.renderRoot.querySelector<HTMLElement>(".wave");
    if (!audio || !container) return;
    const zoom = this.zoom;
    this.wave?.destroy();
    const channels = peaks.channels.map(({ min, max }) =>
      Float32Array.from(max, (high, at) => Math.max(high, -(min[at] ?? 0)) / 127));
    this.wave = WaveSurfer.create({
      container,
      media: audio,
      peaks: channels,
      duration: Math.max(0.001, peaks.duration_ms / 1000),
      height: LANE,
      splitChannels: channels.map(() => ({})),
      normalize: true,
      barWidth: 2,
      barGap: 1,
      barRadius: 1,
      cursorWidth: 2,
      minPxPerSec: zoom,
      dragToSeek: { debounceTime: 50 },
      ...colours(),
    });
    this.wave.on("timeupdate", (at) => this.tell("at", at * 1000));
    this.wave.on("interaction", (at) => this.tell("seek", at * 1000));
    this.wave.on("redrawcomplete", () => this.tell("drawn", peaks.duration_ms));
    const root = this.wave.getWrapper().getRootNode() as ShadowRoot;
    root.adoptedStyleSheets = [laneStyle];
    this.layer = document.createElement("div");
    this.layer.className = "marks";
    this.wave.getWrapper().append(this.layer);
  }

  private tell(type: string, ms: number): void {
    this.dispatchEvent(new CustomEvent(type, { detail: ms }));
  }

  private readonly chosen = new MutationObserver(() => this.recolour());
  private readonly recolour = () => this.wave?.setOptions(colours());

  // ---- what stands on the time line ---------------------------------------------------------------------------------

  private place(): void {
    const total = this.peaks.duration_ms || 1;
    const lanes = this.peaks.channels.length || 1;
    const names = lanes > 1 ? this.peaks.channels.map((_, channel) => laneName(channel)) : [];
    this.layer?.replaceChildren(...names, ...this.marks.map((mark) => this.mark(mark, total, lanes)), ...this.lags(total));
  }

  private mark(mark: Mark, total: number, lanes: number): HTMLElement {
    const long = mark.kind === "gap";
    const one = document.createElement(long ? "div" : "button");
    one.className = `mark ${mark.kind}${mark.urgent ? " urgent" : ""}`;
    one.title = `${clock(mark.fromMs)} ${mark.label}`;
    one.style.left = `${(mark.fromMs / total) * 100}%`;
    if (long) {
      one.style.width = `${((mark.toMs - mark.fromMs) / total) * 100}%`;
      one.style.top = `${(mark.channel ?? 0) * LANE}px`;
      one.style.height = `${mark.channel === undefined ? lanes * LANE : LANE}px`;
      one.setAttribute("role", "img");
      one.setAttribute("aria-label", one.title);
      return one;
    }
    one.setAttribute("aria-label", one.title);
    one.addEventListener("click", (event) => {
      event.stopPropagation();
      this.tell("seek", mark.fromMs);
    });
    return one;
  }

  /** How far behind the recogniser was, segment by segment: the taller, the later. */
  private lags(total: number): HTMLElement[] {
    const spoken = this.said.filter(({ kind }) => kind === "speech");
    const most = Math.max(1000, ...spoken.map(({ lag_ms }) => lag_ms));
    return spoken.map((said) => {
      const bar = document.createElement("div");
      bar.className = "lag";
      bar.title = `${clock(said.start_ms)} ${quickness(said, this.latencies.get(said.number))}`;
      bar.style.left = `${(said.start_ms / total) * 100}%`;
      bar.style.width = `${Math.max(0, ((said.end_ms - said.start_ms) / total) * 100)}%`;
      bar.style.setProperty("--lag", (said.lag_ms / most).toFixed(3));
      return bar;
    });
  }
}

customElements.define("vv-wave", Wave);

function laneName(channel: number): HTMLElement {
  const name = document.createElement("span");
  name.className = "lane";
  name.textContent = `Speaker ${channel + 1}`;
  name.style.top = `${channel * LANE}px`;
  return name;
}

function colours() {
  const probe = document.body.appendChild(document.createElement("i")); // a canvas knows no light-dark()
  const of = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const all = { waveColor: of("--edge"), progressColor: of("--accent"), cursorColor: of("--record") };
  probe.remove();
  return all;
}
