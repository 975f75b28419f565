/** `/?watch=SESSION`: somebody's session to be read while it goes on. The token or key stands behind the `#`, which no
 * server sees, and is taken out of the address at once. */

import { html, LitElement, nothing } from "lit";
import type { ServerMessage, State } from "../client.ts";
import { VivavoceClient } from "../client.ts";
import type { Conversation } from "./conversation.ts";
import { after, EMPTY } from "./conversation.ts";
import { pageStyle } from "./page-style.ts";
import "./theme.ts";
import "./transcript.ts";
import { connectionWords, sentence } from "./words.ts";

export class WatchPage extends LitElement {
  static override properties = { conversation: { state: true }, connection: { state: true } };
  static override styles = pageStyle;

  declare conversation: Conversation;
  declare connection: State;
  private readonly session = new URLSearchParams(location.search).get("watch") ?? "";
  private shown = new URLSearchParams();
  private client: VivavoceClient | undefined;

  constructor() {
    super();
    this.conversation = EMPTY;
    this.connection = { name: "idle" };
  }

  override connectedCallback() {
    super.connectedCallback();
    const kept = `vivavoce-watch-${this.session}`;
    const given = location.hash.slice(1) || sessionStorage.getItem(kept) || "";
    sessionStorage.setItem(kept, given);
    this.shown = new URLSearchParams(given);
    history.replaceState(null, "", location.pathname + location.search);
    this.watch();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.client?.close();
  }

  override render() {
    return html`
      <header><div class="column">
        <h1 class="name"><svg viewBox="0 0 32 24" width="28" height="21" aria-hidden="true"><path
          d="M3 9v6M9.5 4v16M16 8v8M22.500 2v20M29 10v4" /></svg>Vivavoce</h1>
        <span>Read only</span>
        <vv-pages></vv-pages>
      </div></header>
      <main>
        <vv-transcript .conversation=${this.conversation} speaker="Speaker" waiting="Nothing was said yet."></vv-transcript>
        <div class="notices">${this.refused()}</div>
      </main>
      <footer><div class="column">
        <span class="state ${this.connection.name}" role="status"><i aria-hidden="true"></i>${this.words()}</span>
      </div></footer>
    `;
  }

  private words(): string {
    return this.connection.name === "open" ? "Watching" : connectionWords(this.connection, 0);
  }

  private refused() {
    if (this.connection.name !== "failed") return nothing;
    return html`<div class="card">
      <div role="alert"><div class="notice"><p><strong>This session cannot be watched.</strong> ${sentence(this.connection.message)}</p></div></div>
      ${this.shown.get("token") ? nothing : this.keyForm()}
    </div>`;
  }

  private keyForm() {
    return html`<form class="key" @submit=${this.keyed}>
      <label for="key">Reader's key</label><input id="key" name="key" type="password" autocomplete="off" required />
      <button class="quiet">Use this key</button>
    </form>`;
  }

  private readonly keyed = (event: SubmitEvent) => {
    event.preventDefault();
    const key = String(new FormData(event.target as HTMLFormElement).get("key") ?? "").trim();
    this.shown = new URLSearchParams({ key });
    sessionStorage.setItem(`vivavoce-watch-${this.session}`, this.shown.toString());
    this.watch();
  };

  private watch(): void {
    const token = this.shown.get("token");
    const client = new VivavoceClient({ url: location.href, key: this.shown.get("key") ?? undefined });
    this.client = client;
    this.conversation = EMPTY;
    client.on("message", (message: ServerMessage) => (this.conversation = after(this.conversation, 1, message)));
    client.on("state", (state) => (this.connection = state));
    client.watch(token ? { session_id: this.session, token } : { session_id: this.session });
  }
}

customElements.define("vv-watch", WatchPage);
