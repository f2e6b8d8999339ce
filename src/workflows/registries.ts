import { resolve } from 'node:path';
import { createHttpClient, type HttpClient } from '../http/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import type { Reference } from '../oci/index.ts';
import {
  createCredentialSource,
  createRegistrySessions,
  createRepository,
  type LearnedCapability,
  type RegistryRepository,
  type RegistrySession,
  type UploadJournal,
} from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';
import { openLearned } from './learned.ts';
import { checkRegistryFiles, configOf, settingsOf, sourceConfigOf } from './registry-files.ts';

/** The registries of one run, as stores: a repository each, sharing connections, tokens and limits per host. */
export interface Registries {
  /** Where the configuration says that this host is read: its mirror, when it has one. */
  source(reference: Reference): RegistryRepository;
  /** The host itself; mirrors stand for reading only. */
  target(reference: Reference): RegistryRepository;
  /** The host itself, for questions that are not about one repository. */
  session(host: string): RegistrySession;
  /** What is asked when the host is a source: its mirror, when it has one. */
  sourceSession(host: string): RegistrySession;
  /** Keeps what was learned, and ends the connections. */
  close(): void;
}

/**
 * Opens nothing yet: the first request does. `registries` is per host as it stands in references. With a journal, targets remember their
 * open uploads there.
 */
export function openRegistries(
  context: WorkflowContext,
  registries: Readonly<Record<string, RegistryConfig>>,
  {
    journal,
    waitForPulls = false,
  }: { readonly journal?: UploadJournal; readonly waitForPulls?: boolean } = {},
): Registries {
  const http = createHttpClientFor(context, registries);
  const credentials = createCredentialSource({
    env: context.env,
    homeDir: context.homeDir,
    authFileFor: (host) => {
      const file = configOf(registries, host)?.authFile;
      return file === undefined ? undefined : resolve(context.cwd, file);
    },
  });
  const learned = openLearned(context);
  const base = {
    http,
    credentials,
    clock: context.clock,
    emit: context.emit,
    known: learned.known,
    waitForPulls,
  };
  const sources = createRegistrySessions({
    ...base,
    registryConfig: (host) => sourceConfigOf(registries, host),
  });
  const targets = createRegistrySessions({
    ...base,
    registryConfig: (host) => withoutMirror(registries[host] ?? {}),
  });
  for (const [host, config] of Object.entries(registries)) {
    if (config.insecureSkipVerify === true) {
      context.emit({
        type: 'note',
        level: 'warning',
        subject: host,
        message: 'its certificate is not checked (insecureSkipVerify)',
      });
    }
  }
  const stores = new Map<string, RegistryRepository>();
  const store = (side: 'source' | 'target', { registry, repository }: Reference): RegistryRepository => {
    const key = `${side} ${registry}/${repository}`;
    let found = stores.get(key);
    if (found === undefined) {
      const sessions = side === 'source' ? sources : targets;
      found = createRepository({
        session: sessions.session(registry),
        repository,
        emit: context.emit,
        clock: context.clock,
        ...(side === 'target' && journal !== undefined ? { journal } : {}),
      });
      stores.set(key, found);
    }
    return found;
  };
  return {
    source: (reference) => store('source', reference),
    target: (reference) => store('target', reference),
    session: (host) => targets.session(host),
    sourceSession: (host) => sources.session(host),
    close: () => {
      learned.keep(joined(sources.learned(), targets.learned()));
      sources.close();
      targets.close();
      http.close();
    },
  };
}

/** The HTTP client of a run with each host's TLS settings. Throws what `checkRegistryFiles` throws. */
export function createHttpClientFor(
  context: WorkflowContext,
  registries: Readonly<Record<string, RegistryConfig>>,
): HttpClient {
  checkRegistryFiles(context, registries);
  return createHttpClient({
    userAgent: context.userAgent,
    env: context.env,
    ...(context.httpTimeouts === undefined ? {} : { timeouts: context.httpTimeouts }),
    hostSettings: (host) => settingsOf(context, registries, host),
  });
}

function withoutMirror({ mirror: _, ...config }: RegistryConfig): RegistryConfig {
  return config;
}

/** One server may be a source and a target. */
function joined(
  ...all: readonly ReadonlyMap<string, readonly LearnedCapability[]>[]
): ReadonlyMap<string, readonly LearnedCapability[]> {
  const servers = new Map<string, readonly LearnedCapability[]>();
  for (const [server, entries] of all.flatMap((map) => [...map])) {
    const byName = new Map([...(servers.get(server) ?? []), ...entries].map((entry) => [entry.name, entry]));
    servers.set(server, [...byName.values()]);
  }
  return servers;
}
