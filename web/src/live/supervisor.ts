/** The supervisor's page: all live sessions at a glance, one of them beside the list if it is watched. */

import { html, LitElement, nothing } from "lit";
import { repeat } from "lit/directives/repeat.js";
import "../page/theme.ts";
import type { Beside } from "./beside.ts";
import "./beside.ts";
import { card, speakers, title } from "./card.ts";
import type { Floor } from "./feed.ts";
import { follow, NOTHING } from "./feed.ts";
import { supervisorStyle } from "./supervisor-style.ts";

const KEY = "vivavoce-reader-key";

export class Supervisor extends LitElement {
  static override properties = { floor: { state: true }, watched: { state: true }, now: { state: true } };
  static override styles = supervisorStyle;

  declare floor: Floor;
  declare watched: string;
  declare now: number;
  private key = sessionStorage.getItem(KEY) ?? "";
  private stop = new AbortController();
  private ticking: ReturnType<typeof setInterval> | undefined;
  /** The one that is watched, as last told: it stays when its session is over. */
  private name = "";
  private names = "Speaker";

  constructor() {
    super();
    this.floor = NOTHING;
    this.watched = new URLSearchParams(location.hash.slice(1)).get("watch") ?? "";
    this.now = Date.now();
  }

  override connectedCallback() {
    super.connectedCallback();
    this.ticking = setInterval(() => (this.now = Date.now()), 1_000);
    addEventListener("keydown", this.pressed);
    this.begin();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    clearInterval(this.ticking);
    removeEventListener("keydown", this.pressed);
    this.stop.abort();
  }

  private begin(): void {
    this.stop.abort();
    this.stop = new AbortController();
    void follow(location.href, this.key, this.stop.signal, (floor) => (this.floor = floor));
  }

  override render() {
    const { floor } = this;
    const watched = floor.sessions.get(this.watched);
    if (watched) [this.name, this.names] = [title(watched), speakers(watched.session.mode, watched.session.channels).join("|")];
    return html`
      <header class="top"><div class="column">
        <a class="name" href="./" aria-label="Vivavoce"><svg viewBox="0 0 32 24" width="28" height="21" aria-hidden="true"><path
          d="M3 9v6M9.500 4v16M16 8v8M22.500 2v20M29 10v4" /></svg><span class="word">Vivavoce</span></a>
        <vv-pages here="live"></vv-pages>
      </div></header>
      <main class=${this.watched ? "two" : ""}>
        <section class="all" aria-labelledby="title">
          <h1 id="title">Live sessions <span class="count">${floor.told ? floor.sessions.size : ""}</span></h1>
          ${this.troubles()}
          ${floor.told && !floor.sessions.size && !floor.trouble ? html`<p class="hint">Nobody speaks just now. A session is shown here as soon as it begins.</p>` : nothing}
          <ul class="sessions" @click=${this.clicked}>${repeat(floor.sessions.values(), (one) => one.session.session_id,
            (one) => card(one, one.session.session_id === this.watched, this.now))}</ul>
        </section>
        ${this.watched && !floor.needsKey
          ? html`<vv-beside role="region" aria-label="Watched session" .session=${this.watched} .key=${this.key} .name=${this.name || "Session"}
              .speakers=${this.names} @leave=${() => this.watch("")}></vv-beside>`
          : nothing}
      </main>
    `;
  }

  /** The region is always there: a live region that comes with its text is not read out. */
  private troubles() {
    const { trouble, needsKey } = this.floor;
    return html`<div class="card ${trouble ? "" : "bare"}"><div role="alert">${trouble
        ? html`<p>${needsKey ? html`<strong>Live sessions are seen with a reader's key.</strong> ` : nothing}${trouble}</p>` : nothing}</div>
      ${needsKey ? html`<form class="key" @submit=${this.keyed}><label for="key">Reader's key</label>
          <input id="key" name="key" type="password" autocomplete="off" required /><button class="quiet">Use this key</button></form>` : nothing}</div>`;
  }

  private readonly keyed = (event: SubmitEvent) => {
    event.preventDefault();
    this.key = String(new FormData(event.target as HTMLFormElement).get("key") ?? "").trim();
    sessionStorage.setItem(KEY, this.key);
    this.begin();
  };

  private readonly clicked = (event: Event) => {
    const button = (event.target as Element).closest<HTMLButtonElement>("button[name=watch]");
    if (button) void this.watch(button.value === this.watched ? "" : button.value);
  };

  /** The focus goes to what was opened, and back to where it was opened from. */
  private async watch(id: string): Promise<void> {
    const before = this.watched;
    this.watched = id;
    history.replaceState(null, "", id ? `#watch=${encodeURIComponent(id)}` : location.pathname + location.search);
    await this.updateComplete;
    const beside = this.renderRoot.querySelector<Beside>("vv-beside");
    await beside?.updateComplete;
    const target = beside?.renderRoot.querySelector<HTMLElement>("h2");
    (target ?? this.renderRoot.querySelector<HTMLElement>(`button[value="${CSS.escape(before)}"]`))?.focus();
  }

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape" && this.watched && !event.defaultPrevented) void this.watch("");
  };
}

customElements.define("vv-live", Supervisor);
