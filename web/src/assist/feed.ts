/** One connection to a call, shared by whatever shows it, and what an agent does in it. */

import type { ServerMessage, State } from "../client.ts";
import { VivavoceClient } from "../client.ts";
import type { Call } from "./call.ts";
import { after, EMPTY } from "./call.ts";

/** The server said no to an act; `message` says what to do. */
export class Refused extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const NOTE_MS = 2_000;
const NOTE_TRIES = 25;

/** What may be done in a call. `paused` is told by the call itself once it is so. */
export interface Acts {
  feedback(suggestion: number, action: "accepted" | "edited" | "rejected", text: string): Promise<void>;
  pause(paused: boolean): Promise<void>;
  /** Keep a text with the session. Refused where it is not recorded. */
  note(text: string): Promise<void>;
}

/** How a call is reached: the session's address (`https://host/v1/sessions/ID`), and a ticket or a key where one is needed. */
export interface Where {
  url: string;
  ticket?: string | undefined;
  key?: string | undefined;
}

/** Tells `change` at most once a frame, however much comes. */
export class Feed extends EventTarget implements Acts {
  call: Call = EMPTY;
  connection: State = { name: "idle" };
  where: Where;
  private client: VivavoceClient | undefined;
  /** Whether the call's sound comes from this page. */
  private own = false;
  private frame = 0;

  constructor(where: Where) {
    super();
    this.where = where;
  }

  /** Watch the call from its beginning on. */
  watch(): void {
    const { base, session } = parts(this.where.url);
    const client = new VivavoceClient({ url: base, ticket: this.where.ticket || undefined, key: this.where.key || undefined });
    this.follow(client);
    this.own = false;
    client.watch({ session_id: session });
  }

  /** Show what a client is told whose sound this page gives. */
  follow(client: VivavoceClient): void {
    this.client = client;
    this.own = true;
    client.on("message", (message) => this.heard(message));
    client.on("state", (state) => {
      this.connection = state;
      this.changed();
    });
  }

  close(): void {
    cancelAnimationFrame(this.frame);
    this.client?.close();
  }

  private heard(message: ServerMessage): void {
    if (message.type === "session.started" && this.own) {
      this.where = { url: new URL(`v1/sessions/${message.session_id}`, this.where.url).href, key: message.resume_token };
    }
    const call = after(this.call, message);
    if (call === this.call) return;
    this.call = call;
    this.changed();
  }

  private changed(): void {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.dispatchEvent(new Event("change"));
    });
  }

  async feedback(suggestion: number, action: "accepted" | "edited" | "rejected", text: string): Promise<void> {
    await this.post("feedback", { suggestion, action, text });
  }

  async pause(paused: boolean): Promise<void> {
    if (!this.own) return this.post(paused ? "pause" : "unpause");
    if (paused) this.client?.pause();
    else this.client?.unpause();
  }

  /** A call that has just begun, or ended, is in the archive some time later: it is tried until it is. */
  async note(text: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.post("notes", { kind: "note", text });
      } catch (wrong) {
        if (!(wrong instanceof Refused) || wrong.code !== "unknown_session" || tries >= NOTE_TRIES) throw wrong;
      }
      await new Promise((resolve) => setTimeout(resolve, NOTE_MS));
    }
  }

  private async post(what: string, body?: unknown): Promise<void> {
    const shown = this.where.ticket || this.where.key;
    const headers = { "Content-Type": "application/json", ...(shown ? { Authorization: `Bearer ${shown}` } : {}) };
    const asked = { method: "POST", headers, body: body === undefined ? null : JSON.stringify(body) };
    const answer = await fetch(`${this.where.url}/${what}`, asked).catch(() => undefined);
    if (answer?.ok) return;
    const told = (await answer?.json().catch(() => undefined)) as { error?: { code: string; message: string } } | undefined;
    throw new Refused(told?.error?.code ?? "unreachable", told?.error?.message ?? "the server does not answer: try again");
  }
}

/** The server's own address, and the session's name, of a session's address. Throws TypeError: it is none. */
export function parts(url: string): { base: string; session: string } {
  const found = /^(.*\/)v1\/sessions\/([^/?#]+)\/?$/.exec(new URL(url, globalThis.location?.href).href);
  if (!found?.[1] || !found[2]) throw new TypeError(`${url} is no session's address: https://host/v1/sessions/SESSION`);
  return { base: found[1], session: decodeURIComponent(found[2]) };
}

const shared = new Map<string, { feed: Feed; holders: number }>();

/** The feed of a call: one for all that show it on this page. Give it back by `release`. */
export function held(where: Where): Feed {
  const name = JSON.stringify([where.url, where.ticket, where.key]);
  let one = shared.get(name);
  if (!one) {
    shared.set(name, (one = { feed: new Feed(where), holders: 0 }));
    one.feed.watch();
  }
  one.holders += 1;
  return one.feed;
}

/** Whoever held it shows it no more. */
export function release(feed: Feed): void {
  for (const [name, one] of shared) {
    if (one.feed !== feed) continue;
    one.holders -= 1;
    if (one.holders) return;
    shared.delete(name);
    feed.close();
  }
}
