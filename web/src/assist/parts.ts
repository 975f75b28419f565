/** What stands below the suggestions, each in a place of its own that keeps its size. */

import { html, nothing } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import type { Citation } from "../client.ts";
import { clock } from "../replay/words.ts";
import type { Advice, Call } from "./call.ts";

const last = createRef<HTMLElement>();
const SIGNS = { keyword: "◆", topic: "◆", talk_over: "⇄", dead_air: "…", pace: "»", note: "✎" } as const;

/** The newest at the bottom, in sight: what is above it moves only as the list is scrolled. */
export function alerts(call: Call) {
  queueMicrotask(() => last.value && (last.value.scrollTop = last.value.scrollHeight));
  return html`<section class="alerts">
    <h2>Alerts</h2>
    <div class="box" tabindex="0" role="log" aria-label="Alerts" ${ref(last)}>
      ${call.alerts.map((one) => html`<p class=${one.kind}><span class="at">${clock(one.atMs)}</span><span aria-hidden="true">${SIGNS[one.kind]}</span> <span dir="auto">${one.words}</span></p>`)}
    </div>
  </section>`;
}

export function checklist(call: Call) {
  return html`<section class="checklist">
    <h2>Checklist</h2>
    <ul class="box" tabindex="0" aria-label="Checklist">
      ${call.checklist.map((one) => html`<li class=${one.done ? "done" : ""}><span aria-hidden="true">${one.done ? "✓" : "○"}</span>
        <span dir="auto">${one.say}</span><span class="unseen">${one.done ? "said" : "not said yet"}</span></li>`)}
      ${call.checklist.length ? nothing : html`<li class="none">No checklist</li>`}
    </ul>
  </section>`;
}

export interface Wrapping {
  text: string | undefined;
  kept: "" | "keeping" | "kept";
  typed: (event: InputEvent) => void;
  keep: () => void;
}

/** The summary as the call goes on; at its end the wrap-up, to be edited and kept. */
export function summary(call: Call, how: Wrapping) {
  if (how.text === undefined) {
    const sections = call.summary?.sections.filter((one) => one.text) ?? [];
    return html`<section class="summary"><h2>Summary</h2><div class="box" tabindex="0" role="region" aria-label="Summary">
      ${sections.map((one) => html`<p dir="auto"><strong>${one.name}</strong> ${one.text}</p>`)}
      ${sections.length ? nothing : html`<p class="none">It is written as the call goes on.</p>`}
    </div></section>`;
  }
  return html`<section class="summary"><h2><label for="wrapup">Wrap-up</label></h2>
    <textarea id="wrapup" class="box" dir="auto" .value=${how.text} @input=${how.typed}></textarea>
    <div class="keep">${call.record
      ? html`<button class="main" ?disabled=${!how.text.trim() || how.kept !== ""} @click=${how.keep}>Keep</button>
          <span role="status">${{ kept: "Kept with the call", keeping: "Keeping…", "": "" }[how.kept]}</span>`
      : html`<span>This call is not recorded: copy what you need.</span>`}</div>
  </section>`;
}

/** A source: the passage, from where it is, and which turn asked. */
export function passage(cited: { advice: Advice; citation: Citation } | undefined, how: { close: () => void; where: () => void }) {
  if (!cited) return nothing;
  const { advice, citation } = cited;
  return html`<dialog aria-labelledby="source" @close=${how.close}>
    <h2 id="source">${citation.title || citation.document}</h2>
    <p class="place">${[citation.document, citation.place].filter(Boolean).join(" › ")}</p>
    <blockquote dir="auto">${citation.before ?? ""} <mark>${citation.quote}</mark> ${citation.after ?? ""}</blockquote>
    ${advice.asked ? html`<p class="place" dir="auto">Asked: “${advice.asked}”</p>` : nothing}
    <form method="dialog"><button class="main" autofocus>Close</button><button type="button" @click=${how.where}>Show where it was asked</button></form>
  </dialog>`;
}
