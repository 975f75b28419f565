/** Where one speaks, types, or chooses a file. */

import { html, LitElement, nothing } from "lit";
import { composerStyle } from "./composer-style.ts";
import type { Live } from "./live.ts";
import { microphones } from "./microphone.ts";

const LANGUAGES = [
  ["", "Detect"],
  ["en", "English"],
  ["de", "Deutsch"],
  ["fr", "Français"],
  ["es", "Español"],
  ["it", "Italiano"],
  ["pt", "Português"],
  ["nl", "Nederlands"],
  ["pl", "Polski"],
  ["cs", "Čeština"],
  ["uk", "Українська"],
  ["ja", "日本語"],
  ["zh", "中文"],
] as const;
const MOST = 8000;

export class Composer extends LitElement {
  static override properties = { live: { attribute: false }, stamp: { attribute: false }, text: { state: true }, devices: { state: true } };
  static override styles = composerStyle;

  declare live: Live;
  /** Changes whenever `live` did. */
  declare stamp: number;
  declare text: string;
  /** Microphones to choose from. */
  declare devices: Awaited<ReturnType<typeof microphones>>;

  constructor() {
    super();
    this.text = "";
    this.devices = [];
    this.stamp = 0;
  }

  /** How loud it is, 0 to 1. Set without rendering: it changes thirty times a second. */
  level(level: number): void {
    this.renderRoot.querySelector<HTMLElement>(".meter")?.style.setProperty("--level", level.toFixed(3));
    this.renderRoot.querySelector<HTMLElement>(".microphone")?.style.setProperty("--level", level.toFixed(3));
    const gauge = this.renderRoot.querySelector<HTMLElement>(".gauge");
    const percent = Math.round(level * 100);
    gauge?.style.setProperty("--level", level.toFixed(3));
    if (Math.abs(percent - Number(gauge?.ariaValueNow)) < 5) return; // said only when it is another
    gauge?.setAttribute("aria-valuenow", String(percent));
    gauge?.setAttribute("aria-valuetext", `${percent} %`);
  }

  override render() {
    return html`
      <div class="meter" aria-hidden="true"></div>
      <div class="column">
        <form @submit=${this.submit}>
          ${this.microphone()}${this.pause()}
          <div class="field">
            <label for="message" class="unseen">Message</label>
            <textarea id="message" rows="1" dir="auto" maxlength=${MOST} placeholder="Type a message" enterkeyhint="send"
              .value=${this.text} @input=${this.typed} @keydown=${this.pressed}></textarea>
            <button type="button" class="plain" title="Choose a sound file" @click=${this.choose}>
              ${icon("M9 18V6l9-2v11M9 18a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0zm9-3a2.5 2.5 0 1 1-5 0a2.5 2.5 0 0 1 5 0z")}
              <span class="unseen">Choose a sound file</span>
            </button>
            <button type="submit" class="plain send" aria-disabled=${this.text.trim() ? "false" : "true"} title="Send">
              ${icon("M12 19V5M6 11l6-6l6 6")}<span class="unseen">Send</span>
            </button>
          </div>
          <input type="file" class="unseen" tabindex="-1" aria-hidden="true" accept="audio/*,video/*" @change=${this.chosen} />
        </form>
        ${this.options()}
      </div>
    `;
  }

  private microphone() {
    const on = this.live.microphone === "on";
    return html`
      <button type="button" class="microphone ${this.live.microphone}" aria-pressed=${on ? "true" : "false"}
        aria-keyshortcuts="F2" title=${on ? "Stop listening (F2)" : "Speak (F2)"} @click=${() => this.live.toggleMicrophone()}>
        ${on ? icon("M8 8h8v8H8z", true) : icon("M12 15a3 3 0 0 0 3-3V6a3 3 0 0 0-6 0v6a3 3 0 0 0 3 3zm-6.5-3.5a6.5 6.5 0 0 0 13 0M12 18v3")}
        <span class="unseen">Microphone</span>
      </button>
    `;
  }

  private pause() {
    const { paused, pausable } = this.live;
    return html`
      <button type="button" class="plain pause" aria-pressed=${paused ? "true" : "false"} aria-keyshortcuts="F8" ?hidden=${!pausable}
        title=${paused ? "Listen again (F8)" : "Leave out what is said now (F8)"} @click=${() => this.live.togglePause()}>
        ${paused ? icon("M8 5v14l11-7z", true) : icon("M9 6v12M15 6v12")}<span class="unseen">Pause</span>
      </button>
    `;
  }

  private options() {
    const { live } = this;
    return html`
      <div class="options">
        ${this.choice("replies", "Reply to me")} ${this.choice("record", "Record")}
        <label>Language
          <select @change=${(event: Event) => live.setLanguage((event.target as HTMLSelectElement).value)}>
            ${LANGUAGES.map(([code, name]) => html`<option value=${code} ?selected=${code === live.language}>${name}</option>`)}
          </select></label>
        <button type="button" class="settings" popovertarget="settings">Settings</button>
        <div id="settings" popover @toggle=${this.toggled}>${this.settings()}</div>
        ${live.playing ? this.file() : nothing}
      </div>
    `;
  }

  private choice(what: "replies" | "record" | "webrtc" | "translate", label: string) {
    return html`<label class="switch"><input type="checkbox" role="switch" .checked=${this.live[what]}
      @change=${(event: Event) => this.live.choose(what, (event.target as HTMLInputElement).checked)} />
      <span class="track" aria-hidden="true"></span>${label}</label>`;
  }

  private settings() {
    const { live } = this;
    return html`
      <h2>Settings</h2>
      <div class="field-row"><label for="source">Microphone</label>
        <select id="source" @change=${(event: Event) => live.setSource((event.target as HTMLSelectElement).value)}>
          <option value="" ?selected=${!live.source}>As the browser has it</option>
          ${this.devices.map(({ id, name }) => html`<option value=${id} ?selected=${id === live.source}>${name}</option>`)}
        </select></div>
      <div class="field-row"><span id="level">Level</span><span class="gauge" role="meter" aria-labelledby="level" aria-valuemin="0" aria-valuemax="100"
        aria-valuenow="0" aria-valuetext="Microphone off"><i></i></span></div>
      <p class="hint">${live.microphone === "on" ? "Speak: the bar should move, and seldom reach its end." : "Switch the microphone on to see how loud it is, and all microphones by name."}</p>
      <div class="field-row">${this.choice("translate", "Write everything in English")}</div>
      <div class="field-row">${this.choice("webrtc", "Send sound by WebRTC")}</div>
      <p class="hint">WebRTC copes better with a bad network; a WebSocket, else, loses nothing however long it takes.</p>
      <label for="hotwords">Words to be spelled right</label>
      <textarea id="hotwords" rows="3" dir="auto" placeholder="Names and terms, one a line" .value=${live.hotwords}
        @change=${(event: Event) => live.setHotwords((event.target as HTMLTextAreaElement).value)}></textarea>
      <p class="hint">All of this is kept in this browser alone.</p>
      <p class="keys"><kbd>F2</kbd> microphone <kbd>F8</kbd> pause <kbd>Esc</kbd> stop the reply</p>
      <button type="button" class="settings" popovertarget="settings" popovertargetaction="hide">Close<span class="unseen"> settings</span></button>
    `;
  }

  private readonly toggled = async () => {
    this.devices = await microphones();
  };

  private file() {
    const percent = Math.round(this.live.progress * 100);
    return html`<span class="file">
      <span class="name">${this.live.playing?.name}</span>
      <progress max="100" .value=${percent} aria-label="File sent"></progress>
      <button type="button" @click=${() => this.live.stopFile()}>Stop the file</button>
    </span>`;
  }

  private readonly typed = (event: Event) => {
    this.text = (event.target as HTMLTextAreaElement).value;
  };

  private readonly pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  };

  private readonly submit = (event: Event) => {
    event.preventDefault();
    if (!this.text.trim()) return;
    if (this.live.type(this.text)) this.text = "";
  };

  private readonly choose = () => {
    this.renderRoot.querySelector<HTMLInputElement>("input[type=file]")?.click();
  };

  private readonly chosen = (event: Event) => {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    input.value = "";
    if (file) void this.live.playFile(file);
  };
}

customElements.define("vv-composer", Composer);

function icon(path: string, filled = false) {
  return html`<svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false" class=${filled ? "filled" : ""}
    fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"><path d=${path} /></svg>`;
}
