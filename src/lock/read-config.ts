import { SallyportError } from '../base/index.ts';
import { formatPlatform, parsePlatform } from '../oci/index.ts';
import { type ConfigDocument, openSource, parseConfigDocument } from '../yaml/index.ts';
import { problemOf } from './config-problems.ts';
import { DEFAULTS } from './defaults.ts';
import { registryHost } from './registry-flag.ts';
import { sumUp } from './sum-up.ts';
import type { Config, RegistryConfig, WrittenConfig } from './types.ts';

/**
 * The configuration in a file, defaults filled in; `written` tells what the file itself says. Asynchronous because the schema is
 * loaded on first use. Throws `CONFIG_INVALID` with subject `file:line:column`, all problems together.
 */
export async function readConfig(file: { readonly path: string; readonly bytes: Buffer }): Promise<Config> {
  const document = open(file);
  const { configSchema } = await import('./config-schema.ts');
  const result = configSchema().safeParse(document.value);
  if (!result.success)
    throw asOne(
      result.error.issues.flatMap((issue) => problemOf(file.path, document, issue)),
      file.path,
    );
  const { data } = result;
  const hosts = readHosts(file.path, document, data.registries);
  return {
    ...data,
    metadata: { name: data.metadata.name ?? data.sources.profile?.name ?? DEFAULTS.name },
    platforms: [...new Set(data.platforms.map((text) => formatPlatform(parsePlatform(text))))],
    registries: hosts,
    written: { file: file.path, places: placesOf(document) },
  };
}

function open(file: { readonly path: string; readonly bytes: Buffer }): ConfigDocument {
  try {
    return parseConfigDocument(openSource(file));
  } catch (thrown) {
    if (!(thrown instanceof SallyportError)) throw thrown;
    throw new SallyportError('CONFIG_INVALID', thrown.message, {
      subject: thrown.subject ?? file.path,
      hint: 'Correct the named line.',
      cause: thrown,
    });
  }
}

/** Hosts as references name them: two spellings of Docker Hub are one host, which has to be said once. */
function readHosts(
  file: string,
  document: ConfigDocument,
  registries: Readonly<Record<string, RegistryConfig>>,
): Record<string, RegistryConfig> {
  const hosts: Record<string, RegistryConfig> = {};
  const problems: SallyportError[] = [];
  for (const [text, config] of Object.entries(registries)) {
    const host = registryHost(text);
    const issue = (message: string) => ({ code: 'custom' as const, path: ['registries', text], message });
    if (host === undefined)
      problems.push(...problemOf(file, document, issue(`“${text}” is not a registry host`)));
    else if (Object.hasOwn(hosts, host))
      problems.push(...problemOf(file, document, issue(`“${text}” is ${host}, which is named already`)));
    else hosts[host] = config;
  }
  if (problems.length > 0) throw asOne(problems, file);
  return hosts;
}

/** One error of all; what two checks say of one place in the same words is said once. */
function asOne(problems: readonly SallyportError[], file: string): SallyportError {
  const unique = new Map(problems.map((problem) => [`${problem.subject} ${problem.message}`, problem]));
  return sumUp([...unique.values()], `has ${unique.size} problems`, file);
}

/** Every key that stands in the file, down to lists. */
function placesOf(document: ConfigDocument): WrittenConfig['places'] {
  const places = new Map<string, string>();
  const visit = (value: unknown, path: readonly string[], shown: string) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const [key, below] of Object.entries(value)) {
      const at = document.keyPositionOfPath([...path, key]);
      const host = shown === '/registries' ? (registryHost(key) ?? key) : key;
      if (at !== undefined) places.set(`${shown}/${host}`, `${at.line}:${at.column}`);
      visit(below, [...path, key], `${shown}/${host}`);
    }
  };
  visit(document.value, [], '');
  return places;
}
