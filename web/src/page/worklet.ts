/** In the audio thread: gathers the microphone's quanta (128 samples) into frames and posts them, mono. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
declare const sampleRate: number;

const QUANTUM = 128;
const FRAME_S = 0.032;
const FRAME = Math.ceil((sampleRate * FRAME_S) / QUANTUM) * QUANTUM;

class Capture extends AudioWorkletProcessor {
  private frame = new Float32Array(FRAME);
  private filled = 0;

  process(inputs: Float32Array[][]): boolean {
    const quantum = inputs[0]?.[0];
    if (!quantum) return true;
    this.frame.set(quantum, this.filled);
    this.filled += quantum.length;
    if (this.filled >= FRAME) {
      this.port.postMessage(this.frame, [this.frame.buffer]); // given away: nothing is copied, nothing is left here
      this.frame = new Float32Array(FRAME);
      this.filled = 0;
    }
    return true;
  }
}

registerProcessor("vivavoce-capture", Capture);
