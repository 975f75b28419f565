/** The page of recorded sessions: the list, or a session, as the address says; what went wrong; what keys do. */

import { html, LitElement, nothing } from "lit";
import type { Notice } from "../page/words.ts";
import "../page/theme.ts";
import { KEYS, setSigns, signsOn } from "./keys.ts";
import { address, ANYTHING, place } from "./place.ts";
import { replayStyle } from "./replay-style.ts";
import { Archive, Trouble } from "./rest.ts";
import type { Session } from "./session.ts";
import "./session.ts";
import type { SessionList } from "./sessions.ts";
import "./sessions.ts";
import { notice } from "./words.ts";

const KEY = "vivavoce-reader-key";

export class Replay extends LitElement {
  static override properties = { at: { state: true }, notice: { state: true }, needsKey: { state: true } };
  static override styles = replayStyle;

  declare at: ReturnType<typeof place>;
  declare notice: Notice | undefined;
  declare needsKey: boolean;
  /** What is to be said where one goes to. */
  private next: Notice | undefined;
  private readonly archive = new Archive(location.href, sessionStorage.getItem(KEY) ?? "");

  constructor() {
    super();
    this.at = place(location.hash);
    this.needsKey = false;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.went);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.went);
  }

  override firstUpdated() {
    void this.open();
  }

  override render() {
    const inSession = this.at.name === "session";
    return html`
      <header><div class="column">
        <a class="name" href="./" aria-label="Vivavoce"><svg viewBox="0 0 32 24" width="28" height="21" aria-hidden="true"><path
          d="M3 9v6M9.500 4v16M16 8v8M22.500 2v20M29 10v4" /></svg><span class="word">Vivavoce</span></a>
        ${inSession ? html`<a class="quiet" href="#">← All sessions</a>` : html`<h1>Recorded sessions</h1>`}
        <button class="quiet" title="?" @click=${() => this.dialog("help")}>Keys</button>
        <vv-pages here="replay"></vv-pages>
      </div></header>
      <div class="notices">${this.notices()}</div>
      <main class=${this.at.name}>
        ${inSession
          ? html`<vv-session @trouble=${this.troubled} @forget=${() => this.dialog("forget")} @list=${() => (location.hash = "")}
              @help=${() => this.dialog("help")}></vv-session>`
          : html`<vv-sessions @trouble=${this.troubled}></vv-sessions>`}
      </main>
      ${helpDialog()} ${this.forgetDialog()}
    `;
  }

  /** Both regions are always there: a live region that comes with its text is not read out. */
  private notices() {
    const said = this.notice ? html`<p><strong>${this.notice.title}</strong> ${this.notice.text}</p>` : nothing;
    return html`<div class="card ${this.notice ? "" : "bare"}">
      <div role="alert">${this.notice?.urgent ? said : nothing}</div>
      <div role="status">${this.notice && !this.notice.urgent ? said : nothing}</div>
      ${this.needsKey
        ? html`<form class="key" @submit=${this.keyed}><label for="key">Reader's key</label>
            <input id="key" name="key" type="password" autocomplete="off" required /><button class="quiet">Use this key</button></form>`
        : nothing}
      ${this.notice && !this.needsKey
        ? html`<button class="quiet" @click=${() => this.open()}>Try again</button>
            <button class="quiet" @click=${() => (this.notice = undefined)}>Close<span class="unseen"> this message</span></button>`
        : nothing}
    </div>`;
  }

  private forgetDialog() {
    return html`<dialog id="forget" aria-labelledby="forget-title">
      <h2 id="forget-title">Forget this session?</h2>
      <p>Its sound, its text, all notes and corrections are destroyed, and nobody can bring them back. That it was there, and when, stays known.</p>
      <form method="dialog"><button class="quiet" value="no" autofocus>Keep it</button>
        <button class="quiet danger" value="yes" @click=${this.forget}>Forget it for ever</button></form>
    </dialog>`;
  }

  /** Show what the address says. */
  private async open(): Promise<void> {
    [this.notice, this.next] = [this.next, undefined];
    await this.updateComplete;
    if (this.at.name === "session") {
      document.title = "Session – Vivavoce";
      await this.renderRoot.querySelector<Session>("vv-session")?.open(this.archive, this.at.id, this.at.atMs);
    } else {
      document.title = "Recorded sessions – Vivavoce";
      await this.renderRoot.querySelector<SessionList>("vv-sessions")?.open(this.archive, this.at.wanted);
    }
  }

  private dialog(id: "help" | "forget"): void {
    this.renderRoot.querySelector<HTMLDialogElement>(`#${id}`)?.showModal();
  }

  private readonly went = () => {
    this.at = place(location.hash);
    void this.open();
  };

  private readonly troubled = (event: CustomEvent<{ trouble: Trouble; doing: string }>) => {
    const { trouble, doing } = event.detail;
    this.needsKey = trouble.status === 401;
    this.notice = notice(trouble, doing);
  };

  private readonly keyed = (event: SubmitEvent) => {
    event.preventDefault();
    this.archive.key = String(new FormData(event.target as HTMLFormElement).get("key") ?? "").trim();
    sessionStorage.setItem(KEY, this.archive.key);
    this.needsKey = false;
    void this.open();
  };

  private readonly forget = async () => {
    if (this.at.name !== "session") return;
    try {
      await this.archive.forget(this.at.id);
      location.hash = address({ name: "list", wanted: ANYTHING });
      this.next = { urgent: false, title: "The session is forgotten.", text: "Nothing of it is left but that it was there." };
    } catch (trouble) {
      this.notice = notice(trouble as Trouble, "Forgetting this session");
    }
  };
}

customElements.define("vv-replay", Replay);

function helpDialog() {
  return html`<dialog id="help" aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl>${KEYS.filter(({ says }) => says).map(({ keys, says }) =>
      html`<div><dt>${keys.split(" ").map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${says}</dd></div>`)}</dl>
    <p>In the list, ↑ and ↓ go from one to the next. A click on a word listens from there; a double click corrects it.</p>
    <p><label><input type="checkbox" .checked=${signsOn()}
      @change=${(event: Event) => setSigns((event.target as HTMLInputElement).checked)} /> Letters and signs are keys too</label></p>
    <form method="dialog"><button class="quiet" autofocus>Close</button></form>
  </dialog>`;
}
