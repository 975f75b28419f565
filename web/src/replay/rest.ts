/** The archive over HTTP: what a reader may ask of it. Every refusal is a `Trouble`, with the server's own words. */

import type { Found, Kept, Note, NoteAsked, Peaks, Sessions, Shown, Ticket, Transcript } from "./shapes.ts";

/** `status` 0: nobody answered. */
export class Trouble extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Pairs of a query; what is empty is left out. */
export type Query = readonly (readonly [string, string])[];

export class Archive {
  /** A reader's key, or "" where none is needed. */
  key: string;
  /** The address that `v1/` is below: the page's own folder. */
  private readonly base: string;

  constructor(base: string, key = "") {
    this.base = base;
    this.key = key;
  }

  sessions(filters: Query, cursor: string): Promise<Sessions> {
    return this.json(`sessions${asked([...filters, ["cursor", cursor]])}`);
  }

  search(text: string, filters: Query, cursor: string): Promise<Found> {
    return this.json(`search${asked([["q", text], ...filters, ["cursor", cursor]])}`);
  }

  session(id: string): Promise<Shown> {
    return this.json(of(id));
  }

  transcript(id: string): Promise<Transcript> {
    return this.json(`${of(id)}/transcript`);
  }

  peaks(id: string, perSecond: number): Promise<Peaks> {
    return this.json(`${of(id)}/peaks?per_second=${perSecond}`);
  }

  /** The log's entries as they were sent to viewers, one after the other as they come. */
  async *events(id: string, stop: AbortSignal): AsyncGenerator<string> {
    const { body } = await this.fetch(`${of(id)}/events`, { signal: stop });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
      const lines = (rest + piece.value).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
    if (rest) yield rest;
  }

  annotate(id: string, note: NoteAsked): Promise<Note> {
    const body = JSON.stringify(note);
    return this.json(`${of(id)}/notes`, { method: "POST", body, headers: { "Content-Type": "application/json" } });
  }

  async erase(id: string, note: number): Promise<void> {
    await this.fetch(`${of(id)}/notes/${note}`, { method: "DELETE" });
  }

  ticket(id: string): Promise<Ticket> {
    return this.json(`${of(id)}/ticket`, { method: "POST" });
  }

  forget(id: string): Promise<Kept> {
    return this.json(of(id), { method: "DELETE" });
  }

  async exported(id: string, query: Query): Promise<Blob> {
    return (await this.fetch(`${of(id)}/export${asked(query)}`)).blob();
  }

  /** Where the sound is, for a player: it needs a ticket where a key is needed. */
  audio(id: string, query: Query): string {
    return new URL(`v1/${of(id)}/audio${asked(query)}`, this.base).href;
  }

  private async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    return (await this.fetch(path, init)).json() as Promise<T>;
  }

  private async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { ...init.headers, ...(this.key ? { Authorization: `Bearer ${this.key}` } : {}) };
    let answer: Response;
    try {
      answer = await fetch(new URL(`v1/${path}`, this.base), { cache: "no-store", ...init, headers });
    } catch (reason) {
      if (reason instanceof DOMException && reason.name === "AbortError") throw reason;
      throw new Trouble(0, "unreachable", "the server does not answer");
    }
    if (answer.ok) return answer;
    const told = (await answer.json().catch(() => undefined)) as { error?: { code: string; message: string } } | undefined;
    const { code, message } = told?.error ?? { code: "http", message: `the server answers ${answer.status}` };
    throw new Trouble(answer.status, code, message);
  }
}

function of(id: string): string {
  return `sessions/${encodeURIComponent(id)}`;
}

function asked(query: Query): string {
  const text = new URLSearchParams(query.filter(([, value]) => value !== "").map(([name, value]) => [name, value]));
  return text.size ? `?${text}` : "";
}
