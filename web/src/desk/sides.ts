/** The sound of both sides of a call that this page brings: the agent's microphone and a tab, or a file of two channels. */

import { openContext } from "../page/microphone.ts";
import { MicrophoneFault } from "../page/words.ts";
import pairUrl from "./pair.ts?worker&url";

export interface Sides {
  rate: number;
  close: () => void;
}

export class SidesFault extends Error {}

type Take = (interleaved: Float32Array) => void;

/** The agent's microphone, and the sound of a tab or window that the agent shares. Rejects with what can be told. */
export async function live(take: Take, gone: () => void): Promise<Sides> {
  if (!globalThis.isSecureContext || !navigator.mediaDevices) throw new MicrophoneFault("insecure");
  const shared = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
  if (!shared.getAudioTracks().length) {
    stop(shared);
    throw new SidesFault("The customer's sound is missing: share the tab of the call, and tick “Also share tab audio”.");
  }
  const wanted = { channelCount: 1, echoCancellation: true, noiseSuppression: false, autoGainControl: true };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio: wanted }).catch((wrong) => {
    stop(shared);
    throw wrong;
  });
  const context = openContext();
  const sides = [microphone, shared].map((stream) => context.createMediaStreamSource(stream));
  const closing = await joined(context, sides, take);
  for (const stream of [microphone, shared]) stream.getAudioTracks()[0]?.addEventListener("ended", gone);
  return { rate: context.sampleRate, close: () => [closing(), stop(microphone), stop(shared)] };
}

/** A file in its own time, and heard: channel 0 is the agent, 1 the customer. Rejects when it is none of two channels. */
export async function played(file: Blob, take: Take, over: () => void): Promise<Sides> {
  const context = openContext();
  const sound = await context.decodeAudioData(await file.arrayBuffer()).catch(() => undefined);
  if (sound?.numberOfChannels !== 2) {
    void context.close();
    throw new SidesFault("This is no sound of two channels: the agent on the left one, the customer on the right one.");
  }
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  const split = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
  source.connect(split);
  source.connect(context.destination);
  const sides = [0, 1].map((channel) => {
    const one = new GainNode(context);
    split.connect(one, channel);
    return one;
  });
  const closing = await joined(context, sides, take);
  source.addEventListener("ended", over);
  source.start();
  return { rate: context.sampleRate, close: closing };
}

async function joined(context: AudioContext, sides: readonly AudioNode[], take: Take): Promise<() => void> {
  await context.resume();
  await context.audioWorklet.addModule(pairUrl);
  const merged = new ChannelMergerNode(context, { numberOfInputs: 2 });
  sides.forEach((side, channel) => side.connect(merged, 0, channel));
  const options = { numberOfInputs: 1, channelCount: 2, channelCountMode: "explicit", channelInterpretation: "discrete" } as const;
  const pair = new AudioWorkletNode(context, "vivavoce-pair", options);
  pair.port.onmessage = ({ data }: MessageEvent<Float32Array>) => take(data);
  // A node that leads nowhere need not be run; this one leads to the loudspeakers, and gives silence.
  merged.connect(pair).connect(context.destination);
  return () => void context.close();
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
