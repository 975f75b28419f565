/** In the audio thread: gathers the agent's and the customer's quanta into interleaved frames of two channels. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

const QUANTUM = 128;
const FRAME_S = 0.032;
const FRAME = Math.ceil((sampleRate * FRAME_S) / QUANTUM) * QUANTUM * 2;

class Pair extends AudioWorkletProcessor {
  private frame = new Float32Array(FRAME);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const [agent, customer] = inputs[0] ?? [];
    for (let at = 0; at < QUANTUM; at += 1) {
      this.frame[this.filled] = agent?.[at] ?? 0;
      this.frame[this.filled + 1] = customer?.[at] ?? 0;
      this.filled += 2;
    }
    if (this.filled >= FRAME) {
      this.port.postMessage(this.frame, [this.frame.buffer]);
      this.frame = new Float32Array(FRAME);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("vivavoce-pair", Pair);

export {};
