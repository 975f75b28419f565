/** How long words took to be shown, and from then to be sure: read from the log's entries, one by one. Pure. */

import type { TranscriptFinal, TranscriptPartial } from "../client/messages.ts";
import { points } from "../client/messages.ts";

/**
 * Of a segment, in wall-clock ms. `firstMs`: how long after being said its first words were shown (undefined: no
 * partial was). `sureMs`: from when a word was first shown as it is until it could not change any more, the middle one
 * of its words. `finalMs`: how far behind its final was.
 */
export interface Latency {
  firstMs: number | undefined;
  sureMs: number | undefined;
  finalMs: number;
}

interface Look {
  atMs: number;
  text: string;
  stable: number;
}

export class Latencies {
  readonly segments = new Map<number, Latency>();
  private readonly looks = new Map<number, Look[]>();
  private readonly first = new Map<number, number>();

  /** An entry as it stands in the log. */
  heard(entry: string): void {
    const message = told(entry);
    if (message?.type === "transcript.partial") {
      const { id, segment, text, stable, lag_ms } = message;
      if (text && !this.first.has(segment)) this.first.set(segment, lag_ms);
      const look = { atMs: parseInt(id, 10), text, stable };
      this.looks.set(segment, [...(this.looks.get(segment) ?? []), look]);
    }
    if (message?.type === "transcript.final" && message.source !== "text") {
      const { segment, lag_ms: finalMs } = message;
      const sureMs = middle(waits(message, this.looks.get(segment) ?? []));
      this.segments.set(segment, { firstMs: this.first.get(segment), sureMs, finalMs });
      this.looks.delete(segment);
    }
  }
}

/** For each word of a final that was shown before it: how long until it was sure. */
function waits(final: TranscriptFinal, looks: readonly Look[]): number[] {
  const all = points(final.text);
  const finalMs = parseInt(final.id, 10);
  return final.words.flatMap((word) => {
    const end = word.offset + points(word.text).length;
    const until = all.slice(0, end).join("");
    const shown = looks.find((look) => look.text.startsWith(until));
    if (!shown) return [];
    const sure = looks.find((look) => look.stable >= end && look.text.startsWith(until));
    return [(sure?.atMs ?? finalMs) - shown.atMs];
  });
}

function told(entry: string): TranscriptPartial | TranscriptFinal | undefined {
  if (!entry.includes('"transcript.')) return undefined; // most of a log need not be parsed
  try {
    const message = JSON.parse(entry) as { type?: string };
    return message.type === "transcript.partial" || message.type === "transcript.final"
      ? (message as TranscriptPartial | TranscriptFinal)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The median, or undefined of nothing. */
export function middle(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
