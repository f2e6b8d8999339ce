import { readFile } from 'node:fs/promises';
import { type Clock, systemClock, systemCode } from '../../base/index.ts';
import type { CredentialSource, Credentials } from '../types.ts';
import { type CredentialsFile, invalid, parseCredentialsFile, readEntry } from './config-file.ts';
import { createHelpers, type Helpers } from './helper.ts';
import { bestMatch, candidateKeys, helperServer } from './keys.ts';
import { type Location, locations } from './locations.ts';

export interface CredentialSourceOptions {
  /** For DOCKER_AUTH_CONFIG, REGISTRY_AUTH_FILE, DOCKER_CONFIG, XDG_RUNTIME_DIR, XDG_CONFIG_HOME; given to helpers, with PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  /** The file that the configuration names for a host; nothing else is then asked for it. */
  readonly authFileFor?: (host: string) => string | undefined;
  readonly clock?: Clock;
  /** Milliseconds for one question to a credential helper. Default 60 s. */
  readonly helperTimeoutMs?: number;
}

/**
 * Credentials as docker, podman and skopeo have them: files in the order of `locations`, the longest path match in each,
 * `credHelpers` before `credsStore` before `auths`. Files are read once, when they are first needed.
 */
export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  const {
    env,
    homeDir,
    authFileFor = () => undefined,
    clock = systemClock,
    helperTimeoutMs = 60_000,
  } = options;
  const helpers = createHelpers({ env, clock, timeoutMs: helperTimeoutMs });
  const files = new Map<string, Promise<CredentialsFile | undefined>>();
  const read = (location: Location): Promise<CredentialsFile | undefined> => {
    const found = files.get(location.path) ?? readLocation(location);
    files.set(location.path, found);
    return found;
  };
  const inline = env['DOCKER_AUTH_CONFIG'] ?? '';

  return {
    lookup: async (host, repository, signal) => {
      const candidates = candidateKeys(host, repository);
      const named = authFileFor(host);
      if (named !== undefined) {
        return find(
          await read({ path: named, format: 'config', required: true }),
          candidates,
          helpers,
          signal,
        );
      }
      if (inline !== '') {
        const found = await find(
          parseCredentialsFile(inline, 'the variable DOCKER_AUTH_CONFIG', 'config'),
          candidates,
          helpers,
          signal,
        );
        if (found !== undefined) return found;
      }
      for (const location of locations(env, homeDir)) {
        const found = await find(await read(location), candidates, helpers, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/**
 * The credentials of an `auths` map and no others: no file is read and no helper run, whatever else the text that it came from names.
 * `origin` is for messages. Throws `CREDENTIALS_INVALID` when they are looked up and cannot be read.
 */
export function credentialsOfAuths(
  auths: Readonly<Record<string, unknown>>,
  origin: string,
): CredentialSource {
  const file = parseCredentialsFile(JSON.stringify({ auths }), origin, 'config');
  return {
    lookup: (host, repository) => Promise.resolve(entryOf(file, candidateKeys(host, repository))),
  };
}

async function find(
  file: CredentialsFile | undefined,
  candidates: readonly string[],
  helpers: Helpers,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  if (file === undefined) return undefined;
  const { origin } = file;
  const helper = bestMatch(file.credHelpers, candidates);
  if (helper !== undefined && helper.value !== '') {
    const found = await helpers.get(helper.value, helperServer(helper.key), origin, signal);
    if (found !== undefined) return found;
  } else if (file.credsStore !== undefined) {
    const host = candidates.at(-1) ?? '';
    const found = await helpers.get(file.credsStore, helperServer(host), origin, signal);
    if (found !== undefined) return found;
  }
  return entryOf(file, candidates);
}

function entryOf({ auths, origin }: CredentialsFile, candidates: readonly string[]): Credentials | undefined {
  // Entries that helpers left empty are passed over, so that a less specific one with content counts.
  const entries = Object.fromEntries(
    Object.entries(auths).filter(([key, entry]) => readsAsSomething(entry, key, origin)),
  );
  const entry = bestMatch(entries, candidates);
  return entry === undefined ? undefined : readEntry(entry.value, entry.key, origin);
}

/** Broken entries count as something, so that they are reported when they would be used and not before. */
function readsAsSomething(entry: unknown, key: string, origin: string): boolean {
  try {
    return readEntry(entry, key, origin) !== undefined;
  } catch {
    return true;
  }
}

async function readLocation({ path, format, required }: Location): Promise<CredentialsFile | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      if (required) throw invalid(path, 'does not exist');
      return undefined;
    }
    throw invalid(path, `cannot be read (${code ?? 'unknown reason'})`);
  }
  // podman creates an empty auth.json on logout.
  return text.trim() === '' ? undefined : parseCredentialsFile(text, path, format);
}
