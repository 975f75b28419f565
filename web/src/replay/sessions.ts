/** The list of recorded sessions, and what is found in all of them. */

import { html, LitElement, nothing } from "lit";
import type { TemplateResult } from "lit";
import { tags } from "./controls.ts";
import { signsOn } from "./keys.ts";
import type { Wanted } from "./place.ts";
import { address, ANYTHING, filters } from "./place.ts";
import type { Archive } from "./rest.ts";
import type { Kept, Place } from "./shapes.ts";
import { listStyle } from "./list-style.ts";
import { clock, length, ORIGINS, speaker, when } from "./words.ts";

export class SessionList extends LitElement {
  static override properties = { wanted: { state: true }, stamp: { state: true } };
  static override styles = listStyle;

  declare wanted: Wanted;
  declare stamp: number;
  private archive: Archive | undefined;
  private sessions: Kept[] = [];
  private hits: Place[] = [];
  private cursor: string | null = "";
  private asking = 0;
  private loading = false;

  constructor() {
    super();
    this.wanted = ANYTHING;
    this.stamp = 0;
  }

  override connectedCallback() {
    super.connectedCallback();
    addEventListener("keydown", this.pressed);
  }

  override disconnectedCallback() {
    super.disconnectedCallback();
    removeEventListener("keydown", this.pressed);
  }

  /** Show what is wanted, from the beginning. */
  async open(archive: Archive, wanted: Wanted): Promise<void> {
    [this.archive, this.wanted, this.cursor] = [archive, wanted, ""];
    [this.sessions, this.hits] = [[], []];
    this.loading = false;
    await this.more();
  }

  /** The next page. What was asked for before, and comes late, is dropped. */
  async more(): Promise<void> {
    const { archive, cursor, wanted } = this;
    if (!archive || cursor === null || this.loading) return;
    const asking = (this.asking += 1);
    this.loading = true;
    this.stamp += 1;
    try {
      const [sessions, hits, next] = await page(archive, wanted, cursor);
      if (asking !== this.asking) return;
      this.sessions = [...this.sessions, ...sessions];
      this.hits = [...this.hits, ...hits];
      this.cursor = next;
    } catch (trouble) {
      if (asking !== this.asking) return;
      this.cursor = null;
      const doing = wanted.q ? "Searching" : "Listing sessions";
      this.dispatchEvent(new CustomEvent("trouble", { detail: { trouble, doing } }));
    }
    this.loading = false;
    this.stamp += 1;
  }

  override render() {
    const { wanted } = this;
    const narrowed = Object.entries(wanted).some(([name, value]) => name !== "q" && value !== "");
    return html`
      <form class="search" role="search" @submit=${this.submitted}>
        <label class="unseen" for="q">Search in all sessions</label>
        <input id="q" name="q" type="search" .value=${wanted.q} placeholder="Search in all sessions: words, “a phrase”" autocomplete="off" />
        <button class="go">Search</button>
        <details ?open=${narrowed}><summary>Filters</summary><div class="filters">${fields(wanted)}
          <button class="quiet">Apply</button>
          ${narrowed || wanted.q ? html`<a class="quiet" href="#">Show all</a>` : nothing}</div></details>
      </form>
      <p class="unseen" role="status">${this.told()}</p>
      ${wanted.q ? this.found() : html`<ul class="sessions">${this.sessions.map(row)}</ul>`}
      ${this.loading ? html`<p class="hint">Looking…</p>` : nothing}
      ${!this.loading && !this.sessions.length && !this.hits.length && this.cursor === null ? html`<p class="hint">${this.told()}</p>` : nothing}
      ${!this.loading && this.cursor ? html`<button class="quiet more" @click=${this.more}>Show more</button>` : nothing}
    `;
  }

  private told(): string {
    if (this.loading) return "";
    const { q } = this.wanted;
    const shown = q ? this.hits.length : this.sessions.length;
    if (shown) return q ? `${shown} found` : `${shown} sessions`;
    if (q) return `Nothing was found for “${q}”. All of its words must be in one line; case and accents do not matter.`;
    if (address({ name: "list", wanted: this.wanted }) !== "#") return "No session is like that.";
    return "Nothing is recorded yet. Switch on “Record” on the main page, or import files: “vivavoce sessions import FILE”.";
  }

  private found(): TemplateResult {
    const groups: Place[][] = [];
    for (const hit of this.hits) {
      const last = groups.at(-1);
      if (last?.[0]?.session.session_id === hit.session.session_id) last.push(hit);
      else groups.push([hit]);
    }
    return html`${groups.map((hits) => html`<section class="group">
      <h2><a href=${address({ name: "session", id: hits[0]!.session.session_id, atMs: undefined })}>${when(hits[0]!.session.started_at)}</a>
        <span class="length">${length(hits[0]!.session.duration_ms)}</span></h2>
      <ul class="hits">${hits.map(hitRow)}</ul></section>`)}`;
  }

  private readonly submitted = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const wanted = { ...ANYTHING };
    for (const name of Object.keys(ANYTHING) as (keyof Wanted)[]) wanted[name] = String(given.get(name) ?? "").trim();
    location.hash = address({ name: "list", wanted });
  };

  /** Arrows go from one to the next; "/" to the field. */
  private readonly pressed = (event: KeyboardEvent) => {
    const target = event.composedPath()[0] as Element;
    if (event.ctrlKey || event.altKey || event.metaKey || target.matches("textarea, select") || target.closest("dialog[open]")) return;
    const field = target.matches("input");
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "/" && !field && signsOn()) {
      event.preventDefault();
      this.renderRoot.querySelector<HTMLInputElement>("#q")?.select();
    }
    if (by === undefined || (field && !target.matches("#q"))) return;
    const links = [...this.renderRoot.querySelectorAll<HTMLElement>("a.row")];
    const at = links.indexOf(this.renderRoot.querySelector("a.row:focus") as HTMLElement);
    if (links.length) event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
  };
}

customElements.define("vv-sessions", SessionList);

async function page(archive: Archive, wanted: Wanted, cursor: string): Promise<[Kept[], Place[], string | null]> {
  if (wanted.q) {
    const { hits, cursor: next } = await archive.search(wanted.q, filters(wanted), cursor);
    return [[], hits, next];
  }
  const { sessions, cursor: next } = await archive.sessions(filters(wanted), cursor);
  return [sessions, [], next];
}

function row(session: Kept): TemplateResult {
  const { session_id: id, started_at, duration_ms, state } = session;
  return html`<li><a class="row" href=${address({ name: "session", id, atMs: undefined })}>
    <span class="when">${when(started_at)}</span> <span class="length">${state === "open" ? "" : length(duration_ms)}</span>
    ${tags(session)}</a></li>`;
}


function hitRow({ session, line, spans, at_ms }: Place): TemplateResult {
  const points = Array.from(line.text);
  const parts: (string | TemplateResult)[] = [];
  let at = 0;
  for (const [from, to] of spans) {
    parts.push(points.slice(at, from).join(""), html`<mark>${points.slice(from, to).join("")}</mark>`);
    at = to;
  }
  return html`<li><a class="row" href=${address({ name: "session", id: session.session_id, atMs: at_ms })}>
    <span class="at">${clock(at_ms)}</span> <span class="kind">${speaker(line, session.channels)}</span>
    <span class="line">${parts}${points.slice(at).join("")}</span></a></li>`;
}

function fields(wanted: Wanted): TemplateResult {
  const text = (name: keyof Wanted, label: string, more: { type?: string; hint?: string } = {}) =>
    html`<label>${label} <input name=${name} type=${more.type ?? "text"} .value=${wanted[name]} placeholder=${more.hint ?? ""} autocomplete="off" /></label>`;
  return html`
    ${text("since", "From", { type: "date" })} ${text("until", "To", { type: "date" })}
    ${text("language", "Language", { hint: "en" })} ${text("verdict", "Verdict", { hint: "pii/card" })}
    ${text("channel", "Channel", { hint: "0" })}
    <label>Origin <select name="origin"><option value="">Any</option>
      ${Object.entries(ORIGINS).map(([value, name]) => html`<option value=${value} ?selected=${value === wanted.origin}>${name}</option>`)}</select></label>
    ${text("metadata", "Metadata", { hint: "key=value" })}
  `;
}
