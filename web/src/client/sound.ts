/** Samples in -1 to 1 as 16 bit; what is beyond is clipped. */
export function pcm16(samples: Float32Array): Int16Array {
  return Int16Array.from(samples, (value) => Math.max(-32768, Math.min(32767, Math.round(value * 32768))));
}
