/** How the page says things. */

import type { Action } from "../client/messages.ts";
import { GAPS, PACES } from "../page/conversation.ts";
import type { Notice } from "../page/words.ts";
import { sentence } from "../page/words.ts";
import type { Latency } from "./latency.ts";
import type { Trouble } from "./rest.ts";
import type { Gap, Kept, Said } from "./shapes.ts";

/** A place in the sound as m:ss, or h:mm:ss. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}

/** How long something was, to be read: "1 h 2 min", "3 min 20 s", "4 s". */
export function length(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 ? `${minutes} min ${seconds % 60} s` : `${minutes} min`;
  return minutes % 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${minutes / 60} h`;
}

const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const LANGUAGES = new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });

export function when(ms: number): string {
  return WHEN.format(ms);
}

export function language(code: string): string {
  try {
    return LANGUAGES.of(code) ?? code;
  } catch {
    return code;
  }
}

export const ORIGINS: Readonly<Record<Kept["origin"], string>> = {
  live: "Live",
  import: "Imported",
  again: "Run again",
};

export function gapWords(gap: Gap): string {
  const seconds = Math.max(0.1, (gap.to_ms - gap.from_ms) / 1000);
  if (gap.reason === "silenced") return `${seconds.toFixed(1)} s of sound are kept as silence: personal data was said`;
  return `${seconds.toFixed(1)} s of sound ${GAPS[gap.reason] ?? "are missing"}`;
}

export function paceWords(step: string): string {
  return (PACES as Record<string, string | undefined>)[step] ?? `The server is busy: ${step}.`;
}

const ACTIONS: Readonly<Record<Action, string>> = {
  pass: "Checked",
  flag: "Flagged",
  redact: "Redacted",
  retract: "Taken back",
  block: "Withheld",
};

export function verdictWords(action: Action, categories: readonly string[]): string {
  return categories.length ? `${ACTIONS[action]}: ${categories.join(", ")}` : ACTIONS[action];
}

/** Whose line it is. */
export function speaker(said: Pick<Said, "kind" | "channel">, channels: number): string {
  if (said.kind === "reply") return "Reply";
  if (said.kind === "text") return "Typed";
  return channels > 1 ? `Speaker ${said.channel + 1}` : "Speaker";
}

/** How quick it was, in words. */
export function quickness(said: Said, latency: Latency | undefined): string {
  const { timing } = said;
  if (said.kind === "reply") {
    return timing["first_token_ms"] === undefined ? "" : `first word after ${timing["first_token_ms"]} ms, the last after ${timing["total_ms"]} ms`;
  }
  if (said.kind === "text") return "typed";
  const parts = [`final ${said.lag_ms} ms behind`];
  if (latency?.firstMs !== undefined) parts.unshift(`first words ${latency.firstMs} ms behind`);
  if (latency?.sureMs !== undefined) parts.splice(1, 0, `sure ${latency.sureMs} ms after being shown`);
  return parts.join(", ");
}

/** What has gone wrong, and what to do about it. */
export function notice(trouble: Trouble, doing: string): Notice {
  const title = `${doing} did not work.`;
  if (trouble.status === 0) {
    return { urgent: true, title: "The server does not answer.", text: "Check that it is running (“vivavoce serve”), then try again." };
  }
  if (trouble.status === 401) {
    return { urgent: true, title: "Recorded sessions are read with a reader's key.", text: sentence(trouble.message) };
  }
  if (trouble.status === 404) {
    return { urgent: true, title: "This session is not here.", text: sentence(trouble.message) };
  }
  return { urgent: true, title, text: sentence(trouble.message) };
}
