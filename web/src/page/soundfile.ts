/** A sound file as mono samples at the context's rate, given piece by piece as quickly as the server's credit allows. */

import type { VivavoceClient } from "../client.ts";

/** A file on its way. */
export interface Playing {
  name: string;
  /** The session's sample at which it began, and how many it has; 0 while it is being read. */
  begin: number;
  samples: number;
  stop: AbortController;
}

const PIECE_S = 0.1;

/** Rejects when the browser cannot read the file as sound. */
export async function decode(context: BaseAudioContext, file: Blob): Promise<Float32Array> {
  const sound = await context.decodeAudioData(await file.arrayBuffer());
  const mono = new Float32Array(sound.length);
  for (let channel = 0; channel < sound.numberOfChannels; channel += 1) {
    const samples = sound.getChannelData(channel);
    for (let at = 0; at < mono.length; at += 1) mono[at]! += samples[at]! / sound.numberOfChannels;
  }
  return mono;
}

/** Gives all samples to the client. Rejects when the session is over; ends early when `stop` is aborted. */
export async function play(client: VivavoceClient, samples: Float32Array, rate: number, stop: AbortSignal): Promise<void> {
  const piece = Math.round(rate * PIECE_S);
  for (let at = 0; at < samples.length && !stop.aborted; at += piece) {
    await client.room();
    if (!stop.aborted) client.sendAudio(samples.subarray(at, at + piece));
  }
}
