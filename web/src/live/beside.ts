/** The session that is watched, beside the list: its transcript as it grows, and a note to its agent. */

import { css, html, LitElement, nothing } from "lit";
import type { ServerMessage, State } from "../client.ts";
import { VivavoceClient } from "../client.ts";
import type { Conversation } from "../page/conversation.ts";
import { after, EMPTY } from "../page/conversation.ts";
import "../page/transcript.ts";
import { connectionWords, sentence } from "../page/words.ts";
import { commonStyle } from "../replay/common-style.ts";

const MOST = 2000;

export class Beside extends LitElement {
  static override properties = {
    session: {},
    key: {},
    name: {},
    speakers: {},
    conversation: { state: true },
    connection: { state: true },
    told: { state: true },
  };
  static override styles = [
    commonStyle,
    css`
      :host { display: grid; grid-template: auto minmax(0, 1fr) auto / minmax(0, 1fr); min-height: 0; background: var(--ground); color: var(--ink); }
      header { display: flex; align-items: center; justify-content: space-between; gap: 1rem; padding: 0.6rem 1rem; border-bottom: 1px solid var(--line); }
      h2 { font-size: 1.125rem; }
      .state { font-size: 0.8125rem; color: var(--soft); }
      .state.failed, .state.reconnecting { color: var(--warn); }
      form { border-top: 1px solid var(--line); background: var(--foot); padding: 0.75rem 1rem; display: grid; grid-template: auto auto auto / minmax(0, 1fr) auto; gap: 0.35rem 0.6rem; }
      label { font-size: 0.875rem; grid-column: 1 / -1; }
      textarea { resize: none; font: inherit; line-height: 1.4; padding: 0.45rem 0.7rem; }
      .send { align-self: end; border-color: var(--edge); color: var(--ink); }
      .told { grid-column: 1 / -1; margin: 0; font-size: 0.8125rem; color: var(--soft); min-height: 1.2em; }
      .told.bad { color: var(--bad); }
      vv-transcript { --column: 44rem; }
    `,
  ];

  declare session: string;
  declare key: string;
  declare name: string;
  /** What its channels are called, with | between them. */
  declare speakers: string;
  declare conversation: Conversation;
  declare connection: State;
  declare told: readonly [string, string];
  private client: VivavoceClient | undefined;

  constructor() {
    super();
    [this.session, this.key, this.name, this.speakers] = ["", "", "", "Speaker"];
    this.conversation = EMPTY;
    this.connection = { name: "idle" };
    this.told = ["", ""];
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    this.client?.close();
  }

  override willUpdate(changed: Map<string, unknown>) {
    if (!changed.has("session")) return;
    this.client?.close();
    const client = (this.client = new VivavoceClient({ url: new URL(".", location.href).href, key: this.key || undefined }));
    this.conversation = EMPTY;
    this.told = ["", ""];
    const ours = () => client === this.client;
    client.on("message", (message: ServerMessage) => ours() && (this.conversation = after(this.conversation, 1, message)));
    client.on("state", (state) => ours() && (this.connection = state));
    client.watch({ session_id: this.session });
  }

  override render() {
    const { connection } = this;
    const failed = connection.name === "failed" ? sentence(connection.message) : "";
    return html`
      <header><div><h2 tabindex="-1" dir="auto">${this.name}</h2>
        <span class="state ${connection.name}" role="status">${failed || (connection.name === "open" ? "Watching: its log says that you do" : connectionWords(connection, 0))}</span></div>
        <button class="quiet" @click=${() => this.dispatchEvent(new CustomEvent("leave"))}>Close<span class="unseen"> this transcript</span></button></header>
      <vv-transcript .conversation=${this.conversation} speaker=${this.speakers} waiting="Nothing was said yet."></vv-transcript>
      ${connection.name === "ended" ? nothing : this.note()}
    `;
  }

  private note() {
    return html`<form @submit=${this.send}>
      <label for="note">Note to the agent, whom alone it reaches</label>
      <textarea id="note" name="text" rows="2" maxlength=${MOST} dir="auto" required @keydown=${this.pressed}></textarea>
      <button class="quiet send">Send</button>
      <p class="told ${this.told[0]}" role="status">${this.told[1]}</p>
    </form>`;
  }

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    (event.target as HTMLTextAreaElement).form?.requestSubmit();
  };

  private readonly send = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const text = String(new FormData(form).get("text") ?? "").trim();
    if (!text) return;
    const headers = { "Content-Type": "application/json", ...(this.key ? { Authorization: `Bearer ${this.key}` } : {}) };
    const where = new URL(`v1/sessions/${encodeURIComponent(this.session)}/note`, location.href);
    try {
      const answer = await fetch(where, { method: "POST", headers, body: JSON.stringify({ text }) });
      if (answer.ok) {
        form.reset();
        this.told = ["", "Sent. It is shown above when it is in the log."];
        return;
      }
      const told = (await answer.json().catch(() => undefined)) as { error?: { message: string } } | undefined;
      this.told = ["bad", sentence(told?.error?.message ?? `Not sent: the server answers ${answer.status}`)];
    } catch {
      this.told = ["bad", "Not sent: the server does not answer. Your text is still here; try again."];
    }
  };
}

customElements.define("vv-beside", Beside);
