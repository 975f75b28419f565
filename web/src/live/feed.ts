/** All live sessions of a tenant, as `GET /v1/live` tells them: server-sent events, read with a key in the header. */

import { sentence } from "../page/words.ts";

export interface Words {
  /** Null: the service's own reply. */
  channel: number | null;
  text: string;
  final: boolean;
}

export interface Raised {
  kind: "keyword" | "topic" | "talk_over" | "dead_air" | "pace";
  name: string;
  /** Unix ms. */
  at: number;
}

export interface Glance {
  session: {
    session_id: string;
    mode: "transcribe" | "chat" | "assist";
    started_at: number;
    seen_at: number;
    duration_ms: number;
    channels: number;
    language: string | null;
    metadata: Record<string, string>;
    viewers: number;
    lag_ms: number;
    record: boolean;
    paused: boolean;
  };
  words: Words[];
  topic: string;
  summary: string;
  alerts: Raised[];
  alerts_told: number;
  notes: number;
}

export interface Update {
  sessions: Glance[];
  gone: string[];
  trouble: string;
}

/** What is known now. `trouble`: why nothing newer is; `needsKey`: the server asks for one. */
export interface Floor {
  sessions: ReadonlyMap<string, Glance>;
  trouble: string;
  needsKey: boolean;
  /** Something was told since the page was opened. */
  told: boolean;
}

export const NOTHING: Floor = { sessions: new Map(), trouble: "", needsKey: false, told: false };

/** The floor after an update: the last begun first, each in its place for as long as it goes on. */
export function after(before: Floor, update: Update): Floor {
  const all = new Map(before.sessions);
  for (const id of update.gone) all.delete(id);
  for (const one of update.sessions) all.set(one.session.session_id, one);
  const sorted = [...all].sort(([, a], [, b]) => b.session.started_at - a.session.started_at);
  return { sessions: new Map(sorted), trouble: update.trouble && sentence(update.trouble), needsKey: false, told: true };
}

const AGAIN_MS = 2_000;
/** Nothing for so long, not even a sign of life: the connection is dead. */
const SILENT_MS = 15_000;

/** Follows until `stop`; connects again by itself, and then has all sessions anew. */
export async function follow(base: string, key: string, stop: AbortSignal, changed: (floor: Floor) => void): Promise<void> {
  let floor = NOTHING;
  const tell = (next: Floor) => stop.aborted || changed((floor = next));
  while (!stop.aborted) {
    const silence = new AbortController();
    try {
      const headers: Record<string, string> = key ? { Authorization: `Bearer ${key}` } : {};
      const signal = AbortSignal.any([stop, silence.signal]);
      const answer = await fetch(new URL("v1/live", base), { cache: "no-store", headers, signal });
      if (!answer.ok) {
        const told = (await answer.json().catch(() => undefined)) as { error?: { message: string } } | undefined;
        const trouble = sentence(told?.error?.message ?? `the server answers ${answer.status}`);
        tell({ ...floor, trouble, needsKey: answer.status === 401 });
        if (answer.status === 401 || answer.status === 403) return;
      } else {
        let first = true;
        for await (const update of updates(answer, silence)) {
          tell(after(first ? { ...NOTHING, told: true } : floor, update));
          first = false;
        }
        tell({ ...floor, trouble: "The server has closed the connection. Connecting again…" });
      }
    } catch {
      tell({ ...floor, trouble: "The server does not answer. Check that it is running (“vivavoce serve”); this page connects again by itself." });
    }
    if (!stop.aborted) await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

async function* updates(answer: Response, silence: AbortController): AsyncGenerator<Update> {
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const timer = setTimeout(() => silence.abort(), SILENT_MS);
    const piece = await reader.read().finally(() => clearTimeout(timer));
    if (piece.done) return;
    const events = (rest + piece.value).split("\n\n");
    rest = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) yield JSON.parse(event.slice(6)) as Update;
  }
}
