/** `/desk`: an agent during a call, whichever way it came in. The call is chosen from a list, or begun here. */

import { html, LitElement } from "lit";
import { Feed } from "../assist/feed.ts";
import "../assist/assist.ts";
import type { CallAssist } from "../assist/assist.ts";
import "../assist/transcript.ts";
import { VivavoceClient } from "../client.ts";
import { microphoneRefused } from "../page/words.ts";
import { bar } from "./bar.ts";
import type { Offered } from "./calls.ts";
import { calls, listed } from "./calls.ts";
import { deskStyle } from "./desk-style.ts";
import { help, signsOn } from "./keys.ts";
import { address, place } from "./place.ts";
import type { Sides } from "./sides.ts";
import { live, played, SidesFault } from "./sides.ts";

const KEY = "vivavoce-desk-key";
const TICKET = "vivavoce-desk-ticket";
const LIST_MS = 3_000;

export class Desk extends LitElement {
  static override properties = { feed: { state: true }, offered: { state: true }, told: { state: true }, needsKey: { state: true }, now: { state: true } };
  static override styles = deskStyle;

  declare feed: Feed | undefined;
  declare offered: readonly Offered[];
  /** What went wrong, in words. */
  declare told: string;
  declare needsKey: boolean;
  declare now: number;
  private key = sessionStorage.getItem(KEY) ?? "";
  private sides: Sides | undefined;
  private client: VivavoceClient | undefined;
  private record = true;
  private ticking: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.offered = [];
    this.told = "";
    this.needsKey = false;
    this.now = Date.now();
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("hashchange", this.went);
    addEventListener("keydown", this.pressed);
    this.ticking = setInterval(() => this.tick(), 1_000);
    this.went();
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.went);
    removeEventListener("keydown", this.pressed);
    clearInterval(this.ticking);
    this.leave();
  }

  override render() {
    const { feed } = this;
    return html`
      ${bar(feed, this.now, { pause: this.pause, leave: this.left, end: this.client ? this.end : undefined, help: () => this.dialog?.showModal() })}
      <p class="told ${this.told ? "" : "bare"}" role="alert">${this.told}</p>
      ${feed
        ? html`<main class="call"><vv-transcript .feed=${feed} agent="You"></vv-transcript><vv-assist .feed=${feed}></vv-assist></main>`
        : html`<main class="choose">${calls(this.offered, { needsKey: this.needsKey, keyed: this.keyed, live: this.live, file: this.file, record: (on) => (this.record = on) })}</main>`}
      ${help()}
    `;
  }

  private get dialog(): HTMLDialogElement | null {
    return this.renderRoot.querySelector("dialog");
  }

  // ---- which call -----------------------------------------------------------------------------------------------------

  private readonly went = () => {
    if (this.client) return; // a call that is begun here stands in the address, too
    const said = place(location.hash);
    if (said.key) sessionStorage.setItem(KEY, (this.key = said.key));
    if (said.ticket) sessionStorage.setItem(TICKET, said.ticket);
    if (said.key || said.ticket) history.replaceState(null, "", location.pathname + address(said.session));
    this.leave();
    if (said.session) this.watch(said.session);
    else void this.list();
  };

  private watch(session: string): void {
    const url = new URL(`v1/sessions/${encodeURIComponent(session)}`, location.href).href;
    this.show(new Feed({ url, ticket: sessionStorage.getItem(TICKET) ?? "", key: this.key }));
    this.feed?.watch();
  }

  private show(feed: Feed): void {
    this.feed = feed;
    feed.addEventListener("change", () => {
      const { connection } = feed;
      if (connection.name === "failed") this.told = `This call cannot be shown: ${connection.message}`;
      this.requestUpdate();
    });
  }

  private leave(): void {
    this.sides?.close();
    this.client?.end();
    this.feed?.close();
    this.sides = this.client = this.feed = undefined;
    this.told = "";
  }

  private readonly left = () => {
    this.leave();
    history.pushState(null, "", location.pathname);
    void this.list();
  };

  private tick(): void {
    if (this.feed) this.now = Date.now();
    else if (Date.now() - this.now > LIST_MS && !document.hidden) void this.list();
  }

  private async list(): Promise<void> {
    this.now = Date.now();
    const found = await listed(location.href, this.key);
    this.needsKey = found === "key";
    if (Array.isArray(found)) this.offered = found;
  }

  private readonly keyed = (key: string) => {
    sessionStorage.setItem(KEY, (this.key = key));
    void this.list();
  };

  // ---- a call of our own ----------------------------------------------------------------------------------------------

  private readonly live = () => this.begin((take) => live(take, this.end));
  private readonly file = (file: File) => this.begin((take) => played(file, take, this.end));

  private async begin(open: (take: (samples: Float32Array) => void) => Promise<Sides>): Promise<void> {
    this.told = "";
    try {
      const sides = await open((samples) => this.client?.state.name !== "ended" && this.client?.sendAudio(samples));
      const url = new URL(".", location.href).href; // the service, of which this page is one
      const client = new VivavoceClient({ url, key: this.key || undefined });
      const feed = new Feed({ url });
      feed.follow(client);
      this.sides = sides;
      this.client = client;
      client.start({ mode: "assist", record: this.record, audio: { encoding: "pcm_s16le", sample_rate: sides.rate, channels: 2 } });
      this.show(feed);
    } catch (wrong) {
      const said = microphoneRefused(wrong);
      this.told = wrong instanceof SidesFault ? wrong.message : `${said.title} ${said.text}`;
    }
  }

  private readonly end = () => {
    this.sides?.close();
    this.sides = undefined;
    if (this.client && this.client.state.name !== "ended") this.client.end();
    this.client = undefined;
  };

  // ---- in a call ------------------------------------------------------------------------------------------------------

  private readonly pause = async () => {
    const { feed } = this;
    if (!feed || feed.call.over) return;
    this.told = "";
    try {
      await feed.pause(!feed.call.paused);
    } catch (wrong) {
      this.told = wrong instanceof Error ? `Not done: ${wrong.message}` : String(wrong);
    }
  };

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key === "F8" && !event.repeat) {
      event.preventDefault();
      void this.pause();
      return;
    }
    const [at] = event.composedPath();
    const writing = at instanceof HTMLElement && at.matches("input, textarea, select, [contenteditable]");
    if (writing || event.ctrlKey || event.altKey || event.metaKey || event.repeat || this.dialog?.open || !signsOn()) return;
    if (event.key === "?") this.dialog?.showModal();
    else if (!this.renderRoot.querySelector<CallAssist>("vv-assist")?.press(event.key)) return;
    event.preventDefault();
  };
}

customElements.define("vv-desk", Desk);
