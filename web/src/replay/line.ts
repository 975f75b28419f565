/** A line's text and what is said below it. */

import { html, nothing } from "lit";
import type { TemplateResult } from "lit";
import { categoryWords } from "../page/conversation.ts";
import { pieces } from "./pieces.ts";
import type { Said } from "./shapes.ts";
import { verdictWords } from "./words.ts";

/** `near`: with a box for each word, to be lit and pressed. */
export function text(said: Said, near: boolean): TemplateResult {
  const heard = said.original ? `Heard: ${said.original.text}` : nothing;
  return html`<p class="text" title=${heard} lang=${said.language || nothing}>${near ? pieces(said).map(({ text, word, changed }) =>
    word === undefined
      ? text
      : html`<span class=${changed ? "changed" : ""} data-word=${word} data-at=${said.words[word]!.start_ms}>${text}</span>`) : said.text}</p>`;
}

const ENDS: Partial<Record<NonNullable<Said["status"]>, string>> = {
  cancelled: "Stopped before its end",
  blocked: "Withheld by moderation",
  failed: "No answer could be made",
};

/** What happened to a line, and what it was before. */
export function footer(said: Said): TemplateResult | typeof nothing {
  const found = said.verdicts.filter(({ action }) => action !== "pass");
  const told = new Set(found.map(({ action, categories }) => verdictWords(action, categories.map(categoryWords))));
  const ended = said.status && ENDS[said.status];
  return html`<div class="foot">
    ${[...told].map((one) => html`<span class="verdict">${one}</span>`)}
    ${ended ? html`<span class="verdict">${ended}</span>` : nothing}
    ${said.original && said.corrected
      ? html`<span class="original">Corrected by ${said.corrected.author}. Heard: <q>${said.original.text}</q>
          <button data-undo="yes">Undo</button></span>`
      : nothing}
  </div>`;
}
