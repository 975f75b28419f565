/** What stands on the time line beside the sound: gaps, verdicts, a busy server, notes. Pure. */

import { categoryWords } from "../page/conversation.ts";
import type { Note, Said, Transcript } from "./shapes.ts";
import { gapWords, paceWords, verdictWords } from "./words.ts";

/** `channel`: undefined when it is about all of them. `line`: the index of the line that it is about. */
export interface Mark {
  kind: "gap" | "verdict" | "pace" | "bookmark" | "note";
  fromMs: number;
  toMs: number;
  channel?: number;
  line?: number;
  label: string;
  urgent?: boolean;
}

/** All marks, by time. */
export function marks(transcript: Transcript, notes: readonly Note[]): Mark[] {
  const gaps = transcript.gaps.map<Mark>((gap) => {
    return { kind: "gap", fromMs: gap.from_ms, toMs: gap.to_ms, channel: gap.channel, label: gapWords(gap) };
  });
  const paces = transcript.degraded
    .filter(({ step }) => step !== "full")
    .map<Mark>(({ at_ms: at, step }) => ({ kind: "pace", fromMs: at, toMs: at, label: paceWords(step) }));
  const noted = notes
    .filter(({ kind }) => kind === "note" || kind === "bookmark")
    .map<Mark>(({ kind, at_ms: at, text }) => {
      return { kind: kind as "note" | "bookmark", fromMs: at, toMs: at, label: text || "Bookmark" };
    });
  const all = [...gaps, ...transcript.said.flatMap(verdict), ...paces, ...noted];
  return all.sort((a, b) => a.fromMs - b.fromMs);
}

/** What moderation changed in a line, as one mark. */
function verdict(said: Said, line: number): Mark[] {
  const found = said.verdicts.filter(({ action }) => action !== "pass");
  if (!found.length) return [];
  const categories = new Set(found.flatMap((one) => one.categories.map(categoryWords)));
  const urgent = found.some(({ action }) => action === "block" || action === "retract");
  const label = verdictWords(urgent ? (found.find(({ action }) => action !== "redact")?.action ?? "block") : found[0]!.action, [...categories]);
  return [{ kind: "verdict", fromMs: said.start_ms, toMs: said.end_ms, channel: said.channel, line, label, urgent }];
}
