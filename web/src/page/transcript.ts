/**
 * The conversation. What is final stands in a `role="log"`, which is read out as it grows; what may still change stands
 * behind it and outside of it, so that nobody has to hear every revision.
 */

import { css, html, LitElement, nothing } from "lit";
import type { TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { points } from "../client.ts";
import type { Conversation, Item, Line, Mark, Pending, Reply } from "./conversation.ts";
import { EMPTY } from "./conversation.ts";
import { transcriptStyle } from "./transcript-style.ts";

/** How close to its end the page must be to follow what comes. */
const NEAR_PX = 80;
const KNOWN = "vivavoce-known";

/** What the page calls a channel. */
function named(speakers: string, channel: number): string {
  const names = speakers.split("|");
  return names[channel] ?? names[0] ?? "";
}

export class Transcript extends LitElement {
  static override properties = {
    conversation: { attribute: false },
    outgoing: { attribute: false },
    speaker: {},
    waiting: {},
    away: { state: true },
    known: { state: true },
  };
  static override styles = [css`:host { display: block; position: relative; min-height: 0; }`, transcriptStyle];

  declare conversation: Conversation;
  declare outgoing: readonly string[];
  /** Who speaks, as the page calls them: each channel's name, with | between them. */
  declare speaker: string;
  /** What stands there before anything was said; "": how to begin. */
  declare waiting: string;
  declare away: boolean;
  /** The reader has been here, and has read how it works. */
  declare known: boolean;

  constructor() {
    super();
    this.conversation = EMPTY;
    this.outgoing = [];
    this.speaker = "You";
    this.waiting = "";
    this.away = false;
    this.known = localStorage.getItem(KNOWN) === "yes";
  }

  override render() {
    const { items, pending } = this.conversation;
    const empty = !items.length && !pending.length && !this.outgoing.length;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Conversation" @scroll=${this.scrolled}>
        <div class="column">
          ${empty ? this.welcome() : nothing}
          <div role="log" aria-label="Transcript" aria-live="polite" aria-relevant="additions text">
            ${repeat(items, (item) => item.key, (item) => shown(item, this.speaker))}
          </div>
          <div class="now" aria-live="off">
            ${this.outgoing.map((text) => sending(text))} ${repeat(pending, (one) => one.key, (one) => hearing(one, named(this.speaker, one.channel)))}
          </div>
        </div>
      </div>
      <button class="latest" ?hidden=${!this.away} @click=${this.follow}>Go to the latest ↓</button>
    `;
  }

  override updated() {
    if (!this.away) this.follow();
  }

  private welcome() {
    if (this.waiting) return html`<p class="remark">${this.waiting}</p>`;
    return html`${welcome()}${this.known ? nothing : firstVisit(this.understood)}`;
  }

  private readonly understood = () => {
    localStorage.setItem(KNOWN, "yes");
    this.known = true;
    this.renderRoot.querySelector<HTMLElement>(".scroll")?.focus();
  };

  private get box(): HTMLElement | null {
    return this.renderRoot.querySelector(".scroll");
  }

  private readonly follow = () => {
    const { box } = this;
    if (box && this.conversation.items.length + this.conversation.pending.length + this.outgoing.length) box.scrollTop = box.scrollHeight;
  };

  private readonly scrolled = () => {
    const { box } = this;
    const empty = !this.conversation.items.length;
    if (box) this.away = !empty && box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_PX;
  };
}

customElements.define("vv-transcript", Transcript);

function welcome(): TemplateResult {
  return html`
    <div class="welcome">
      <h2>Say something.</h2>
      <p>Press the microphone and speak, type below, or drop a sound file anywhere on this page. Words appear while you
        speak; what is still uncertain is <i class="unsure">set like this</i> until it settles.</p>
    </div>
  `;
}

function firstVisit(understood: () => void): TemplateResult {
  return html`<section class="first" aria-labelledby="first">
    <h2 id="first">The first time here?</h2>
    <ul>
      <li>Your voice goes to this server and nowhere else. It is kept only if you switch on <b>Record</b>.</li>
      <li>What you say is answered once you pause. Answers are checked before you see them; switch off <b>Reply to me</b> to be written down only.</li>
      <li>Microphones, words that should be spelled right, and more are under <b>Settings</b>.</li>
    </ul>
    <button class="understood" @click=${understood}>Got it</button>
  </section>`;
}

function shown(item: Item, speaker: string): TemplateResult {
  switch (item.kind) {
    case "line":
      return spoken(item, named(speaker, item.channel));
    case "reply":
      return answered(item);
    case "remark":
      return html`<p class="remark" dir="auto">${item.text}</p>`;
  }
}

/** What is taken back: struck through for a moment, and then gone; nobody has it read out once more. */
function struck(taken: string): TemplateResult | typeof nothing {
  if (!taken) return nothing;
  const gone = (event: Event) => (event.target as HTMLElement).remove();
  return html`<s class="taken" aria-hidden="true" @animationend=${gone}>${taken}</s>`;
}

function spoken(line: Line, speaker: string): TemplateResult {
  const when = line.source === "text" ? "typed" : clock(line.startMs);
  return html`
    <article class="entry you" aria-label=${speaker}>
      <div class="who">${speaker} <span class="when">${when}</span></div>
      <div class="what"><p dir="auto">${struck(line.taken)}${line.text}</p>${marks(line.marks.filter((mark) => mark.action !== "pass"))}</div>
    </article>
  `;
}

function answered(reply: Reply): TemplateResult {
  const streaming = reply.status === "streaming";
  return html`
    <article class="entry reply" aria-label="Reply" aria-busy=${streaming ? "true" : "false"} data-status=${reply.status}>
      <div class="who">Reply</div>
      <div class="what">
        <p dir="auto">${struck(reply.taken)}${reply.text}${streaming ? html`<span class="caret" aria-hidden="true"></span>` : nothing}</p>
        ${outcome(reply)}${sources(reply)}${marks(reply.marks)}
      </div>
    </article>
  `;
}

/** Where the answer comes from: each source by the number that stands in the text, with the words that it rests on. */
function sources(reply: Reply): TemplateResult | typeof nothing {
  if (reply.citations.length === 0) return nothing;
  return html`<ul class="sources" aria-label="Sources">
    ${reply.citations.map((one) => html`<li>[${one.number}] ${[one.title || one.document, one.place].filter(Boolean).join(" > ")}: <q>${one.quote}</q></li>`)}
  </ul>`;
}

const OUTCOMES = {
  cancelled: "Stopped before its end.",
  blocked: "Withheld by moderation.",
  failed: "No answer could be made.",
};

function outcome(reply: Reply): TemplateResult | typeof nothing {
  if (reply.status === "streaming" || reply.status === "completed") return nothing;
  return html`<p class="outcome">${OUTCOMES[reply.status]} ${reply.error ?? ""}</p>`;
}

const MARKS = {
  pass: ["✓", "Checked"],
  flag: ["!", "Flagged"],
  redact: ["▬", "Redacted"],
  retract: ["↶", "Taken back"],
  block: ["✕", "Blocked"],
} as const;

/** One mark for each kind of verdict, in words; “checked” only when nothing else was found. */
function marks(all: readonly Mark[]): TemplateResult | typeof nothing {
  const found = all.filter((mark) => mark.action !== "pass");
  const seen = new Map<Mark["action"], Set<string>>();
  for (const mark of found.length ? found : all) {
    const categories = seen.get(mark.action) ?? new Set();
    seen.set(mark.action, new Set([...categories, ...mark.categories]));
  }
  if (!seen.size) return nothing;
  return html`<ul class="marks" aria-label="Moderation">
    ${[...seen].map(([action, categories]) => {
      const [sign, word] = MARKS[action];
      const why = categories.size ? `: ${[...categories].map(plain).join(", ")}` : "";
      return html`<li class=${action}><span aria-hidden="true">${sign}</span> ${word}${why}</li>`;
    })}
  </ul>`;
}

function plain(category: string): string {
  return category.replace(/[_./]+/g, " ");
}

function sending(text: string): TemplateResult {
  return html`
    <div class="entry you sending">
      <div class="who">You <span class="when">sending…</span></div>
      <div class="what"><p dir="auto">${text}</p></div>
    </div>
  `;
}

function hearing(pending: Pending, speaker: string): TemplateResult {
  const all = points(pending.text);
  return html`
    <div class="entry you hearing">
      <div class="who">${speaker} <span class="when">listening…</span></div>
      <div class="what"><p class="partial" dir="auto"><span class="stable">${all.slice(0, pending.stable).join("")}</span><i
        class="unsure">${all.slice(pending.stable).join("")}</i></p></div>
    </div>
  `;
}

/** A place in the sound as m:ss. */
export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
