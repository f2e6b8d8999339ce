import { type EmitEvent, ignoreEvents, printable, redactUrl } from '../base/index.ts';
import type { AppOptions } from './app.ts';
import { type AuthOptions, makeAuthenticator } from './auth/index.ts';
import { makeListener } from './http/adapter.ts';
import type { Intercept } from './http/fault.ts';
import { listen, shut } from './http/listen.ts';
import type { Sparse } from './routes/context.ts';
import { Counters, type RegistryStats } from './stats.ts';
import type { StorageReport } from './storage/check.ts';
import { openDiskStorage } from './storage/disk-storage.ts';
import type { GarbageOptions, GarbageReport } from './storage/garbage.ts';

export interface RegistryServerOptions {
  /** Folder that holds the content; made when it is not there. */
  readonly dir: string;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Default 0: a free one. */
  readonly port?: number;
  /** PEM texts; with them the registry speaks https. */
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Who may do what; without it everybody may do everything. */
  readonly auth?: AuthOptions;
  /** Refuse every write. */
  readonly readOnly?: boolean;
  /** Which missing content manifests may name. Default `indexes`. */
  readonly sparse?: Sparse;
  readonly limits?: RegistryLimits;
  /** Sync what is acknowledged, so that it survives a power cut. Default true. */
  readonly durable?: boolean;
  /** `request` events are the access log; `note` events tell of failures that clients only see as 5xx. */
  readonly emit?: EmitEvent;
  /** For tests of clients: sees each request first and may answer it, break it or change the answer. */
  readonly intercept?: Intercept;
}

/** All bytes and milliseconds. */
export interface RegistryLimits {
  /** Default 8 MiB; the specification wants at least 4 MiB. */
  readonly manifestBytes?: number;
  /** Default: none. */
  readonly blobBytes?: number;
  /** Default 1000. */
  readonly openUploads?: number;
  /** An upload that nobody continues for so long is removed. Default 24 hours. */
  readonly uploadExpiryMs?: number;
  /** A connection on which nothing moves is closed. Default 2 minutes. */
  readonly idleMs?: number;
  /** The longest one request may take. Default 6 hours. */
  readonly requestMs?: number;
  /** Entries on one page of a listing. Default 1000. */
  readonly pageSize?: number;
}

export interface RunningRegistry {
  /** `http://127.0.0.1:5000` */
  readonly url: string;
  /** Host as references have it: `127.0.0.1:5000`. */
  readonly registry: string;
  readonly host: string;
  readonly port: number;
  stats(): RegistryStats;
  /** Removes what nothing refers to, while requests go on. */
  collectGarbage(options?: GarbageOptions): Promise<GarbageReport>;
  /** Hashes everything on disk again and follows every manifest; changes nothing. */
  check(options?: { readonly signal?: AbortSignal; readonly children?: boolean }): Promise<StorageReport>;
  /** Ends requests in flight (cut after `graceMs`, default 10 s), writes what is pending and gives up the folder. */
  close(options?: { readonly graceMs?: number }): Promise<void>;
}

const HOUR_MS = 60 * 60 * 1000;

/** Starts the embedded registry. Throws `LOCKED`, `CONNECTION_FAILED`, `TLS_FAILED`, `OUTPUT_FOREIGN_FILES`. */
export async function createRegistryServer(options: RegistryServerOptions): Promise<RunningRegistry> {
  const limits = options.limits ?? {};
  const emit = options.emit ?? ignoreEvents;
  const counters = new Counters();
  const auth = options.auth === undefined ? undefined : makeAuthenticator(options.auth);
  const storage = await openDiskStorage({
    dir: options.dir,
    ...(options.durable === undefined ? {} : { durable: options.durable }),
    ...(limits.uploadExpiryMs === undefined ? {} : { uploadExpiryMs: limits.uploadExpiryMs }),
  });
  const tell = (subject: string, failure: unknown) =>
    emit({
      type: 'note',
      level: 'warning',
      subject,
      message: printable(failure instanceof Error ? failure.message : String(failure)),
    });
  const app: AppOptions = {
    context: {
      storage,
      sparse: options.sparse ?? 'indexes',
      maxManifestBytes: limits.manifestBytes ?? 8 * 1024 * 1024,
      maxBlobBytes: limits.blobBytes ?? Number.POSITIVE_INFINITY,
      maxOpenUploads: limits.openUploads ?? 1000,
      pageSize: limits.pageSize ?? 1000,
    },
    counters,
    auth,
    readOnly: options.readOnly ?? false,
    onFailure: (failure, request) =>
      tell(`${request.method} ${redactUrl(`${request.scheme}://${request.host}${request.path}`)}`, failure),
  };
  const scheme = options.tls === undefined ? 'http' : 'https';
  const host = options.host ?? '127.0.0.1';
  try {
    const { server, port } = await listen({
      host,
      port: options.port ?? 0,
      tls: options.tls,
      idleMs: limits.idleMs ?? 120_000,
      requestMs: limits.requestMs ?? 6 * HOUR_MS,
      listener: makeListener({ app, scheme, intercept: options.intercept, emit }),
    });
    const sweeper = setInterval(() => {
      storage.sweep().catch((failure: unknown) => tell(options.dir, failure));
    }, HOUR_MS);
    sweeper.unref();
    const registry = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    let closing: Promise<void> | undefined;
    return {
      url: `${scheme}://${registry}`,
      registry,
      host,
      port,
      stats: () => counters.snapshot(),
      collectGarbage: (asked) => storage.collectGarbage(asked),
      check: (asked) => storage.check(asked),
      close: ({ graceMs = 10_000 } = {}) => {
        closing ??= (async () => {
          clearInterval(sweeper);
          await shut(server, graceMs);
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
