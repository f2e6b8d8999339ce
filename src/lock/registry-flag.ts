import { SallyportError, toSallyportError } from '../base/index.ts';
import { isHost, looksLikeHost, parsePrefix, parseReference } from '../oci/index.ts';
import { keysBelow } from './config-keys.ts';
import { nearest } from './nearest.ts';
import type { RegistryConfig } from './types.ts';

/**
 * One `--registry HOST,key=value,…` as host and settings. A switch may stand alone (`plainHttp`). Throws `USAGE` for a host
 * that no reference can name, unknown or repeated keys (with the nearest one) and values of the wrong kind.
 */
export function parseRegistryFlag(text: string): [host: string, config: RegistryConfig] {
  const [host = '', ...settings] = text.split(',').map((part) => part.trim());
  const config: Record<string, string | boolean | number> = {};
  const registry = registryHost(host);
  if (registry === undefined)
    throw wrong(text, `“${withoutLogin(text).split(',', 1).join().trim()}” is not a registry host`);
  for (const setting of settings.filter((part) => part !== '')) {
    const equals = setting.indexOf('=');
    const key = equals === -1 ? setting : setting.slice(0, equals);
    const value = equals === -1 ? undefined : setting.slice(equals + 1);
    const read = Object.hasOwn(KINDS, key) ? KINDS[key as keyof RegistryConfig] : undefined;
    if (read === undefined) {
      const near = nearest(key, keysBelow('registries.*'));
      throw wrong(text, `has an unknown key “${key}”${near === undefined ? '' : ` (did you mean ${near}?)`}`);
    }
    if (Object.hasOwn(config, key)) throw wrong(text, `says ${key} twice`);
    const outcome = read(value);
    if ('reason' in outcome) throw wrong(text, `${key} ${outcome.reason}`);
    config[key] = outcome.value;
  }
  return [registry, config as RegistryConfig];
}

type Read = (
  value: string | undefined,
) => { readonly value: string | boolean | number } | { readonly reason: string };

const file: Read = (value) => (value ? { value } : { reason: 'needs a file' });

const flag: Read = (value) =>
  value === undefined || value === 'true'
    ? { value: true }
    : value === 'false'
      ? { value: false }
      : { reason: 'is true or false' };

const KINDS: Readonly<Record<keyof Required<RegistryConfig>, Read>> = {
  mirror: (value) => {
    if (!value) return { reason: 'needs HOST/PATH' };
    const reason = mirrorFault(value);
    return reason === undefined ? { value } : { reason };
  },
  plainHttp: flag,
  insecureSkipVerify: flag,
  caFile: file,
  certFile: file,
  keyFile: file,
  authFile: file,
  concurrency: (value) =>
    value !== undefined && /^[1-9][0-9]{0,2}$/.test(value)
      ? { value: Number(value) }
      : { reason: 'is a whole number from 1 to 999' },
};

/** The host as references name it (`index.docker.io` is `docker.io`); undefined for what cannot stand before a repository. */
export function registryHost(text: string): string | undefined {
  return isHost(text) && looksLikeHost(text) ? parseReference(`${text}/a/b`).registry : undefined;
}

/** Why `text` cannot be a mirror; undefined when it can. */
export function mirrorFault(text: string): string | undefined {
  try {
    parsePrefix(text);
    return undefined;
  } catch (thrown) {
    return `“${text}” ${toSallyportError(thrown).message}`;
  }
}

function wrong(text: string, reason: string): SallyportError {
  return new SallyportError('USAGE', reason, {
    subject: `--registry ${withoutLogin(text)}`,
    hint: 'Write it as HOST,key=value,… for example quay.io,mirror=mirror.corp.example/quay.io,caFile=ca.pem.',
  });
}

/** An address may be pasted with the login in it, which must not end up in a log. */
function withoutLogin(text: string): string {
  return text.replace(/:\/\/.*@/, '://');
}
