import { isUtf8 } from 'node:buffer';
import { SallyportError } from '../base/index.ts';
import { invalidYaml } from './invalid.ts';
import type { YamlSource } from './types.ts';

/**
 * A file ready to be read. Throws `YAML_INVALID` for what is not UTF-8 text (YAML allows UTF-16, kubectl does not read it).
 */
export function openSource(file: { readonly path: string; readonly bytes: Buffer }): YamlSource {
  const { path, bytes } = file;
  if (isUtf16(bytes)) {
    throw new SallyportError('YAML_INVALID', 'is UTF-16 text; manifests are read as UTF-8', {
      subject: path,
      hint: 'Convert it, for example with `iconv -f UTF-16 -t UTF-8 FILE`.',
    });
  }
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const source: YamlSource = { path, bytes, text: bytes.toString('latin1'), start };
  if (!isUtf8(bytes)) throw invalidYaml(source, firstBadByte(bytes), 'the bytes are not valid UTF-8', 'hide');
  return source;
}

/** By its byte-order mark, or by the zero byte that every ASCII character has in it. */
function isUtf16(bytes: Buffer): boolean {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true;
  return bytes.length >= 4 && ((a !== 0 && b === 0 && d === 0) || (a === 0 && b !== 0 && c === 0));
}

/** Decoding puts U+FFFD where bytes are bad; the first one that the file does not hold itself is the place. */
function firstBadByte(bytes: Buffer): number {
  const text = bytes.toString('utf8');
  let offset = 0;
  let from = 0;
  for (let at = text.indexOf('\ufffd'); at !== -1; at = text.indexOf('\ufffd', from)) {
    offset += Buffer.byteLength(text.slice(from, at));
    if (bytes.toString('latin1', offset, offset + 3) !== '\u00ef\u00bf\u00bd') return offset;
    offset += 3;
    from = at + 1;
  }
  return offset;
}
