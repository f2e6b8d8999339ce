import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * Checks passwords that `htpasswd -B` and others have hashed: bcrypt, Provos and Mazières, "A Future-Adaptable Password Scheme" (1999).
 * Only checking, never making; written here because it is small and Node has everything else that the registry needs.
 */

export const BCRYPT_PATTERN =
  /^\$2[aby]\$(0[4-9]|1[0-9]|2[0-9]|3[01])\$([./A-Za-z0-9]{22})([./A-Za-z0-9]{31})$/;

const ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const PLAINTEXT = Buffer.from('OrpheanBeholderScryDoubt');
/** bcrypt reads no more of a password than this, its closing zero included. */
const KEY_BYTES = 72;
const P_WORDS = 18;
const S_WORDS = 4 * 256;
/** About a millisecond of work between two turns of the event loop. */
const ROUNDS_PER_TURN = 4;

/** Whether `password` is what `stored` (of the form BCRYPT_PATTERN) was made from, by the bytes of the hash. */
export async function bcryptMatches(
  password: string,
  stored: string,
  equal: (a: string, b: string) => boolean,
): Promise<boolean> {
  const match = BCRYPT_PATTERN.exec(stored);
  if (match === null) return false;
  const [, cost = '', salt = '', wanted = ''] = match;
  const key = Buffer.concat([Buffer.from(password), Buffer.alloc(1)]).subarray(0, KEY_BYTES);
  return equal(encode(await hash(key, decode(salt).subarray(0, 16), Number(cost))), wanted);
}

async function hash(key: Buffer, salt: Buffer, cost: number): Promise<Buffer> {
  const cipher = new Blowfish();
  const keyWords = words(key, P_WORDS);
  const saltWords = words(salt, P_WORDS);
  cipher.expand(keyWords, words(salt, 4));
  const none = new Int32Array(4);
  for (let round = 0; round < 2 ** cost; round++) {
    if (round % ROUNDS_PER_TURN === ROUNDS_PER_TURN - 1) await nextTurn();
    cipher.expand(keyWords, none);
    cipher.expand(saltWords, none);
  }
  const block = words(PLAINTEXT, 6);
  for (let times = 0; times < 64; times++) {
    for (let at = 0; at < 6; at += 2) cipher.encrypt(block, at);
  }
  const out = Buffer.alloc(24);
  for (const [index, word] of block.entries()) out.writeInt32BE(word, index * 4);
  // The last byte has always been left out.
  return out.subarray(0, 23);
}

/** A constant; computed when the first password is checked, because most registries never do. */
let pi: Int32Array | undefined;

/** Schneier's Blowfish with the key schedule that a salt disturbs. */
class Blowfish {
  readonly #p: Int32Array;
  readonly #s: Int32Array;

  constructor() {
    pi ??= piWords();
    this.#p = pi.slice(0, P_WORDS);
    this.#s = pi.slice(P_WORDS);
  }

  expand(key: Int32Array, salt: Int32Array): void {
    const p = this.#p;
    const s = this.#s;
    for (let at = 0; at < P_WORDS; at++) p[at] = (p[at] ?? 0) ^ (key[at] ?? 0);
    const block = new Int32Array(2);
    let turn = 0;
    const fill = (target: Int32Array) => {
      for (let at = 0; at < target.length; at += 2) {
        block[0] = (block[0] ?? 0) ^ (salt[turn] ?? 0);
        block[1] = (block[1] ?? 0) ^ (salt[turn + 1] ?? 0);
        turn ^= 2;
        this.encrypt(block, 0);
        target[at] = block[0] ?? 0;
        target[at + 1] = block[1] ?? 0;
      }
    };
    fill(p);
    fill(s);
  }

  encrypt(block: Int32Array, at: number): void {
    const p = this.#p;
    const s = this.#s;
    let left = block[at] ?? 0;
    let right = block[at + 1] ?? 0;
    for (let round = 0; round < 16; round++) {
      left ^= p[round] ?? 0;
      const mixed =
        ((((s[left >>> 24] ?? 0) + (s[256 + ((left >>> 16) & 255)] ?? 0)) ^
          (s[512 + ((left >>> 8) & 255)] ?? 0)) +
          (s[768 + (left & 255)] ?? 0)) |
        0;
      const next = right ^ mixed;
      right = left;
      left = next;
    }
    // The last round does not swap.
    block[at] = right ^ (p[17] ?? 0);
    block[at + 1] = left ^ (p[16] ?? 0);
  }
}

/** Bytes as big-endian words, begun anew at the end, as the cipher wants its keys. */
function words(bytes: Buffer, count: number): Int32Array {
  const out = new Int32Array(count);
  for (let index = 0; index < count * 4; index++)
    out[index >> 2] = ((out[index >> 2] ?? 0) << 8) | (bytes[index % bytes.length] ?? 0);
  return out;
}

/** Blowfish begins with the hexadecimal digits of pi behind the point, which are quicker computed than written down. */
function piWords(): Int32Array {
  const count = P_WORDS + S_WORDS;
  const guard = 64n;
  const bits = BigInt(count * 32) + guard;
  const arctanOfInverse = (n: bigint) => {
    let power = (1n << bits) / n;
    let sum = power;
    for (let k = 3n; power !== 0n; k += 2n) {
      power /= -(n * n);
      sum += power / k;
    }
    return sum;
  };
  // Machin's formula.
  const scaled = (16n * arctanOfInverse(5n) - 4n * arctanOfInverse(239n)) >> guard;
  const digits = (scaled - (3n << (bits - guard))).toString(16).padStart(count * 8, '0');
  return Int32Array.from({ length: count }, (_, index) =>
    Number.parseInt(digits.slice(index * 8, index * 8 + 8), 16),
  );
}

function encode(bytes: Buffer): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    const letters = Math.min(4, bytes.length - at + 1);
    for (let index = 0; index < letters; index++) text += ALPHABET[(group >> (18 - 6 * index)) & 63] ?? '';
  }
  return text;
}

function decode(text: string): Buffer {
  let bits = '';
  for (const letter of text) bits += ALPHABET.indexOf(letter).toString(2).padStart(6, '0');
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}
