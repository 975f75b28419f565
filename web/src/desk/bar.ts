/** The bar above a call: how long it goes on, whether it is heard and recorded, how late words are, and the pause. */

import { html, nothing } from "lit";
import type { Feed } from "../assist/feed.ts";
import "../page/theme.ts";
import { clock } from "../replay/words.ts";

export interface Doing {
  pause: () => void;
  leave: () => void;
  /** There while the call's sound comes from this page. */
  end: (() => void) | undefined;
  help: () => void;
}

const CONNECTION: Record<string, string> = {
  idle: "Connecting…",
  connecting: "Connecting…",
  open: "Live",
  reconnecting: "Reconnecting…",
  ended: "The call has ended",
  failed: "Not connected",
};

export function bar(feed: Feed | undefined, now: number, doing: Doing) {
  const name = html`<a class="name" href="./" aria-label="Vivavoce"><svg viewBox="0 0 32 24" width="28" height="21" aria-hidden="true"><path
    d="M3 9v6M9.5 4v16M16 8v8M22.500 2v20M29 10v4" /></svg><span>Vivavoce</span></a>`;
  if (!feed) return html`<header>${name}<h1>Desk</h1><span class="room"></span><vv-pages here="desk"></vv-pages><button class="quiet" @click=${doing.help}>Keys</button></header>`;
  const { call } = feed;
  return html`<header class=${call.paused ? "paused" : ""}>${name}<h1 class="unseen">Desk: a call</h1>
    <span class="state ${feed.connection.name}" role="status"><i aria-hidden="true"></i>${call.over ? CONNECTION["ended"] : CONNECTION[feed.connection.name]}</span>
    <span class="figure time">${clock(call.over ? call.lastedMs : call.startedAt ? now - call.startedAt : 0)}</span>
    <span class="figure"><span class="wide">Words </span><span class="value">${seconds(call.lagMs)}</span></span>
    <span class="figure"><span class="wide">Suggestions </span><span class="value">${seconds(call.adviceMs)}</span></span>
    <span class="heard" role="status">${heard(feed)}</span>
    <span class="room"></span>
    <button class="pause" aria-pressed=${call.paused ? "true" : "false"} ?disabled=${call.over} @click=${doing.pause}>${call.paused ? "Go on" : "Pause"} <kbd>F8</kbd></button>
    ${doing.end ? html`<button class="quiet" @click=${doing.end}>End call</button>` : nothing}
    <button class="quiet" @click=${doing.leave}>Calls</button>
    <button class="quiet" @click=${doing.help}>Keys</button>
  </header>`;
}

function heard(feed: Feed) {
  const { call } = feed;
  if (call.paused) return html`<strong title="Nothing that is said is stored, recorded or transcribed">Paused${call.pausedBy ? ` by ${call.pausedBy}` : ""}: nothing is heard</strong>`;
  if (call.over) return nothing;
  return call.record ? html`<i class="dot" aria-hidden="true"></i>Recorded` : "Not recorded";
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? "–" : `${(ms / 1000).toFixed(1)} s`;
}
