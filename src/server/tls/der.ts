/**
 * Just enough of DER (ITU-T X.690) to write a certificate: node:crypto makes keys and signatures and reads certificates,
 * but writes none. Each function gives one encoded value.
 */

const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** A value under any tag, for the context-specific ones of X.509. */
export function tagged(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body]);
}

/** Context-specific and constructed: `[number]` around whole values. */
export const explicit = (number: number, ...content: readonly Buffer[]): Buffer =>
  tagged(0xa0 | number, ...content);

/** Context-specific and primitive: `[number]` in place of the value's own tag. */
export const implicit = (number: number, content: Buffer): Buffer => tagged(0x80 | number, content);

export const sequence = (...items: readonly Buffer[]): Buffer => tagged(TAG.sequence, ...items);
export const set = (...items: readonly Buffer[]): Buffer => tagged(TAG.set, ...items);
export const octetString = (content: Buffer): Buffer => tagged(TAG.octetString, content);
export const utf8 = (text: string): Buffer => tagged(TAG.utf8, Buffer.from(text, 'utf8'));
export const boolean = (value: boolean): Buffer => tagged(TAG.boolean, Buffer.from([value ? 0xff : 0]));

/** A positive whole number, big-endian: no leading zero bytes but the one that keeps the sign. */
export function integer(value: Buffer | number): Buffer {
  const bytes = typeof value === 'number' ? Buffer.from([value]) : value;
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = first === -1 ? Buffer.from([0]) : bytes.subarray(first);
  return tagged(TAG.integer, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short);
}

/** Whole bytes of bits; `unused` of the last one do not count. */
export function bitString(content: Buffer, unused = 0): Buffer {
  return tagged(TAG.bitString, Buffer.from([unused]), content);
}

/** Dotted, for example `1.2.840.10045.4.3.2`. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tagged(TAG.oid, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280 section 4.1.2.5); whole seconds. */
export function time(at: Date): Buffer {
  const digits = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:T]/g, '');
  return at.getUTCFullYear() < 2050
    ? tagged(TAG.utcTime, Buffer.from(digits.slice(2)))
    : tagged(TAG.generalizedTime, Buffer.from(digits));
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128))
    groups.unshift((rest & 0x7f) | 0x80);
  return groups;
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}
