/**
 * A WebRTC connection that is used like a WebSocket: texts go over its data channel, sound by RTP from a track, so frames
 * of samples are taken and go nowhere. Its first text is `session.start`, which becomes the query of `POST /whip`.
 */

import type { SessionConfig } from "./notes.ts";

const CHANNEL = "vivavoce.v1";
const GATHER_MS = 1_000;
const AGAIN_MS = 1_000;
/** When no connection comes of it within this time, somebody else should try (milliseconds). */
export const CONNECT_MS = 5_000;

/** What `VivavoceClient` needs of a socket. */
export interface Link {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent<string>) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(frame: string | Int16Array<ArrayBuffer>): void;
  close(): void;
}

export class RtcLink implements Link {
  onopen: Link["onopen"] = null;
  onmessage: Link["onmessage"] = null;
  onclose: Link["onclose"] = null;
  private readonly pc = new RTCPeerConnection();
  private readonly channel = this.pc.createDataChannel(CHANNEL);
  private readonly sender: RTCRtpSender;
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private begun = false;
  /** The connection's resource at the server, once there is one. */
  private where = "";
  private over = false;
  private samples = 0;

  /** `url`: the server's, http(s) or ws(s); `track`: what is heard, if anything yet. */
  constructor(url: string, key: string | undefined, track: MediaStreamTrack | null) {
    const at = new URL("./", url);
    at.protocol = at.protocol.replace("ws", "http");
    at.pathname = at.pathname.replace(/v1\/$/, "");
    this.base = at.href;
    this.headers = key ? { Authorization: `Bearer ${key}` } : {};
    this.sender = this.pc.addTransceiver(track ?? "audio", { direction: "sendonly" }).sender;
    this.channel.onmessage = (event: MessageEvent<string>) => this.onmessage?.(event);
    this.channel.onclose = () => this.closed();
    this.pc.onconnectionstatechange = () => {
      if (this.pc.connectionState === "failed" || this.pc.connectionState === "closed") this.closed();
      else if (this.pc.connectionState === "disconnected") void this.moved();
    };
    queueMicrotask(() => this.onopen?.(new Event("open")));
  }

  /** Another microphone, or none. */
  carry(track: MediaStreamTrack | null): void {
    void this.sender.replaceTrack(track).catch(() => this.closed());
  }

  send(frame: string | Int16Array<ArrayBuffer>): void {
    if (typeof frame !== "string") this.dropped(frame.length);
    else if (this.begun) this.channel.send(frame);
    else {
      this.begun = true;
      this.call(JSON.parse(frame) as SessionConfig).catch(() => this.closed());
    }
  }

  close(): void {
    this.over = true;
    this.pc.close();
  }

  private async call(config: SessionConfig): Promise<void> {
    const told = await fetch(new URL("v1/ice", this.base), { headers: this.headers });
    if (told.ok) this.pc.setConfiguration((await told.json()) as RTCConfiguration);
    await this.pc.setLocalDescription();
    await this.gathered();
    const answer = await fetch(new URL(`whip?${query(config)}`, this.base), {
      method: "POST",
      headers: { ...this.headers, "Content-Type": "application/sdp" },
      body: this.pc.localDescription?.sdp ?? "",
    });
    if (answer.status !== 201) throw new Error(`no answer to the offer (${answer.status})`);
    this.where = new URL(answer.headers.get("location") ?? "", answer.url).href;
    await this.pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
  }

  /** The network may be another one by now: a way is looked for anew, until there is one, or the connection has failed. */
  private async moved(): Promise<void> {
    while (this.where && !this.over && this.pc.connectionState === "disconnected") {
      const found = await this.restart().catch(() => false);
      if (found) return;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }

  /** ICE begins anew (RFC 9725, 4.3.3). False: the server knows no such connection. */
  private async restart(): Promise<boolean> {
    this.pc.restartIce();
    await this.pc.setLocalDescription();
    await this.gathered();
    const answer = await fetch(this.where, {
      method: "PATCH",
      headers: { ...this.headers, "Content-Type": "application/trickle-ice-sdpfrag", "If-Match": "*" },
      body: iceOf(this.pc.localDescription?.sdp ?? ""),
    });
    const before = this.pc.currentRemoteDescription?.sdp;
    if (answer.status !== 200 || !before) return false;
    await this.pc.setRemoteDescription({ type: "answer", sdp: withIce(before, await answer.text()) });
    return true;
  }

  private gathered(): Promise<void> {
    return new Promise((done) => {
      const look = () => this.pc.iceGatheringState === "complete" && done();
      this.pc.onicegatheringstatechange = look;
      setTimeout(done, GATHER_MS);
      look();
    });
  }

  /** The same sound goes by RTP: as far as the caller goes, it has arrived. */
  private dropped(samples: number): void {
    this.samples += samples;
    const data = JSON.stringify({ type: "audio.ack", samples: this.samples });
    queueMicrotask(() => this.onmessage?.(new MessageEvent("message", { data })));
  }

  private closed(): void {
    if (this.over) return;
    this.close();
    this.onclose?.(new CloseEvent("close", { code: 1006 }));
  }
}

/** The parts of `session.start` that WHIP takes as a query. */
function query(config: SessionConfig): URLSearchParams {
  const { mode, language, prompt, translate, record, endpointing, hotwords, metadata } = config;
  const out = new URLSearchParams({ mode });
  for (const [name, value] of Object.entries({ language, prompt, translate, record, ...endpointing })) {
    if (value !== undefined && value !== null) out.set(name, String(value));
  }
  for (const word of hotwords ?? []) out.append("hotwords", word);
  for (const [name, value] of Object.entries(metadata ?? {})) out.set(`metadata.${name}`, value);
  return out;
}

const ICE = /^a=(?:ice-ufrag|ice-pwd|candidate|end-of-candidates|mid)\b.*$/;

/** What a description says of ICE, as a fragment (RFC 8840, 9): of its first part, which carries all others. */
export function iceOf(sdp: string): string {
  const [session = "", first = ""] = sdp.split(/^(?=m=)/m);
  const lines = [...session.split(/\r?\n/), ...first.split(/\r?\n/)].filter((line) => ICE.test(line));
  return ["m=audio 9 UDP/TLS/RTP/SAVPF 0", ...lines, ""].join("\r\n");
}

/** A description whose ICE is that of a fragment. */
export function withIce(sdp: string, fragment: string): string {
  const fresh = fragment.split(/\r?\n/).filter((line) => ICE.test(line) && !line.startsWith("a=mid"));
  const credentials = fresh.filter((line) => line.startsWith("a=ice-"));
  const candidates = fresh.filter((line) => !line.startsWith("a=ice-"));
  let first = true;
  const lines = sdp.split(/\r?\n/).flatMap((line) => {
    if (line.startsWith("a=mid") || !ICE.test(line)) return [line];
    if (!line.startsWith("a=ice-pwd")) return [];
    const here = first ? [...credentials, ...candidates] : credentials;
    first = false;
    return here;
  });
  return lines.join("\r\n");
}
