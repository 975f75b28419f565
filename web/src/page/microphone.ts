/** The microphone as frames of samples, at the audio context's own rate. */

import { MicrophoneFault } from "./words.ts";
import workletUrl from "./worklet.ts?worker&url";

export interface Listener {
  /** About 32 ms of mono sound, -1 to 1; the array is the listener's own. */
  samples: (samples: Float32Array) => void;
  /** The device has gone. */
  gone: () => void;
}

const RATES = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000];
const loaded = new WeakMap<AudioContext, Promise<void>>();

/** A context at the device's own rate where the protocol has it, else at 48 kHz. */
export function openContext(): AudioContext {
  const own = new AudioContext({ latencyHint: "interactive" });
  if (RATES.includes(own.sampleRate)) return own;
  void own.close();
  return new AudioContext({ latencyHint: "interactive", sampleRate: 48000 });
}

export class Microphone {
  private readonly stream: MediaStream;
  private readonly nodes: AudioNode[];

  private constructor(stream: MediaStream, nodes: AudioNode[]) {
    this.stream = stream;
    this.nodes = nodes;
  }

  /** Asks the person, then listens to this `device` ("": the browser's choice; also when it is not there any more). Rejects with what `microphoneRefused` can put into words. */
  static async open(context: AudioContext, listener: Listener, device = ""): Promise<Microphone> {
    if (!globalThis.isSecureContext || !navigator.mediaDevices || !context.audioWorklet) {
      throw new MicrophoneFault("insecure");
    }
    const wanted = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    const exactly = device ? { ...wanted, deviceId: { exact: device } } : wanted;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: exactly }).catch((reason: Error) => {
      if (!device || reason.name !== "OverconstrainedError") throw reason;
      return navigator.mediaDevices.getUserMedia({ audio: wanted });
    });
    await context.resume();
    let loading = loaded.get(context);
    if (!loading) loaded.set(context, (loading = context.audioWorklet.addModule(workletUrl)));
    await loading;
    const source = context.createMediaStreamSource(stream);
    const capture = new AudioWorkletNode(context, "vivavoce-capture", { numberOfInputs: 1, channelCount: 1 });
    capture.port.onmessage = ({ data }: MessageEvent<Float32Array>) => listener.samples(data);
    stream.getAudioTracks()[0]?.addEventListener("ended", listener.gone);
    // A node that leads nowhere need not be run; this one leads to the loudspeakers, and gives silence.
    source.connect(capture).connect(context.destination);
    return new Microphone(stream, [source, capture]);
  }

  /** What it gives, as WebRTC takes it. */
  get track(): MediaStreamTrack | null {
    return this.stream.getAudioTracks()[0] ?? null;
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
    for (const node of this.nodes) node.disconnect();
  }
}

/** How loud samples are, 0 to 1: their RMS on a scale of decibels from -60 to 0. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const value of samples) sum += value * value;
  const decibels = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12);
  return Math.max(0, Math.min(1, (decibels + 60) / 60));
}

/** The microphones there are, each with a name. Browsers name them only once the person has allowed one. */
export async function microphones(): Promise<readonly { id: string; name: string }[]> {
  const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const found = all.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId && deviceId !== "default" && deviceId !== "communications");
  return found.map(({ deviceId: id, label }, at) => ({ id, name: label || `Microphone ${at + 1}` }));
}
