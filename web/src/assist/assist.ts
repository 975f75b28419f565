/** `<vv-assist>`: what an agent is told during a call, and what is done with it. See docs/components/assist.md. */

import { html, nothing } from "lit";
import type { Citation } from "../client.ts";
import { assistStyle } from "./assist-style.ts";
import type { Advice } from "./call.ts";
import type { Act, Card, Dealt } from "./card.ts";
import "./card.ts";
import { ShowsCall } from "./shows.ts";
import type { Slots } from "./slots.ts";
import { arranged, EMPTY_SLOTS } from "./slots.ts";
import { alerts, checklist, passage, summary } from "./parts.ts";
import { themed } from "./themed.ts";

export class CallAssist extends ShowsCall {
  static override properties = { slots: { state: true }, cited: { state: true }, told: { state: true }, text: { state: true }, kept: { state: true } };
  static override styles = [themed, assistStyle];

  declare slots: Slots;
  declare cited: { advice: Advice; citation: Citation } | undefined;
  /** What went wrong with what the agent did last. */
  declare told: string;
  /** The wrap-up as the agent has it; undefined until there is one. */
  declare text: string | undefined;
  declare kept: "" | "keeping" | "kept";
  private readonly dealt = new Map<number, Dealt>();

  constructor() {
    super();
    this.slots = EMPTY_SLOTS;
    this.told = "";
    this.text = undefined;
    this.kept = "";
  }

  override willUpdate(changed: Map<string, unknown>) {
    super.willUpdate(changed);
    const { advice, gone, wrapup } = this.call;
    const held = new Set([...this.cards].flatMap((card, at) => (card.held ? [at] : [])));
    this.slots = arranged(this.slots, advice, gone, held);
    if (this.text === undefined && wrapup) this.text = wrapup.sections.filter((one) => one.text).map((one) => `${named(one.name)}: ${one.text}`).join("\n\n");
  }

  override render() {
    const { call, slots } = this;
    const known = new Map(call.advice.map((one) => [one.number, one]));
    const newest = call.advice.findLast((one) => one.status === "completed" && slots.places.includes(one.number));
    return html`
      <section class="cards" aria-label="Suggestions">
        ${slots.places.map((number, at) => html`<vv-card .advice=${known.get(number)} place=${at + 1} ?better=${slots.better[at] ?? false}
          dealt=${this.dealt.get(number) ?? ""} @act=${this.acted} @cite=${this.cite} @held=${this.loosened}></vv-card>`)}
      </section>
      <p class="line" role="status">${this.told || (slots.waiting ? `${slots.waiting} more ${slots.waiting > 1 ? "wait" : "waits"} for a place` : nothing)}</p>
      <div class="below">
        ${alerts(call)} ${checklist(call)} ${summary(call, { text: this.text, kept: this.kept, typed: this.typed, keep: this.keep })}
      </div>
      <div class="unseen" role="log" aria-label="New suggestions">${newest ? html`<p>${newest.text}</p>` : nothing}</div>
      ${passage(this.cited, { close: () => (this.cited = undefined), where: this.where })}
    `;
  }

  override updated() {
    const dialog = this.renderRoot.querySelector("dialog");
    if (this.cited && dialog && !dialog.open) dialog.showModal();
  }

  /** Do what a key is for. Whether it was for anything. */
  press(key: string): boolean {
    const place = ["1", "2", "3"].indexOf(key);
    const cards = [...this.cards];
    if (place >= 0) {
      cards[place]?.focus();
      return true;
    }
    const card = cards.find((one) => one.held) ?? cards.toSorted((a, b) => (b.advice?.number ?? 0) - (a.advice?.number ?? 0))[0];
    if (key === "c") card?.accept();
    else if (key === "e") card?.edit();
    else if (key === "x") card?.reject();
    else return false;
    return true;
  }

  private get cards(): NodeListOf<Card> {
    return this.renderRoot.querySelectorAll("vv-card");
  }

  private readonly acted = async (event: CustomEvent<Act>) => {
    const { advice, action, text } = event.detail;
    this.dealt.set(advice.number, action);
    this.told = "";
    this.dispatchEvent(new CustomEvent("vv-act", { detail: { suggestion: advice.number, action, text }, bubbles: true, composed: true }));
    try {
      if (action !== "rejected") await navigator.clipboard.writeText(text);
    } catch {
      this.told = "The browser did not let this page copy: mark the text and copy it yourself.";
    }
    await this.attempt(() => this.source?.feedback(advice.number, action, action === "edited" ? text : ""), () => this.dealt.delete(advice.number));
  };

  private async attempt(act: () => Promise<void> | undefined, undo: () => void): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (wrong) {
      undo();
      this.told = wrong instanceof Error ? wrong.message : String(wrong);
      return false;
    } finally {
      this.requestUpdate();
    }
  }

  private readonly cite = (event: CustomEvent<{ advice: Advice; citation: Citation }>) => {
    this.cited = event.detail;
  };

  /** Show in the transcript what was asked, if one of the same call is on the page. */
  private readonly where = () => {
    const detail = this.call.turns.get(this.cited?.citation.turn ?? -1) ?? [];
    this.cited = undefined;
    this.source?.dispatchEvent(new CustomEvent("asked", { detail }));
  };

  private readonly loosened = () => this.requestUpdate();

  private readonly typed = (event: InputEvent) => {
    this.text = (event.target as HTMLTextAreaElement).value;
    this.kept = "";
  };

  private readonly keep = async () => {
    this.kept = "keeping";
    const done = await this.attempt(() => this.source?.note((this.text ?? "").trim()), () => (this.kept = ""));
    if (done) this.kept = "kept";
  };
}

customElements.define("vv-assist", CallAssist);

function named(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
}
