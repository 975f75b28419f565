/** What stands around the sound and the words of a session: what it is, how it plays, what one looks for and notes. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { categoryWords } from "../page/conversation.ts";
import { SPEEDS } from "./keys.ts";
import type { Opened } from "./opened.ts";
import type { Session } from "./session.ts";
import type { Kept, Note } from "./shapes.ts";
import { clock, language, length, ORIGINS, when } from "./words.ts";

export function headline(session: Kept, menu: TemplateResult): TemplateResult {
  return html`
    <div class="headline">
      <h1>${when(session.started_at)} <span class="length">${length(session.duration_ms)}</span></h1>
      ${tags(session)}
      ${session.state === "forgotten" ? nothing : menu}
    </div>
  `;
}

/** What a session is, in a few words each. */
export function tags(session: Kept): TemplateResult {
  const { channels, languages, verdicts, metadata, origin, state, words } = session;
  return html`<ul class="tags">
    ${state === "open" ? html`<li class="open">Being recorded</li>` : nothing}
    ${state === "forgotten" ? html`<li class="verdict">Forgotten</li>` : nothing}
    ${origin === "live" ? nothing : html`<li>${ORIGINS[origin]}</li>`}
    ${channels > 1 ? html`<li>${channels} channels</li>` : nothing}
    ${languages.map((code) => html`<li>${language(code)}</li>`)}
    ${words ? html`<li>${words} words</li>` : nothing}
    ${verdicts.map((one) => html`<li class="verdict">${categoryWords(one)}</li>`)}
    ${Object.entries(metadata).map(([key, value]) => html`<li class="meta" title=${`${key}: ${value}`}><b>${key}</b> ${value}</li>`)}
  </ul>`;
}

const FORMATS = [
  ["export", "Subtitles (SRT)", "srt", ""],
  ["export", "Subtitles (WebVTT)", "vtt", ""],
  ["export", "Text", "txt", ""],
  ["export", "JSON, with words", "json", ""],
  ["export", "CSV, a row a line", "csv", "line"],
  ["export", "CSV, a row a word", "csv", "word"],
  ["export", "Parquet, a row a line", "parquet", "line"],
  ["export", "Parquet, a row a word", "parquet", "word"],
  ["audio", "Sound (FLAC)", "flac", ""],
  ["audio", "Sound (WAV)", "wav", ""],
  ["audio", "Sound (Ogg Opus)", "ogg", ""],
] as const;

export function exportMenu(view: Session): TemplateResult {
  return html`<div class="actions">
    ${view.opened?.shown?.session.state === "open" ? html`<button class="quiet" @click=${() => view.again()}>Look again</button>` : nothing}
    <button class="quiet" popovertarget="exports">Export</button>
    <div id="exports" popover>
      <h2>Export</h2>
      <ul>${FORMATS.map(([from, name, format, by]) =>
        html`<li><button popovertarget="exports" popovertargetaction="hide" @click=${() => view.opened?.save(from, format, by)} data-format=${`${format}${by}`}>${name}</button></li>`)}</ul>
    </div>
    <button class="quiet danger" @click=${() => view.tell("forget")}>Forget…</button>
  </div>`;
}

export function transport(view: Session, opened: Opened): TemplateResult {
  const { player, peaks } = opened;
  const rate = player.audio.playbackRate;
  return html`<div class="transport" role="group" aria-label="Playing">
    <button class="round" title="5 s back (←)" @click=${() => view.seek(player.ms - 5000)}>−5<span class="unseen"> seconds</span></button>
    <button class="play" title="Space" @click=${() => player.toggle()}>${player.playing ? "Pause" : "Play"}</button>
    <button class="round" title="5 s on (→)" @click=${() => view.seek(player.ms + 5000)}>+5<span class="unseen"> seconds</span></button>
    <span class="time"><span class="now"></span> / ${clock(peaks?.duration_ms ?? 0)}</span>
    <label>Speed <select title="[ and ]" @change=${(event: Event) => player.rate(Number((event.target as HTMLSelectElement).value))}>
      ${SPEEDS.map((one) => html`<option value=${one} ?selected=${one === rate}>${one}×</option>`)}</select></label>
    <span class="quick"></span>
    <button class="quiet" title="b" @click=${() => view.bookmark()}>Bookmark</button>
    <button class="quiet" title="n" @click=${() => view.note()}>Note</button>
    <button class="quiet" title="−" @click=${() => view.zoom(0.5)}>−<span class="unseen"> Look from further away</span></button>
    <button class="quiet" title="+" @click=${() => view.zoom(2)}>+<span class="unseen"> Look closer</span></button>
  </div>`;
}

export function finder(view: Session, opened: Opened): TemplateResult {
  const { hits, hit } = opened;
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") (event.target as HTMLInputElement).blur();
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) view.listenToHit();
    else void view.step(event.shiftKey ? -1 : 1);
  };
  return html`<div class="finder" role="search">
    <label class="unseen" for="find">Search in this session</label>
    <input id="find" type="search" placeholder="Search in this session  ( / )" autocomplete="off" spellcheck="false"
      @input=${(event: Event) => view.look((event.target as HTMLInputElement).value)} @keydown=${pressed} />
    <span class="count" role="status">${opened.looking ? (hits.length ? `${hit + 1} of ${hits.length}` : "Not found") : nothing}</span>
    <button class="quiet" ?disabled=${!hits.length} title="Shift+Enter" @click=${() => view.step(-1)}>↑<span class="unseen"> The hit before</span></button>
    <button class="quiet" ?disabled=${!hits.length} title="Enter" @click=${() => view.step(1)}>↓<span class="unseen"> The next hit</span></button>
    <button class="quiet" ?disabled=${!hits.length} title="Ctrl+Enter" @click=${() => view.listenToHit()}>Listen</button>
  </div>`;
}

export function asideNotes(view: Session, opened: Opened): TemplateResult {
  const notes = opened.notes.filter(({ kind }) => kind === "note" || kind === "bookmark").sort((a, b) => a.at_ms - b.at_ms);
  return html`<aside aria-label="Notes">
    <h2>Notes</h2>
    ${view.noting === undefined ? nothing : noteForm(view, view.noting)}
    ${notes.length || view.noting !== undefined
      ? html`<ul>${notes.map((note) => noteLine(view, opened, note))}</ul>`
      : html`<p class="hint">None yet: <kbd>b</kbd> sets a bookmark where you listen, <kbd>n</kbd> writes a note there.</p>`}
  </aside>`;
}

function noteForm(view: Session, atMs: number): TemplateResult {
  const close = (event: Event) => {
    event.preventDefault();
    void view.noted(view.renderRoot.querySelector<HTMLTextAreaElement>("#note")?.value ?? "");
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Escape") void view.noted("");
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) close(event);
  };
  return html`<form class="writing" @submit=${close}>
    <label for="note">Note at ${clock(atMs)}</label>
    <textarea id="note" rows="2" maxlength="8000" @keydown=${pressed}></textarea>
    <button class="quiet">Save</button><button class="quiet" type="button" @click=${() => view.noted("")}>Cancel</button>
  </form>`;
}

function noteLine(view: Session, opened: Opened, note: Note): TemplateResult {
  return html`<li class=${note.kind}>
    <button class="when" title="Listen from here" @click=${() => view.seek(note.at_ms)}>${clock(note.at_ms)}</button>
    <span class="words">${note.text || "Bookmark"}<span class="by">${note.author}, ${when(note.made_at)}</span></span>
    <button class="quiet" title="Remove" @click=${() => opened.erase(note)}>×<span class="unseen"> Remove this ${note.kind}</span></button>
  </li>`;
}
