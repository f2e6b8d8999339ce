import { type EmitEvent, ignoreEvents, printable, redactUrl } from '../base/index.ts';
import type { AccessEntry } from './access-log.ts';
import type { AppOptions } from './app.ts';
import { type AuthOptions, makeAuthenticator } from './auth/index.ts';
import { makeListener } from './http/adapter.ts';
import type { Intercept } from './http/fault.ts';
import { listen } from './http/listen.ts';
import type { Sparse, WriteContext } from './routes/context.ts';
import { Counters, type RegistryStats } from './stats.ts';
import type { ReadableStorage, WritableStorage } from './storage/types.ts';
import { type GeneratedTls, generatedTls } from './tls/generated.ts';
import { ownNames } from './tls/names.ts';

/** How a registry is offered, whatever it serves. */
export interface ServeStorageOptions {
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** With it the registry speaks https: with given PEM texts, or with a certificate that it makes. */
  readonly tls?: GivenTls | TlsToMake;
  /** Who may do what; without it everybody may do everything. */
  readonly auth?: AuthOptions;
  readonly limits?: ServeLimits;
  /** `request` events are the access log; `note` events tell of failures that clients only see as 5xx. */
  readonly emit?: EmitEvent;
  /** Told of each request that has ended, with more than the event says. */
  readonly onAccess?: (entry: AccessEntry) => void;
  /** For tests of clients: sees each request first and may answer it, break it or change the answer. */
  readonly intercept?: Intercept;
}

export interface GivenTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

export interface TlsToMake {
  /** Names and addresses for the certificate, beside this machine's own. */
  readonly generateFor: readonly string[];
  /** Keeps the certificate and the authority that it comes from, so that clients trust that once. */
  readonly folder: string;
}

/** All milliseconds but for the page size. */
export interface ServeLimits {
  /** A connection on which nothing moves is closed. Default 2 minutes. */
  readonly idleMs?: number;
  /** The longest one request may take. Default 6 hours. */
  readonly requestMs?: number;
  /** Entries on one page of a listing. Default 1000. */
  readonly pageSize?: number;
}

/** A storage that may be written to over the network, and within which bounds. */
export interface WriteOptions {
  readonly storage: WritableStorage;
  /** Which missing content manifests may name. Default `indexes`. */
  readonly sparse?: Sparse;
  readonly limits?: WriteLimits;
  /** How often old uploads are removed, milliseconds. Default, and at most, an hour. */
  readonly sweepMs?: number;
}

/** All bytes but for the number of uploads. */
export interface WriteLimits {
  /** Default 8 MiB; the specification wants at least 4 MiB. */
  readonly manifestBytes?: number;
  /** Default: none. */
  readonly blobBytes?: number;
  /** Default 1000. */
  readonly openUploads?: number;
}

export interface Serving {
  /** `http://127.0.0.1:5000` */
  readonly url: string;
  /** Host as references have it: `127.0.0.1:5000`. */
  readonly registry: string;
  readonly host: string;
  readonly port: number;
  /** File with the certificate that clients have to trust, when the registry made its own. */
  readonly caFile: string | undefined;
  stats(): RegistryStats;
  /** Requests that are being answered. */
  inFlight(): number;
  /** Ends requests in flight (cut after `graceMs`, default 10 s) and closes the storage. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

const HOUR_MS = 60 * 60 * 1000;

/**
 * Offers a storage as a registry; read-only unless `writing` is given. Closes the storage at the end and when it fails.
 * Throws `CONNECTION_FAILED`, `TLS_FAILED`, `CONFIG_INVALID`, and what writing a certificate throws.
 */
export async function serveStorage(
  storage: ReadableStorage,
  options: ServeStorageOptions & { readonly writing?: WriteOptions },
): Promise<Serving> {
  const limits = options.limits ?? {};
  const emit = options.emit ?? ignoreEvents;
  const counters = new Counters();
  const tell = (subject: string, failure: unknown) =>
    emit({
      type: 'note',
      level: 'warning',
      subject,
      message: printable(failure instanceof Error ? failure.message : String(failure)),
    });
  const scheme = options.tls === undefined ? 'http' : 'https';
  const host = options.host ?? '127.0.0.1';
  try {
    const made = await madeTls(host, options.tls);
    const app: AppOptions = {
      reading: { storage, pageSize: limits.pageSize ?? 1000 },
      writing: options.writing === undefined ? undefined : writeContext(options.writing),
      counters,
      auth: options.auth === undefined ? undefined : makeAuthenticator(options.auth),
      onFailure: (failure, request) =>
        tell(`${request.method} ${redactUrl(`${request.scheme}://${request.host}${request.path}`)}`, failure),
    };
    const requestMs = limits.requestMs ?? 6 * HOUR_MS;
    const listening = await listen({
      host,
      port: options.port ?? 0,
      tls: made ?? (options.tls !== undefined && 'cert' in options.tls ? options.tls : undefined),
      idleMs: limits.idleMs ?? 120_000,
      requestMs,
      listener: makeListener({
        app,
        scheme,
        intercept: options.intercept,
        emit,
        requestMs,
        onAccess: options.onAccess,
      }),
    });
    const sweeper = setInterval(
      () => {
        options.writing?.storage.sweep().catch((failure: unknown) => tell('removing old uploads', failure));
      },
      Math.min(HOUR_MS, options.writing?.sweepMs ?? HOUR_MS),
    );
    sweeper.unref();
    const { port } = listening;
    const registry = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    let closing: Promise<void> | undefined;
    return {
      url: `${scheme}://${registry}`,
      registry,
      host,
      port,
      caFile: made?.caFile,
      stats: () => counters.snapshot(),
      inFlight: () => counters.inFlight,
      close: ({ graceMs = 10_000 } = {}) => {
        closing ??= (async () => {
          clearInterval(sweeper);
          await listening.shut(graceMs);
          await storage.close();
        })();
        return closing;
      },
    };
  } catch (cause) {
    await storage.close();
    throw cause;
  }
}

/** Made only after the storage is known to be ours. */
async function madeTls(host: string, tls: ServeStorageOptions['tls']): Promise<GeneratedTls | undefined> {
  if (tls === undefined || !('generateFor' in tls)) return undefined;
  return generatedTls({ folder: tls.folder, names: [...ownNames(host), ...tls.generateFor] });
}

function writeContext({ storage, sparse, limits = {} }: WriteOptions): WriteContext {
  return {
    storage,
    sparse: sparse ?? 'indexes',
    maxManifestBytes: limits.manifestBytes ?? 8 * 1024 * 1024,
    maxBlobBytes: limits.blobBytes ?? Number.POSITIVE_INFINITY,
    maxOpenUploads: limits.openUploads ?? 1000,
  };
}
