import { WireError } from './head.ts';

/** Takes the chunked coding off (RFC 9112 section 7.1). */
export interface ChunkedReader {
  /** Hands the content in `bytes` to `give`. Gives what follows the end of the body, or undefined when it has not ended. Throws `WireError`. */
  read(bytes: Buffer, give: (content: Buffer) => void): Buffer | undefined;
}

/** Sizes, extensions and trailers are lines; none of ours is near so long. */
const MAX_LINE = 8 * 1024;
const MAX_TRAILERS = 100;
const SIZE = /^([0-9a-fA-F]{1,12})[ \t]*(?:;.*)?$/;

type State = 'size' | 'content' | 'after content' | 'trailers';

export function createChunkedReader(): ChunkedReader {
  let state: State = 'size';
  let left = 0;
  let line = '';
  let trailers = 0;

  /** True when the line was the last of the body. */
  const take = (text: string): boolean => {
    switch (state) {
      case 'size': {
        const size = SIZE.exec(text)?.[1];
        if (size === undefined) throw new WireError('HPE_INVALID_CHUNK_SIZE', 'has a chunk without a size');
        left = Number.parseInt(size, 16);
        state = left === 0 ? 'trailers' : 'content';
        return false;
      }
      case 'after content':
        if (text !== '') throw new WireError('HPE_STRICT', 'has a chunk that is longer than it says');
        state = 'size';
        return false;
      default:
        if (++trailers > MAX_TRAILERS) throw new WireError('HPE_HEADER_OVERFLOW', 'has too many trailers');
        return text === '';
    }
  };

  return {
    read: (bytes, give) => {
      let at = 0;
      while (at < bytes.length) {
        if (state === 'content') {
          const content = bytes.subarray(at, at + left);
          at += content.length;
          left -= content.length;
          if (left === 0) state = 'after content';
          give(content);
          continue;
        }
        const end = bytes.indexOf(0x0a, at);
        line += bytes.toString('latin1', at, end < 0 ? bytes.length : end);
        if (line.length > MAX_LINE) throw new WireError('HPE_HEADER_OVERFLOW', 'has a line without an end');
        if (end < 0) return undefined;
        at = end + 1;
        if (!line.endsWith('\r'))
          throw new WireError('HPE_CR_EXPECTED', 'has a line that ends with LF alone');
        const text = line.slice(0, -1);
        line = '';
        if (take(text)) return bytes.subarray(at);
      }
      return undefined;
    },
  };
}
