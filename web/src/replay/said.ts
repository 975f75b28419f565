/**
 * What was said, line by line. The word that is being heard is lit by its class alone, and hits are highlights over the
 * text: neither renders anything. A line that is far out of view is plain text, without words of its own.
 */

import { html, LitElement, nothing } from "lit";
import type { TemplateResult } from "lit";
import { guard } from "lit/directives/guard.js";
import type { Hit } from "./find.ts";
import type { Latency } from "./latency.ts";
import { footer, text } from "./line.ts";
import { pieces } from "./pieces.ts";
import { saidStyle } from "./said-style.ts";
import type { Said } from "./shapes.ts";
import type { Spoken } from "./timeline.ts";
import { clock, quickness, speaker } from "./words.ts";

/** What may happen here, for whoever listens. */
export interface Asked {
  seek: number;
  correct: { said: Said; text: string };
  undo: Said;
}

export class Lines extends LitElement {
  static override properties = {
    said: { attribute: false },
    latencies: { attribute: false },
    channels: { attribute: false },
    editing: { state: true },
    following: { state: true },
    near: { state: true },
  };
  static override styles = saidStyle;

  declare said: readonly Said[];
  declare latencies: ReadonlyMap<number, Latency>;
  declare channels: number;
  /** The line that is being corrected, and the word of it that was meant. */
  declare editing: { line: number; word: number | undefined } | undefined;
  declare following: boolean;
  /** Lines in view, or nearly. */
  declare near: ReadonlySet<number>;
  private lit: Element[] = [];
  private saying: readonly Spoken[] = [];
  private found: readonly Hit[] = [];
  private here = 0;
  private watcher: IntersectionObserver | undefined;
  /** The line that one is in, and the one that is shown so. */
  private at: number | undefined;
  private nowAt: number | undefined;

  constructor() {
    super();
    this.said = [];
    this.following = true;
    this.near = new Set();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.watcher?.disconnect();
    CSS.highlights?.clear();
  }

  /** Words that were plain text before have to be lit, and hits to be found in the new nodes. */
  override updated(changed: Map<string, unknown>) {
    if (changed.has("said")) this.watch();
    this.light(this.saying, this.at);
    this.paint();
  }

  private watch(): void {
    this.watcher?.disconnect();
    const root = this.renderRoot.querySelector(".scroll");
    this.watcher = new IntersectionObserver(this.neared, { root, rootMargin: "50% 0px" });
    for (const line of this.renderRoot.querySelectorAll(".line")) this.watcher.observe(line);
  }

  private readonly neared = (seen: readonly IntersectionObserverEntry[]) => {
    const near = new Set(this.near);
    for (const { target, isIntersecting } of seen) {
      const line = Number((target as HTMLElement).dataset["line"]);
      if (isIntersecting) near.add(line);
      else near.delete(line);
    }
    this.near = near;
  };

  override render() {
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Transcript" @click=${this.clicked} @dblclick=${this.meant}
        @wheel=${this.away} @touchmove=${this.away}>
        <div class="lines">
          ${this.said.length ? nothing : html`<p class="nothing">Nothing was said in this session.</p>`}
          ${this.said.map((said, index) => {
            const editing = this.editing?.line === index ? this.editing : undefined;
            const latency = said.kind === "speech" ? this.latencies.get(said.number) : undefined;
            const near = this.near.has(index);
            return guard([said, editing, latency, near, this.channels], () => this.line(said, index, latency));
          })}
        </div>
      </div>
      <button class="follow" ?hidden=${this.following} @click=${this.follow}>Follow the sound</button>
    `;
  }

  private line(said: Said, index: number, latency: Latency | undefined): TemplateResult {
    const who = speaker(said, this.channels);
    const reply = said.kind === "reply";
    return html`
      <article class="line ${said.kind} ${said.corrected ? "corrected" : ""}" data-line=${index} aria-label=${who}>
        <div class="who"><span class="name" data-channel=${reply ? "" : said.channel}>${who}</span>
          <button class="when" title=${`Listen from here (${quickness(said, latency)})`} data-seek=${said.start_ms}>${clock(said.start_ms)}</button></div>
        <div class="what">
          ${this.editing?.line === index ? this.editor(said) : text(said, this.near.has(index))}
          ${footer(said)}
          ${reply || this.editing?.line === index
            ? nothing
            : html`<button class="edit" title="Correct this line (e)" data-edit=${index}>Correct</button>`}
        </div>
      </article>
    `;
  }

  private editor(said: Said): TemplateResult {
    return html`<form class="editor" @submit=${this.saved} @keydown=${this.pressed}>
      <label class="unseen" for="correction">What was said</label>
      <textarea id="correction" name="text" rows="2" maxlength="8000" .value=${said.text}></textarea>
      <button class="save">Save</button><button type="button" @click=${() => this.edit(undefined)}>Cancel</button>
      <span class="hint">What was heard is kept beside it.</span>
    </form>`;
  }

  // ---- what others do here ------------------------------------------------------------------------------------------

  /** Light these words, and no others; `line` is where one is. */
  light(words: readonly Spoken[], line: number | undefined): void {
    const found = words.flatMap(({ line, word }) => this.box(line)?.querySelector(`[data-word="${word}"]`) ?? []);
    for (const one of this.lit) if (!found.includes(one)) one.classList.remove("lit");
    for (const one of found) one.classList.add("lit");
    [this.lit, this.saying, this.at] = [found, words, line];
    const now = line === undefined ? undefined : this.box(line);
    now?.classList.add("now");
    if (line === this.nowAt || (line !== undefined && !now)) return; // a line that is not drawn yet is shown when it is
    if (this.nowAt !== undefined) this.box(this.nowAt)?.classList.remove("now");
    const came = this.nowAt === undefined && line !== undefined && line > 0; // by an address that names this place
    this.nowAt = line;
    if (line !== undefined && this.following) this.reveal(line, came);
  }

  /** Highlight all hits; the one at `current` more so, and in view. */
  mark(hits: readonly Hit[], current: number): void {
    [this.found, this.here] = [hits, current];
    this.paint();
    const hit = hits[current];
    if (!hit) return;
    this.following = false;
    this.reveal(hit.line);
  }

  private paint(): void {
    const ranges = this.found.map((hit) => this.range(hit));
    const here = ranges[this.here];
    CSS.highlights?.set("found", new Highlight(...ranges.filter((range): range is Range => range !== undefined)));
    CSS.highlights?.set("found-now", here ? new Highlight(here) : new Highlight());
  }

  /** Correct a line; `word` is selected. */
  async edit(line: number | undefined, word?: number): Promise<void> {
    this.editing = line === undefined || this.said[line]?.kind === "reply" ? undefined : { line, word };
    await this.updateComplete;
    const field = this.renderRoot.querySelector<HTMLTextAreaElement>("#correction");
    if (!field || line === undefined) return this.focusLines();
    const piece = pieces(this.said[line]!).find((one) => one.word === word && word !== undefined);
    field.focus();
    field.setSelectionRange(piece?.at ?? field.value.length, piece ? piece.at + piece.text.length : field.value.length);
  }

  /** So that keys go where one reads. */
  focusLines(): void {
    this.renderRoot.querySelector<HTMLElement>(".scroll")?.focus({ preventScroll: true });
  }

  private box(line: number): HTMLElement | undefined {
    return this.renderRoot.querySelector(".lines")?.children[line] as HTMLElement | undefined;
  }

  /** Have a line in the middle of the transcript; where the page itself scrolls, only if that is `asked` for. */
  private reveal(line: number, asked = true): void {
    const [box, scroll] = [this.box(line), this.renderRoot.querySelector(".scroll")];
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = calm || !this.near.has(line) ? "auto" : "smooth";
    if (!box || !scroll) return;
    if (asked) box.scrollIntoView({ block: "center", behavior });
    else scroll.scrollBy({ top: middle(box) - middle(scroll), behavior });
  }

  /** A hit as a range over the line's text, which may be of many nodes. */
  private range(hit: Hit): Range | undefined {
    const body = this.box(hit.line)?.querySelector(".text");
    if (!body) return undefined;
    const range = document.createRange();
    const walker = document.createTreeWalker(body, NodeFilter.SHOW_TEXT);
    let at = 0;
    for (let node = walker.nextNode() as Text | null; node; node = walker.nextNode() as Text | null) {
      const end = at + node.data.length;
      if (at <= hit.from && hit.from < end) range.setStart(node, hit.from - at);
      if (at < hit.to && hit.to <= end) {
        range.setEnd(node, hit.to - at);
        return range;
      }
      at = end;
    }
    return undefined;
  }

  // ---- what a person does here --------------------------------------------------------------------------------------

  private tell<K extends keyof Asked>(type: K, detail: Asked[K]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  private readonly clicked = (event: Event) => {
    const target = event.target as HTMLElement;
    const { seek, edit, undo } = target.dataset;
    const word = target.closest<HTMLElement>("[data-word]");
    if (edit) return void this.edit(Number(edit));
    if (undo) return this.tell("undo", this.said[Number(target.closest<HTMLElement>(".line")?.dataset["line"])]!);
    const at = seek ?? word?.dataset["at"];
    if (at === undefined || getSelection()?.type === "Range") return;
    this.following = true;
    this.tell("seek", Number(at));
  };

  private readonly meant = (event: Event) => {
    const word = (event.target as HTMLElement).closest<HTMLElement>("[data-word]");
    const line = word?.closest<HTMLElement>(".line");
    if (word && line) void this.edit(Number(line.dataset["line"]), Number(word.dataset["word"]));
  };

  private readonly pressed = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") void this.edit(undefined);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.saved(event);
  };

  private readonly saved = (event: Event) => {
    event.preventDefault();
    const said = this.editing && this.said[this.editing.line];
    const text = this.renderRoot.querySelector<HTMLTextAreaElement>("#correction")?.value.trim() ?? "";
    void this.edit(undefined);
    if (said && text && text !== said.text) this.tell("correct", { said, text });
  };

  private readonly away = () => {
    this.following = false;
  };

  private readonly follow = () => {
    this.following = true;
    if (this.nowAt !== undefined) this.reveal(this.nowAt);
  };
}

customElements.define("vv-lines", Lines);

/** Of what is seen of it, from the top of the window. */
function middle(element: Element): number {
  const { top, height } = element.getBoundingClientRect();
  return top + height / 2;
}
