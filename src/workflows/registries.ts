import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { SallyportError, systemCode } from '../base/index.ts';
import { createHttpClient, type HostSettings, type HttpClient } from '../http/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import { DOCKER_HUB, type Reference } from '../oci/index.ts';
import {
  createCredentialSource,
  createRegistrySessions,
  createRepository,
  type LearnedCapability,
  loadCertsDir,
  type RegistryRepository,
  type RegistrySession,
  type UploadJournal,
} from '../registry/index.ts';
import type { WorkflowContext } from './context.ts';
import { openLearned } from './learned.ts';

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
  const sources = createRegistrySessions({ ...base, registryConfig: (host) => registries[host] ?? {} });
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

/** The HTTP client of a run with each host's TLS settings. Certificates are read when a host is first asked. */
export function createHttpClientFor(
  context: WorkflowContext,
  registries: Readonly<Record<string, RegistryConfig>>,
): HttpClient {
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

/** Settings for a host on the wire: its own, or those of the registry whose mirror it is, since the keys then speak of the mirror's server. */
function configOf(
  registries: Readonly<Record<string, RegistryConfig>>,
  host: string,
): RegistryConfig | undefined {
  const own = registries[host === 'registry-1.docker.io' ? DOCKER_HUB : host];
  if (own !== undefined && own.mirror === undefined) return own;
  const standing = Object.values(registries).find((config) => config.mirror?.split('/')[0] === host);
  return standing ?? own;
}

function settingsOf(
  context: WorkflowContext,
  registries: Readonly<Record<string, RegistryConfig>>,
  host: string,
): HostSettings {
  const config = configOf(registries, host) ?? {};
  const folder = loadCertsDir(host, { homeDir: context.homeDir });
  const ca = [
    ...(folder.ca ?? []),
    ...(config.caFile === undefined ? [] : [read(context, config.caFile, 'caFile', host)]),
  ];
  if ((config.certFile === undefined) !== (config.keyFile === undefined)) {
    throw new SallyportError('CONFIG_INVALID', 'has only one of certFile and keyFile', {
      subject: `registries.${host}`,
      hint: 'A client certificate needs both.',
    });
  }
  const cert = config.certFile === undefined ? folder.cert : read(context, config.certFile, 'certFile', host);
  const key = config.keyFile === undefined ? folder.key : read(context, config.keyFile, 'keyFile', host);
  return {
    ...(config.plainHttp === undefined ? {} : { plainHttp: config.plainHttp }),
    ...(config.insecureSkipVerify === undefined ? {} : { insecureSkipVerify: config.insecureSkipVerify }),
    ...(ca.length === 0 ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

function read(context: WorkflowContext, file: string, what: string, host: string): Buffer {
  try {
    return readFileSync(resolve(context.cwd, file));
  } catch (cause) {
    const code = systemCode(cause) === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE';
    throw new SallyportError(
      code,
      `cannot be read (${what} of ${host}: ${systemCode(cause) ?? 'unknown reason'})`,
      { subject: file, cause },
    );
  }
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
