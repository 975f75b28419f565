/** The whole page: header, conversation, notice, composer, and the bar of states and latencies. */

import { html, LitElement, nothing } from "lit";
import { bar } from "./bar.ts";
import { Composer } from "./composer.ts";
import { replying } from "./conversation.ts";
import { Live } from "./live.ts";
import { pageStyle } from "./page-style.ts";
import "./theme.ts";
import "./transcript.ts";

export class Page extends LitElement {
  static override properties = { stamp: { state: true }, dropping: { state: true } };
  static override styles = pageStyle;

  declare stamp: number;
  declare dropping: boolean;
  private readonly live = new Live({
    changed: () => (this.stamp += 1),
    level: (level) => this.renderRoot.querySelector<Composer>("vv-composer")?.level(level),
  });

  constructor() {
    super();
    this.stamp = 0;
    this.dropping = false;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.pressed);
    addEventListener("dragover", this.dragged);
    addEventListener("dragleave", this.undragged);
    addEventListener("drop", this.dropped);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.pressed);
    removeEventListener("dragover", this.dragged);
    removeEventListener("dragleave", this.undragged);
    removeEventListener("drop", this.dropped);
  }

  override render() {
    const { live } = this;
    return html`
      <header><div class="column">
        <h1 class="name"><svg viewBox="0 0 32 24" width="28" height="21" aria-hidden="true"><path
          d="M3 9v6M9.5 4v16M16 8v8M22.500 2v20M29 10v4" /></svg>Vivavoce</h1>
        <vv-pages here="speak"></vv-pages>
        <button class="quiet" @click=${() => live.fresh()}>New<span class="wide"> conversation</span></button>
      </div></header>
      <main>
        <vv-transcript .conversation=${live.conversation} .outgoing=${live.outgoing}></vv-transcript>
        <div class="notices">${this.notices()}</div>
        <vv-composer .live=${live} .stamp=${this.stamp}></vv-composer>
      </main>
      ${bar(live)}
      ${this.dropping ? html`<div class="drop" aria-hidden="true">Drop the sound file to hear it</div>` : nothing}
    `;
  }

  /** Both regions are always there, and never hidden: a live region that comes with its text is not read out. */
  private notices() {
    const { notice, needsKey } = this.live;
    const said = notice
      ? html`<div class="notice"><p><strong>${notice.title}</strong> ${notice.text}</p></div>`
      : nothing;
    return html`
      <div class="card ${notice || needsKey ? "" : "bare"}">
        <div role="alert">${notice?.urgent ? said : nothing}</div>
        <div role="status">${notice && !notice.urgent ? said : nothing}</div>
        ${needsKey ? this.keyForm() : nothing}
        ${notice ? html`<button class="quiet close" @click=${() => this.live.dismiss()}>Close<span class="unseen"> this message</span></button>` : nothing}
      </div>
    `;
  }

  private keyForm() {
    return html`<form class="key" @submit=${this.keyed}>
      <label for="key">Key</label><input id="key" name="key" type="password" autocomplete="off" required />
      <button class="quiet">Use this key</button>
    </form>`;
  }

  private readonly keyed = (event: SubmitEvent) => {
    event.preventDefault();
    this.live.setKey(String(new FormData(event.target as HTMLFormElement).get("key") ?? ""));
  };

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key === "F2" && !event.repeat) {
      event.preventDefault();
      void this.live.toggleMicrophone();
    }
    if (event.key === "F8" && !event.repeat) {
      event.preventDefault();
      this.live.togglePause();
    }
    if (event.key === "Escape" && replying(this.live.conversation)) this.live.cancelReply();
  };

  private readonly dragged = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    this.dropping = true;
  };

  private readonly undragged = (event: DragEvent) => {
    if (!event.relatedTarget) this.dropping = false;
  };

  private readonly dropped = (event: DragEvent) => {
    event.preventDefault();
    this.dropping = false;
    const file = event.dataTransfer?.files[0];
    if (file) void this.live.playFile(file);
  };
}

customElements.define("vv-page", Page);
