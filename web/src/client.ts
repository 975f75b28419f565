/**
 * `VivavoceClient`: speak to a Vivavoce server from a browser, and lose no word when the connection breaks.
 *
 *     const client = new VivavoceClient({ url: "http://127.0.0.1:8080" });
 *     client.on("transcript.final", (said) => console.log(said.text));
 *     client.on("state", (state) => console.log(state.name));
 *     client.start({ mode: "chat", audio: { encoding: "pcm_s16le", sample_rate: 48000, channels: 1 } });
 *     client.sendAudio(samples);            // live sound: never waits
 *     await client.room();                  // a file: wait for credit before the next piece
 *
 * With `rtc` sound goes by WebRTC, from the track that `carry` names, and texts over its data channel. If no connection
 * comes of it in 5 s, a WebSocket does it all, with the sound that was given meanwhile; one that breaks later ends the
 * session, which nobody can resume.
 *
 * After a loss it connects again by itself, resumes, and goes on from the first sample that the server does not have;
 * events come in order and none of them twice. It depends on nothing but the files in `client/`.
 */

import { address, randomName } from "./client/address.ts";
import type { Endpointing, Note, SessionConfig, Watched } from "./client/notes.ts";
import type { Closing } from "./client/protocol.ts";
import { Protocol } from "./client/protocol.ts";
import type { Link } from "./client/rtc.ts";
import { CONNECT_MS, RtcLink } from "./client/rtc.ts";
import { pcm16 } from "./client/sound.ts";
import type { ClientOptions, Listener, Listening, State } from "./client/state.ts";

export { address } from "./client/address.ts";
export type * from "./client/messages.ts";
export type * from "./client/notes.ts";
export { points } from "./client/messages.ts";
export { Protocol } from "./client/protocol.ts";
export { pcm16 } from "./client/sound.ts";
export type * from "./client/state.ts";

const SUBPROTOCOL = "vivavoce.v1";
const OPEN_MS = 5_000;
const SILENT_MS = 20_000;
const LOOK_MS = 1_000;
/** What a server says first on a connection that it takes. */
const OPENING: ReadonlySet<string> = new Set(["session.started", "session.resumed", "session.watching"]);

export class VivavoceClient {
  /** The session's pure part; there from `start` on. */
  protocol: Protocol | undefined;
  private current: State = { name: "idle" };
  private socket: Link | undefined;
  private track: MediaStreamTrack | null = null;
  private rtc: boolean;
  private ready = false;
  private attempt = 0;
  private awaySince: number | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private looking: ReturnType<typeof setInterval> | undefined;
  private waiting: { resolve: () => void; reject: (why: Error) => void }[] = [];
  private readonly listeners = new Map<keyof Listening, Set<Listener<never>>>();
  private readonly options: ClientOptions;

  constructor(options: ClientOptions) {
    this.options = options;
    this.rtc = options.rtc ?? false;
  }

  /** How sound goes out, or will. */
  get carrier(): "webrtc" | "websocket" {
    return this.rtc ? "webrtc" : "websocket";
  }

  /** The track that is heard, where sound goes by WebRTC; null: none. What it gives has to be given to `sendAudio` too. */
  carry(track: MediaStreamTrack | null): void {
    this.track = track;
    if (this.socket instanceof RtcLink) this.socket.carry(track);
  }

  get state(): State {
    return this.current;
  }

  /** Call `listener` for each; what it returns stops that. */
  on<K extends keyof Listening>(type: K, listener: Listener<K>): () => void {
    const all = this.listeners.get(type) ?? new Set();
    this.listeners.set(type, all.add(listener as Listener<never>));
    return () => all.delete(listener as Listener<never>);
  }

  // ---- what a user does ---------------------------------------------------------------------------------------------

  /** Begin a session. A client has one in its life: make a new client for the next one. */
  start(config: SessionConfig): void {
    this.begin(config);
  }

  /** Read somebody's session instead: nothing can be said in it. */
  watch(session: Watched): void {
    this.begin(session);
  }

  private begin(config: SessionConfig | Watched): void {
    if (this.protocol) throw new Error("this client has had its session: make a new one");
    this.protocol = new Protocol(config, randomName());
    this.become({ name: "connecting" });
    this.looking = setInterval(() => this.look(), LOOK_MS);
    globalThis.addEventListener?.("online", this.hurry);
    this.connect();
  }

  /**
   * Interleaved samples as they follow; never waits. What a long outage pushes out of the 30 s that are kept is told to
   * the server as a gap. The array must not be changed afterwards.
   */
  sendAudio(samples: Int16Array | Float32Array): void {
    if (this.rtc && this.ready) return;
    this.live().outbox.push(samples instanceof Int16Array ? samples : pcm16(samples));
    this.flush();
  }

  /** Resolves when all sound given so far is within the server's credit; rejects when the session is over. */
  room(): Promise<void> {
    if (this.live().outbox.room && this.ready) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  sendText(text: string): void {
    this.say({ type: "text", text });
  }

  /** Ask for what is pending, up to the sound given so far. */
  finalize(): void {
    this.say({ type: "audio.finalize" });
  }

  /** Stop the reply under way. */
  cancelReply(reply?: number): void {
    this.say(reply === undefined ? { type: "reply.cancel" } : { type: "reply.cancel", reply });
  }

  /** What was said is finalised; sound that is given from now on goes nowhere, text is refused. Its time goes on. */
  pause(): void {
    this.live().pause(true);
    this.flush();
  }

  unpause(): void {
    this.live().pause(false);
    this.flush();
  }

  update(change: { language?: string | null; hotwords?: string[]; endpointing?: Endpointing }): void {
    this.say({ type: "session.update", ...change });
  }

  /** No more input: finals and a reply under way still come, then the state is `ended`. */
  end(): void {
    this.say({ type: "session.end" });
  }

  /** Leave at once; the server ends the session when nobody comes back to it. */
  close(): void {
    this.finish({ name: "ended" });
  }

  private say(note: Note): void {
    this.live().say(note);
    this.flush();
  }

  private live(): Protocol {
    if (!this.protocol || this.over) throw new Error(this.protocol ? "the session is over" : "start a session first");
    return this.protocol;
  }

  private get over(): boolean {
    return this.current.name === "ended" || this.current.name === "failed";
  }

  // ---- connections --------------------------------------------------------------------------------------------------

  private connect(): void {
    const { key, ticket } = this.options;
    const names = [SUBPROTOCOL];
    if (key) names.push(`vivavoce-key.${key}`);
    else if (ticket) names.push(`vivavoce-ticket.${ticket}`); // a resume shows it again: its token suffices
    let socket: Link;
    try {
      const { url, key } = this.options;
      socket = this.rtc ? new RtcLink(url, key, this.track) : new WebSocket(address(url), names);
    } catch {
      this.finish({ name: "failed", code: "bad_key", message: "This address or key cannot be used by a browser." });
      return;
    }
    this.socket = socket;
    this.ready = false;
    this.timer = setTimeout(() => this.closed(socket, 1006), this.rtc ? CONNECT_MS : OPEN_MS);
    socket.onopen = () => socket.send(this.protocol?.hello() ?? "");
    socket.onmessage = (event) => this.heard(socket, String(event.data));
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  private heard(socket: Link, raw: string): void {
    const protocol = this.protocol;
    if (socket !== this.socket || !protocol) return;
    const message = protocol.receive(raw, performance.now());
    if (!message) return;
    if (OPENING.has(message.type)) this.opened();
    this.tell(message.type, message as never);
    this.tell("message", message);
    if (message.type === "session.ended") this.finish({ name: "ended" });
    else if (this.ready) this.flush();
  }

  private opened(): void {
    clearTimeout(this.timer);
    this.ready = true;
    this.attempt = 0;
    this.awaySince = undefined;
    this.become({ name: "open" });
  }

  private closed(socket: Link, code: number): void {
    if (socket !== this.socket || this.over || !this.protocol) return;
    this.drop();
    if (this.rtc) {
      this.unrtc();
      return;
    }
    const now = performance.now();
    this.awaySince ??= now;
    const closing = this.protocol.closed(code, this.attempt, now - this.awaySince);
    if (closing.then === "retry") this.retry(closing);
    else if (closing.then === "failed") this.finish({ name: "failed", code: closing.code, message: closing.message });
    else this.finish({ name: "ended" });
  }

  /** WebRTC did not come to anything: a WebSocket may. It broke: the session is over. */
  private unrtc(): void {
    if (this.protocol?.sessionId) {
      const message = "The WebRTC connection broke; what was said until then is written.";
      this.finish({ name: "failed", code: "rtc_lost", message });
      return;
    }
    this.rtc = false;
    this.connect();
  }

  private retry(closing: Closing & { then: "retry" }): void {
    this.attempt += 1;
    const { why, overloaded, afterMs } = closing;
    this.timer = setTimeout(() => this.connect(), afterMs);
    this.become({ name: "reconnecting", why, overloaded, afterMs, begun: this.protocol?.sessionId !== "" });
  }

  /** The machine is on a network again: do not wait out the pause. */
  private readonly hurry = (): void => {
    if (this.current.name !== "reconnecting" || this.socket || this.current.overloaded) return;
    clearTimeout(this.timer);
    this.connect();
  };

  private look(): void {
    const { socket, protocol } = this;
    if (socket && this.ready && protocol?.silent(SILENT_MS, performance.now())) this.closed(socket, 1006);
  }

  private flush(): void {
    if (!this.ready || !this.socket || !this.protocol) return;
    for (let frame; (frame = this.protocol.frame(performance.now())) !== undefined; ) {
      this.socket.send(frame as string | Int16Array<ArrayBuffer>);
    }
    if (this.protocol.outbox.room) for (const one of this.waiting.splice(0)) one.resolve();
  }

  private drop(): void {
    clearTimeout(this.timer);
    this.ready = false;
    this.socket?.close();
    this.socket = undefined;
  }

  private finish(state: State): void {
    this.drop();
    clearInterval(this.looking);
    globalThis.removeEventListener?.("online", this.hurry);
    this.become(state);
    for (const one of this.waiting.splice(0)) one.reject(new Error("the session is over"));
  }

  private become(state: State): void {
    this.current = state;
    this.tell("state", state);
  }

  private tell<K extends keyof Listening>(type: K, heard: Listening[K]): void {
    for (const listener of [...(this.listeners.get(type) ?? [])]) (listener as Listener<K>)(heard);
  }
}
