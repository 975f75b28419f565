/** One reserved place for a suggestion: what it says, its sources, and what the agent does with it. */

import { html, LitElement, nothing } from "lit";
import type { Advice } from "./call.ts";
import { cardStyle } from "./card-style.ts";
import { themed } from "./themed.ts";

const KINDS = { answer: "Answer", question: "Ask next", checklist: "Still to say" } as const;
/** What is told of a suggestion that was dealt with, until nobody holds its place. */
const DONE = { accepted: "Copied", edited: "Copied as edited", rejected: "Rejected", "": "" } as const;

export type Dealt = keyof typeof DONE;
export type Act = { advice: Advice; action: "accepted" | "edited" | "rejected"; text: string };

/**
 * Tells `act` (what the agent does), `cite` (a source that is to be shown) and `held`, whenever it begins or ceases to be
 * under the pointer, in focus or edited.
 */
export class Card extends LitElement {
  static override properties = {
    advice: { attribute: false },
    place: { type: Number },
    better: { type: Boolean },
    dealt: {},
    draft: { state: true },
  };
  static override styles = [themed, cardStyle];

  declare advice: Advice | undefined;
  /** 1 to 3: the key that goes there. */
  declare place: number;
  declare better: boolean;
  declare dealt: Dealt;
  /** What the agent makes of it; undefined while nobody edits. */
  declare draft: string | undefined;
  private hovered = false;
  private focused = false;

  constructor() {
    super();
    this.place = 1;
    this.better = false;
    this.dealt = "";
    this.draft = undefined;
    this.addEventListener("pointerenter", () => this.hold(() => (this.hovered = true)));
    this.addEventListener("pointerleave", () => this.hold(() => (this.hovered = false)));
    this.addEventListener("focusin", () => this.hold(() => (this.focused = true)));
    this.addEventListener("focusout", () => this.hold(() => (this.focused = false)));
  }

  get held(): boolean {
    return this.hovered || this.focused || this.draft !== undefined;
  }

  override render() {
    const { advice } = this;
    return html`<article class=${advice ? `card ${advice.kind}` : "card empty"} tabindex="0"
      aria-label=${advice ? `Suggestion ${this.place}: ${KINDS[advice.kind]}` : `Place ${this.place} for a suggestion`}>
      ${advice ? this.whole(advice) : html`<p class="none">Suggestions come here</p>`}
    </article>`;
  }

  private whole(advice: Advice) {
    return html`
      <header><kbd aria-hidden="true">${this.place}</kbd><strong>${KINDS[advice.kind]}</strong>
        ${this.better ? html`<span class="better">A better one waits</span>` : nothing}
        <span class="asked" dir="auto" title=${advice.asked}>${advice.asked}</span></header>
      ${this.draft === undefined
        ? html`<div class="body" tabindex="-1"><p dir="auto">${advice.text}</p></div>`
        : html`<textarea class="body" dir="auto" aria-label="Your words" .value=${this.draft} @input=${this.typed} @keydown=${this.keyed}></textarea>`}
      <footer>${this.dealt ? html`<span class="dealt">${DONE[this.dealt]}</span>` : this.buttons(advice)}${this.draft === undefined ? this.sources(advice) : nothing}</footer>
    `;
  }

  private buttons(advice: Advice) {
    if (this.draft !== undefined) {
      return html`<button class="main" @click=${this.finish}>Copy and keep</button><button @click=${() => this.leave()}>Leave it</button>`;
    }
    const off = advice.status === "streaming";
    return html`<button class="main" ?disabled=${off} @click=${() => this.accept()}>Copy</button>
      <button ?disabled=${off} @click=${() => this.edit()}>Edit</button>
      <button @click=${() => this.reject()}>Reject</button>`;
  }

  private sources(advice: Advice) {
    if (!advice.citations.length) return nothing;
    return html`<ul aria-label="Sources">${advice.citations.map((one) => html`<li><button class="source"
      @click=${() => this.tell("cite", { advice, citation: one })}>[${one.number}] ${[one.title || one.document, one.place].filter(Boolean).join(" › ")}</button></li>`)}</ul>`;
  }

  // ---- what keys and buttons do ---------------------------------------------------------------------------------------

  accept(): void {
    if (this.advice?.status === "completed" && !this.dealt) this.act("accepted", this.advice.text);
  }

  reject(): void {
    if (this.advice && !this.dealt) this.act("rejected", "");
  }

  edit(): void {
    if (this.advice?.status !== "completed" || this.dealt) return;
    this.hold(() => (this.draft = this.advice?.text));
    void this.updateComplete.then(() => this.renderRoot.querySelector("textarea")?.focus());
  }

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>(".card")?.focus();
  }

  private readonly finish = () => {
    const text = (this.draft ?? "").trim();
    if (text) this.act(text === this.advice?.text ? "accepted" : "edited", text);
    this.leave();
  };

  private leave(): void {
    this.focus();
    this.hold(() => (this.draft = undefined));
  }

  private readonly typed = (event: InputEvent) => {
    this.draft = (event.target as HTMLTextAreaElement).value;
  };

  private readonly keyed = (event: KeyboardEvent) => {
    if (event.key === "Escape") this.leave();
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.finish();
    else return;
    event.preventDefault();
  };

  private act(action: Act["action"], text: string): void {
    if (this.advice) this.tell("act", { advice: this.advice, action, text } satisfies Act);
  }

  private hold(change: () => void): void {
    const before = this.held;
    change();
    if (this.held !== before) this.tell("held", this.held);
  }

  private tell(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

customElements.define("vv-card", Card);
