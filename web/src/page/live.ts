/** What the page does: one session at a time, begun at the first thing said, typed or dropped, and what feeds it. */
import type { ServerMessage, SessionConfig, State } from "../client.ts";
import { VivavoceClient } from "../client.ts";
import type { Conversation } from "./conversation.ts";
import { after, EMPTY, remarked } from "./conversation.ts";
import { loudness, Microphone, openContext } from "./microphone.ts";
import type { Playing } from "./soundfile.ts";
import { decode, play } from "./soundfile.ts";
import { hotwords, remember, remembered } from "./settings.ts";
import * as words from "./words.ts";

/** Told when anything that is shown has changed, and how loud the sound is that goes out now (0 to 1). */
export interface Watching {
  changed: () => void;
  level: (level: number) => void;
}
export class Live {
  conversation: Conversation = EMPTY;
  connection: State = { name: "idle" };
  microphone: "off" | "asking" | "on" = "off";
  /** Nothing that is said goes anywhere. */
  paused = false;
  playing: Playing | undefined;
  /** Typed messages that have not come back from the server yet. */
  outgoing: readonly string[] = [];
  replies: boolean;
  record = false;
  /** Whether sound is to go by WebRTC; where that does not connect, a WebSocket does it. */
  webrtc: boolean;
  language: string;
  /** Transcripts in English, whatever is spoken. */
  translate: boolean;
  /** Words that may well be said, and are to be spelled so. */
  hotwords: string;
  /** The microphone that is listened to; "": the browser's choice. */
  source: string;
  key = sessionStorage.getItem("vivavoce-key") ?? "";
  recordedS = 0;
  private own: words.Notice | undefined;
  private dismissed: words.Notice | undefined;
  private client: VivavoceClient | undefined;
  private sessions = 0;
  private shownFrom = 1;
  private device: Microphone | undefined;
  private opened: AudioContext | undefined;
  private readonly watching: Watching;

  constructor(watching: Watching) {
    this.watching = watching;
    const kept = remembered();
    [this.replies, this.webrtc, this.language] = [kept.replies, kept.webrtc, kept.language];
    [this.translate, this.hotwords, this.source] = [kept.translate, kept.hotwords, kept.source];
    addEventListener("pagehide", () => this.client?.end());
  }

  /** What must be said in words now. */
  get notice(): words.Notice | undefined {
    const notice = words.connectionNotice(this.connection, this.lostS) ?? this.own;
    return notice && notice.title === this.dismissed?.title ? undefined : notice;
  }

  get needsKey(): boolean {
    return this.connection.name === "failed" && this.connection.code === "unauthorized";
  }

  /** Seconds of sound that an outage was too long for. */
  get lostS(): number {
    return this.client?.protocol?.outbox.lostS ?? 0;
  }

  /** Told of a WebSocket alone. */
  get roundTripMs(): number | undefined {
    return this.carrier === "webrtc" ? undefined : this.client?.protocol?.roundTripMs;
  }

  /** How sound goes out in the session under way. */
  get carrier(): "webrtc" | "websocket" {
    return this.client?.carrier ?? "websocket";
  }

  /** 0 to 1: how much of the file the server has. */
  get progress(): number {
    if (!this.playing?.samples) return 0;
    const { begin, samples } = this.playing;
    return Math.min(1, Math.max(0, ((this.client?.protocol?.outbox.acked ?? 0) - begin) / samples));
  }

  // ---- what a person does -------------------------------------------------------------------------------------------

  async toggleMicrophone(): Promise<void> {
    if (this.microphone === "on") this.stopMicrophone();
    else if (this.microphone === "off") await this.startMicrophone();
  }

  /** Drop or choose a sound file: it is heard as if it were spoken. */
  async playFile(file: File): Promise<void> {
    this.stopMicrophone();
    this.stopFile();
    const playing: Playing = { name: file.name, begin: 0, samples: 0, stop: new AbortController() };
    this.playing = playing;
    this.say(undefined);
    const samples = await decode(this.context(), file).catch(() => undefined);
    if (this.playing !== playing) return; // stopped, or another was chosen meanwhile
    if (!samples) {
      this.stopFile();
      this.say(words.fileRefused(file.name));
      return;
    }
    if (this.client?.carrier === "webrtc") this.leave("");
    const client = this.session(false);
    Object.assign(playing, { begin: client.protocol?.outbox.end ?? 0, samples: samples.length });
    try {
      await play(client, samples, this.context().sampleRate, playing.stop.signal);
      client.finalize();
    } catch {
      this.stopFile(); // the session is over, and that is said already
    }
  }

  /** While a session is under way: leave out what is said, or hear it again. */
  togglePause(): void {
    if (!this.client) return;
    this.paused = !this.paused;
    if (this.paused) this.client.pause();
    else this.client.unpause();
    this.watching.level(0);
    this.watching.changed();
  }

  /** Whether there is anything to pause. */
  get pausable(): boolean {
    return this.client !== undefined && this.connection.name !== "idle";
  }

  stopFile(): void {
    this.playing?.stop.abort();
    this.playing = undefined;
    this.watching.changed();
  }

  /** Whether the message is on its way. */
  type(text: string): boolean {
    this.say(this.paused ? words.paused() : undefined);
    if (this.paused) return false;
    this.session().sendText(text);
    this.outgoing = [...this.outgoing, text];
    this.watching.changed();
    return true;
  }

  cancelReply(): void {
    this.client?.cancelReply();
  }

  /** Whether turns are answered, all is recorded, or sound goes by WebRTC: that is fixed for a session, so a new one begins. */
  choose(what: "replies" | "record" | "webrtc" | "translate", wanted: boolean): void {
    this[what] = wanted;
    this.remember();
    if (this.client) this.leave(words.FROM_HERE_ON[what][wanted ? "yes" : "no"]);
    this.watching.changed();
  }

  /** ISO 639-1, or "" to detect it. */
  setLanguage(code: string): void {
    this.language = code;
    this.remember();
    this.client?.update({ language: code || null });
    this.watching.changed();
  }

  /** One a line, or with commas between them. A session that goes on has them from now on. */
  setHotwords(text: string): void {
    this.hotwords = text;
    this.remember();
    this.client?.update({ hotwords: hotwords(text) });
  }

  /** Listen to this microphone, at once if one is listened to. */
  async setSource(id: string): Promise<void> {
    this.source = id;
    this.remember();
    if (this.microphone !== "on") return;
    this.stopMicrophone();
    await this.startMicrophone();
  }

  private remember(): void {
    const { replies, webrtc, language, translate, hotwords, source } = this;
    remember({ replies, webrtc, language, translate, hotwords, source });
  }

  setKey(key: string): void {
    sessionStorage.setItem("vivavoce-key", (this.key = key.trim()));
    this.connection = { name: "idle" };
    this.say(undefined);
  }

  /** An empty page and, with the next word, a new session. */
  fresh(): void {
    this.stopMicrophone();
    this.stopFile();
    this.leave("");
    this.shownFrom = this.sessions + 1;
    this.conversation = { ...EMPTY, serves: this.conversation.serves };
    this.connection = { name: "idle" };
    this.outgoing = [];
    this.say(undefined);
  }

  dismiss(): void {
    this.dismissed = this.notice;
    this.watching.changed();
  }

  private context(): AudioContext {
    return (this.opened ??= openContext());
  }

  private async startMicrophone(): Promise<void> {
    this.stopFile();
    this.microphone = "asking";
    this.say(undefined);
    try {
      this.device = await Microphone.open(this.context(), { samples: this.recorded, gone: this.lostMicrophone }, this.source);
      this.session().carry(this.device.track);
      this.recordedS = 0;
      this.microphone = "on";
      this.watching.changed();
    } catch (reason) {
      this.microphone = "off";
      this.say(words.microphoneRefused(reason));
    }
  }

  private stopMicrophone(): void {
    if (this.microphone !== "on") return;
    this.client?.carry(null);
    this.device?.close();
    this.watching.level(0);
    this.microphone = "off";
    this.client?.finalize();
    this.watching.changed();
  }

  private readonly lostMicrophone = (): void => {
    this.stopMicrophone();
    this.say(words.microphoneRefused(new words.MicrophoneFault("gone")));
  };

  private readonly recorded = (samples: Float32Array): void => {
    if (this.microphone !== "on") return;
    this.session().sendAudio(samples);
    if (!this.paused) this.watching.level(loudness(samples));
    const before = Math.floor(this.recordedS);
    this.recordedS += samples.length / this.context().sampleRate;
    if (Math.floor(this.recordedS) !== before) this.watching.changed();
  };

  // ---- the session --------------------------------------------------------------------------------------------------

  /** The session under way, begun if there is none; by WebRTC if that is chosen, and not for a file (`rtc` false). */
  private session(rtc = this.webrtc): VivavoceClient {
    if (this.client) return this.client;
    const client = (this.client = new VivavoceClient({ url: location.href, key: this.key || undefined, rtc }));
    const number = (this.sessions += 1);
    const audio = { encoding: "pcm_s16le", sample_rate: this.context().sampleRate, channels: 1 } as const;
    const config: SessionConfig = { mode: this.replies ? "chat" : "transcribe", audio, ...(this.record ? { record: true } : {}) };
    if (this.language) config.language = this.language;
    if (this.translate) config.translate = true;
    if (hotwords(this.hotwords).length) config.hotwords = hotwords(this.hotwords);
    client.on("message", (message) => this.heard(number, message));
    client.on("state", (state) => this.turned(client, state));
    client.start(config);
    return client;
  }

  /** End the session under way; what it still says is shown, but nothing more goes into it. */
  private leave(remark: string): void {
    const { client } = this;
    this.client = undefined;
    this.paused = false;
    if (client?.protocol?.sessionId) client.end();
    else client?.close();
    if (remark) this.conversation = remarked(this.conversation, remark);
  }

  private heard(session: number, message: ServerMessage): void {
    if (session < this.shownFrom) return;
    this.conversation = after(this.conversation, session, message);
    if (message.type === "transcript.final" && message.source === "text") this.outgoing = this.outgoing.slice(1);
    if (message.type === "audio.ack" && this.progress > 0.995) this.playing = undefined;
    if (message.type === "error" && !message.fatal) this.own = words.serverSays(message.message);
    if (message.type === "session.ended" && message.reason === "idle") this.own = words.idleEnded();
    this.watching.changed();
  }

  private turned(client: VivavoceClient, state: State): void {
    if (client !== this.client) return;
    if (state.name !== "reconnecting") this.dismissed = undefined;
    this.connection = state;
    if (state.name === "failed" || state.name === "ended") {
      this.client = undefined;
      this.paused = false;
      this.stopMicrophone();
      this.stopFile();
      for (const text of this.outgoing) this.conversation = remarked(this.conversation, `Not sent: “${text}”`);
      this.outgoing = [];
    }
    this.watching.changed();
  }

  private say(notice: words.Notice | undefined): void {
    this.own = notice;
    this.dismissed = undefined;
    this.watching.changed();
  }
}
