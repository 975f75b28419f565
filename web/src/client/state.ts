/** What a client tells whoever listens to it, and what it is made with. */

import type { ServerMessage } from "./messages.ts";

/** `overloaded`: the server is there and has no room. `failed` and `ended` are final. */
export type State =
  | { name: "idle" }
  | { name: "connecting" }
  | { name: "open" }
  | { name: "reconnecting"; why: string; overloaded: boolean; afterMs: number; begun: boolean }
  | { name: "ended" }
  | { name: "failed"; code: string; message: string };
type Messages = { [M in ServerMessage as M["type"]]: M };
/** What can be listened to: each message by its type, `message` for all of them, and `state`. */
export type Listening = Messages & { message: ServerMessage; state: State };
export type Listener<K extends keyof Listening> = (heard: Listening[K]) => void;

/** The server's address, http(s) or ws(s), and where the server was started with keys a key, or a ticket for one session
 * that somebody with a key has made (`POST /v1/tickets`). */
export interface ClientOptions {
  url: string;
  key?: string | undefined;
  /** Whether sound is to go by WebRTC, if it can. */
  rtc?: boolean;
  ticket?: string | undefined;
}
