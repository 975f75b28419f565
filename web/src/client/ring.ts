/** The last seconds of a client's sound, by place: what can be sent again after a loss. Pure. */

/** Interleaved samples that begin at sample `begin` (a channel) of the session. */
export interface Chunk {
  begin: number;
  end: number;
  samples: Int16Array;
}

export class Ring {
  /** Samples (a channel) pushed so far: the place of the next one. */
  end = 0;
  private chunks: Chunk[] = [];
  private readonly capacity: number;
  private readonly channels: number;

  /** Keeps at least the last `capacity` samples (a channel). */
  constructor(capacity: number, channels: number) {
    this.capacity = capacity;
    this.channels = channels;
  }

  /** The oldest sample that can still be had. */
  get begin(): number {
    return this.chunks[0]?.begin ?? this.end;
  }

  /** Sound that follows. Throws RangeError unless it is a whole number of samples. */
  push(samples: Int16Array): void {
    if (samples.length % this.channels) {
      throw new RangeError(`${samples.length} values are no whole number of samples of ${this.channels} channels`);
    }
    if (samples.length) {
      const end = this.end + samples.length / this.channels;
      this.chunks.push({ begin: this.end, end, samples });
      this.end = end;
    }
    const oldest = this.end - this.capacity;
    const kept = this.chunks.findIndex((chunk) => chunk.end > oldest);
    if (kept > 0) this.chunks.splice(0, kept);
  }

  /** Samples (a channel) that are not here, and never will be. */
  skip(samples: number): void {
    this.end += samples;
  }

  /** The first sample from `place` on that can be had, or `end`. */
  next(place: number): number {
    const chunk = this.chunks.find((one) => one.end > place);
    return chunk ? Math.max(place, chunk.begin) : this.end;
  }

  /** Up to `most` samples from `place` on, out of one push; undefined when they are not here (yet, or any more). */
  read(place: number, most: number): Chunk | undefined {
    const chunk = this.chunks.find((one) => one.begin <= place && place < one.end);
    if (!chunk) return undefined;
    const end = Math.min(chunk.end, place + most);
    const cut = (at: number) => (at - chunk.begin) * this.channels;
    return { begin: place, end, samples: chunk.samples.subarray(cut(place), cut(end)) };
  }
}
