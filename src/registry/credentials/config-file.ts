import { isFields, SallyportError } from '../../base/index.ts';
import type { Credentials } from '../types.ts';

/** What a docker config.json, a podman auth.json or a .dockercfg says, checked for shape only. */
export interface CredentialsFile {
  /** Path or variable, for messages. */
  readonly origin: string;
  readonly auths: Readonly<Record<string, unknown>>;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore: string | undefined;
}

/** Throws `CREDENTIALS_INVALID` naming `origin`, never showing content: the parser's own message would quote secrets. */
export function parseCredentialsFile(
  text: string,
  origin: string,
  format: 'config' | 'legacy',
): CredentialsFile {
  const parsed = parseJson(text, origin);
  if (!isFields(parsed)) throw invalid(origin, 'is not a JSON object');
  if (format === 'legacy') return { origin, auths: parsed, credHelpers: {}, credsStore: undefined };
  const {
    auths = {},
    credHelpers = {},
    credsStore,
  } = parsed as { auths?: unknown; credHelpers?: unknown; credsStore?: unknown };
  if (!isFields(auths)) throw invalid(origin, 'has `auths` that is not an object');
  if (!isFields(credHelpers)) throw invalid(origin, 'has `credHelpers` that is not an object');
  const helpers: Record<string, string> = {};
  for (const [host, name] of Object.entries(credHelpers)) {
    if (typeof name !== 'string') throw invalid(origin, `names no helper for ${host} in \`credHelpers\``);
    helpers[host] = name;
  }
  return {
    origin,
    auths,
    credHelpers: helpers,
    credsStore: typeof credsStore === 'string' && credsStore !== '' ? credsStore : undefined,
  };
}

/** One entry of `auths`; undefined when it is empty, as Docker Desktop leaves them beside its helper. Throws `CREDENTIALS_INVALID`. */
export function readEntry(entry: unknown, key: string, origin: string): Credentials | undefined {
  if (!isFields(entry)) throw invalid(origin, `has an entry for ${key} that is not an object`);
  const text = (name: string): string => (typeof entry[name] === 'string' ? entry[name] : '');
  if (text('identitytoken') !== '')
    return { origin, kind: 'identityToken', identityToken: text('identitytoken') };
  if (text('registrytoken') !== '')
    return { origin, kind: 'registryToken', registryToken: text('registrytoken') };
  if (text('auth') !== '') return decodeAuth(text('auth'), key, origin);
  if (text('username') === '' && text('password') === '') return undefined;
  return fromPair(text('username'), text('password'), origin);
}

/** User `<token>` marks an OAuth2 refresh token (docker-credential-helpers protocol). */
export function fromPair(username: string, secret: string, origin: string): Credentials {
  return username === '<token>'
    ? { origin, kind: 'identityToken', identityToken: secret }
    : { origin, kind: 'password', username, password: secret };
}

/** base64 of `user:password`; the password may hold colons, and docker pads it with NUL bytes. */
function decodeAuth(auth: string, key: string, origin: string): Credentials {
  const pair = Buffer.from(auth, 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = pair.indexOf(':');
  if (colon < 1 || !/^[A-Za-z0-9+/_=\s-]+$/.test(auth))
    throw invalid(origin, `has an \`auth\` for ${key} that is not base64 of user:password`);
  return fromPair(pair.slice(0, colon), pair.slice(colon + 1), origin);
}

function parseJson(text: string, origin: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const position = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    const line = position === undefined ? undefined : text.slice(0, Number(position)).split('\n').length;
    throw invalid(origin, `is not valid JSON${line === undefined ? '' : ` (line ${line})`}`);
  }
}

export function invalid(origin: string, why: string): SallyportError {
  return new SallyportError('CREDENTIALS_INVALID', why, { subject: origin });
}
