/** The bar at the foot: is it listening, is it connected, how long does each stage take, what serves it. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import type { Live } from "./live.ts";
import { clock } from "./transcript.ts";
import { connectionWords } from "./words.ts";

export function bar(live: Live): TemplateResult {
  const { stages, serves } = live.conversation;
  return html`
    <footer><div class="column">
      <div class="states">
        <span class="state ${live.microphone === "on" ? "recording" : ""}"><i aria-hidden="true"></i>${recording(live)}</span>
        <span class="state ${live.connection.name}" role="status"><i aria-hidden="true"></i>${connectionWords(live.connection, live.lostS, live.carrier)}</span>
      </div>
      <dl aria-label="Latency">
        ${figure("Words", stages.recognitionMs, "How long after a word is spoken it is heard")}
        ${figure("Check", stages.moderationMs, "How long moderation took")}
        ${figure("First word", stages.firstTokenMs, "From the end of a turn to the reply's first word")}
        ${figure("Reply", stages.replyMs, "From the end of a turn to the reply's end")}
        ${figure("Round trip", live.roundTripMs, "From sending sound until the server has it safe")}
      </dl>
      <button class="quiet" popovertarget="serves">What serves this</button>
      <div id="serves" popover>
        <h2>What serves this</h2>
        ${serves.length ? html`<ul>${serves.map(served)}</ul>` : html`<p>It is told when a session begins.</p>`}
      </div>
    </div></footer>
  `;
}

function recording(live: Live): string {
  if (live.paused) return "Paused: nothing is heard";
  if (live.playing) return live.playing.samples ? `Playing in, ${Math.round(live.progress * 100)} %` : "Reading the file…";
  if (live.microphone === "asking") return "Asking for the microphone…";
  return live.microphone === "on" ? `Listening ${clock(live.recordedS * 1000)}` : "Microphone off";
}

function figure(name: string, ms: number | undefined, meaning: string): TemplateResult {
  return html`<div title=${meaning}><dt>${name}</dt><dd>${ms === undefined ? "–" : duration(ms)}</dd></div>`;
}

/** Milliseconds as people read them. */
export function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function served(one: { role: string; name: string; hash: string; version: string }): TemplateResult {
  return html`<li><span class="role">${one.role}</span> <b>${one.name}</b> ${one.version || nothing}
    <code title=${one.hash}>${one.hash.slice(0, 12)}</code></li>`;
}
