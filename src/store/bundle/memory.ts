/** Memory for the chunks of readings, filled again once it is given back. */
export interface Memory {
  /** So many bytes, at most a chunk. What they hold is left over from before. */
  take(length: number): Buffer;
  /** Only what `take` gave is taken, and once. */
  takeBack(chunk: Buffer): void;
}

export function createMemory(chunkSize: number): Memory {
  const spare: ArrayBuffer[] = [];
  const lent = new WeakSet<ArrayBufferLike>();
  return {
    take: (length) => {
      const memory = spare.pop() ?? new ArrayBuffer(chunkSize);
      lent.add(memory);
      return Buffer.from(memory, 0, length);
    },
    takeBack: ({ buffer }) => {
      if (buffer instanceof ArrayBuffer && lent.delete(buffer)) spare.push(buffer);
    },
  };
}
