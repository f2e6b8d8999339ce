import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { SallyportError } from '../../base/index.ts';
import { BCRYPT_PATTERN, bcryptMatches } from './bcrypt.ts';

/** One user's stored password in one of the forms that can be checked. */
interface Stored {
  readonly matches: (password: string) => Promise<boolean>;
}

interface Scheme {
  readonly pattern: RegExp;
  readonly make: (text: string) => Stored;
}

/** The forms of Apache's htpasswd file that are still of use. */
const SCHEMES: readonly Scheme[] = [
  {
    // `htpasswd -B`, what Docker's registry wants too.
    pattern: BCRYPT_PATTERN,
    make: (text) => ({ matches: (password) => bcryptMatches(password, text, safeEqual) }),
  },
  {
    // `htpasswd -s`: weak, but what some tools write.
    pattern: /^\{SHA\}[A-Za-z0-9+/]{27}=$/,
    make: (text) => ({
      matches: async (password) =>
        safeEqual(`{SHA}${createHash('sha1').update(password).digest('base64')}`, text),
    }),
  },
];

/** The users of a registry. Checks in about the same time whether a user exists or not. */
export class Passwords {
  readonly #users = new Map<string, Stored>();
  /** Right answers, kept under a key of this process, because slow hashes would be asked with every request. */
  readonly #known = new Map<string, string>();
  readonly #key = randomBytes(32);

  constructor(options: {
    readonly users?: Readonly<Record<string, string>>;
    readonly htpasswd?: string;
    readonly htpasswdFile?: string;
  }) {
    for (const [user, password] of Object.entries(options.users ?? {}))
      this.#users.set(user, { matches: async (given) => safeEqual(given, password) });
    for (const [index, line] of (options.htpasswd ?? '').split(/\r?\n/).entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue;
      const [user, stored] = readLine(line, `${options.htpasswdFile ?? 'htpasswd'} line ${index + 1}`);
      this.#users.set(user, stored);
    }
  }

  async check(user: string, password: string): Promise<boolean> {
    const mark = createHmac('sha256', this.#key).update(`${user}\0${password}`).digest('hex');
    const known = this.#known.get(user);
    if (known !== undefined && safeEqual(known, mark)) return true;
    const stored = this.#users.get(user);
    // For an unknown user somebody else's password is checked, so that the time does not tell the names.
    const [other] = this.#users.values();
    const matches = await (stored ?? other)?.matches(password);
    if (stored === undefined || matches !== true) return false;
    this.#known.set(user, mark);
    return true;
  }
}

function readLine(line: string, subject: string): [string, Stored] {
  const colon = line.indexOf(':');
  const user = line.slice(0, Math.max(0, colon));
  const text = line.slice(colon + 1).trim();
  const scheme = SCHEMES.find(({ pattern }) => pattern.test(text));
  if (user === '' || scheme === undefined)
    throw new SallyportError(
      'CONFIG_INVALID',
      'is no line of an htpasswd file with a password in a known form',
      {
        // Never the text: it is a password hash.
        subject,
        hint: 'Write it with `htpasswd -B`; MD5 and crypt passwords are not taken.',
      },
    );
  return [user, scheme.make(text)];
}

/** Compares in a time that does not depend on where the difference is. */
export function safeEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** User and password of a Basic `Authorization` header (RFC 7617), or undefined. */
export function readBasic(
  header: string | undefined,
): { readonly user: string; readonly password: string } | undefined {
  const match = header === undefined ? null : /^basic +([A-Za-z0-9+/=_-]+)$/i.exec(header);
  if (match?.[1] === undefined) return undefined;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : { user: text.slice(0, colon), password: text.slice(colon + 1) };
}
