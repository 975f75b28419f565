/** One live session as a card of the supervisor's page. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { clock, length } from "../replay/words.ts";
import type { Glance, Raised, Words } from "./feed.ts";

/** From so many milliseconds on, what is said comes late, and is worth a word. */
const LATE_MS = 3_000;
/** An alert is new for so long. */
const NEW_MS = 20_000;
/** Characters of somebody's last words: about two lines. */
const TAIL = 64;
/** Nobody has heard from a session's client for so long. */
const AWAY_MS = 15_000;

const ALERTS: Readonly<Record<Raised["kind"], string>> = {
  keyword: "Keyword",
  topic: "Topic",
  talk_over: "Both speak at once",
  dead_air: "Silence",
  pace: "Speaks fast",
};

export function alertWords({ kind, name }: Raised): string {
  return kind === "keyword" || kind === "topic" ? `${ALERTS[kind]}: ${name}` : ALERTS[kind];
}

/** What people call a session: what its metadata says, or how it came in. */
export function title({ session }: Glance): string {
  const { metadata, mode } = session;
  const said = metadata["title"] ?? metadata["name"] ?? metadata["caller"] ?? metadata["from"] ?? metadata["call"];
  return said ?? { assist: "Call", chat: "Conversation", transcribe: "Transcript" }[mode];
}

export function speakers(mode: Glance["session"]["mode"], channels: number): string[] {
  if (mode === "assist") return ["Agent", "Customer"];
  return channels > 1 ? Array.from({ length: channels }, (_, at) => `Speaker ${at + 1}`) : ["Speaker"];
}

function who(words: Words, { session }: Glance): string {
  if (words.channel === null) return "Reply";
  return speakers(session.mode, session.channels)[words.channel] ?? `Speaker ${words.channel + 1}`;
}

/** The end of a long text, from a word's beginning on: what was said last is what matters. */
export function tail(text: string): string {
  return text.length <= TAIL ? text : `…${text.slice(-TAIL).replace(/^\S*\s+/, "")}`;
}

export function card(glance: Glance, watched: boolean, now: number): TemplateResult {
  const { session, topic, summary } = glance;
  const id = session.session_id;
  return html`<li class="session ${watched ? "watched" : ""}" data-id=${id}>
    <article aria-labelledby="t-${id}">
      <header><h2 id="t-${id}" dir="auto">${title(glance)} <code>${id.slice(0, 6)}</code></h2>
        <span class="length" title="How long it has been going on">${clock(Math.max(0, now - session.started_at))}</span></header>
      ${topic || summary ? html`<p class="topic" dir="auto">${topic || summary}</p>` : nothing}
      <dl class="said">${glance.words.length
        ? glance.words.map((words) => html`<div><dt>${who(words, glance)}</dt><dd dir="auto" class=${words.final ? "" : "unsure"}>${tail(words.text)}</dd></div>`)
        : html`<div><dt></dt><dd class="hint">Nothing was said yet.</dd></div>`}</dl>
      ${alerts(glance, now)}
      <footer>${facts(glance, now)}
        <button class="quiet" name="watch" value=${id} aria-pressed=${watched ? "true" : "false"}>${watched ? "Stop watching" : "Watch"}<span
          class="unseen"> ${title(glance)} ${id.slice(0, 6)}</span></button></footer>
    </article></li>`;
}

function alerts({ alerts: last, alerts_told: told }: Glance, now: number): TemplateResult | typeof nothing {
  if (!last.length) return nothing;
  const kinds = new Map<string, { at: number; count: number }>(); // the newest first
  for (const one of last) {
    const before = kinds.get(alertWords(one));
    kinds.set(alertWords(one), { at: before?.at ?? one.at, count: (before?.count ?? 0) + 1 });
  }
  return html`<ul class="tags" aria-label="Alerts">
    ${[...kinds].map(([words, { at, count }]) => html`<li class="alert ${now - at < NEW_MS ? "new" : ""}">${words}${count > 1 ? ` × ${count}` : nothing}</li>`)}
    ${told > last.length ? html`<li>${told - last.length} more</li>` : nothing}</ul>`;
}

function facts({ session, notes }: Glance, now: number): TemplateResult {
  const all: (readonly [string, string])[] = [];
  if (now - session.seen_at > AWAY_MS) all.push(["bad", "Connection lost"]);
  if (session.paused) all.push(["bad", "Paused"]);
  if (session.record && !session.paused) all.push(["", "Recorded"]);
  all.push(session.lag_ms >= LATE_MS ? ["bad", `${length(session.lag_ms)} behind`] : ["", "Up to date"]);
  if (session.viewers) all.push(["", `${session.viewers} watching`]);
  if (notes) all.push(["", notes === 1 ? "1 note" : `${notes} notes`]);
  return html`<ul class="facts">${all.map(([kind, text]) => html`<li class=${kind}>${text}</li>`)}</ul>`;
}
