import { Readable } from 'node:stream';

/** A source read once from front to back, handed out in pieces. */
export interface Slices {
  /** `length` bytes from `offset` on; opens the source anew only when that is not where it stands. */
  take(offset: number, length: number): Promise<Readable>;
  close(): void;
}

export function createSlices(open: (offset: number) => Promise<Readable>): Slices {
  let stream: Readable | undefined;
  let bytes: AsyncIterator<Buffer> | undefined;
  let rest: Buffer | undefined;
  let position = 0;

  const close = (): void => {
    stream?.destroy();
    stream = undefined;
    bytes = undefined;
    rest = undefined;
  };

  async function* piece(length: number): AsyncGenerator<Buffer> {
    let left = length;
    while (left > 0) {
      const chunk = rest ?? (await nextChunk());
      rest = undefined;
      if (chunk === undefined) return; // too short: whoever sends it compares the length
      const taken = chunk.subarray(0, left);
      if (taken.length < chunk.length) rest = chunk.subarray(taken.length);
      left -= taken.length;
      position += taken.length;
      yield taken;
    }
  }

  const nextChunk = async (): Promise<Buffer | undefined> => {
    const result = await bytes?.next();
    return result === undefined || result.done === true ? undefined : result.value;
  };

  return {
    take: async (offset, length) => {
      if (bytes === undefined || position !== offset) {
        close();
        stream = await open(offset);
        bytes = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
        position = offset;
      }
      return Readable.from(piece(length), { objectMode: false, highWaterMark: 256 * 1024 });
    },
    close,
  };
}
