import { join } from 'node:path';
import { ignoreEvents, printable, systemClock } from '../base/index.ts';
import { openDesk } from './desk/desk.ts';
import { answerGarbage } from './desk/garbage.ts';
import type { Sparse } from './routes/context.ts';
import {
  type GivenTls,
  type ServeLimits,
  type ServeStorageOptions,
  type Serving,
  serveStorage,
  type WriteLimits,
} from './serve.ts';
import type { CheckOptions, StorageReport } from './storage/check.ts';
import { openDiskStorage } from './storage/disk-storage.ts';
import type { GarbageOptions, GarbageReport } from './storage/garbage.ts';

export interface RegistryServerOptions extends Omit<ServeStorageOptions, 'tls'> {
  /**
   * With it the registry speaks https: with given PEM texts, or with a certificate that it makes and keeps in the folder
   * for its own host names and addresses and these.
   */
  readonly tls?: GivenTls | { readonly generateFor: readonly string[] };
  /** Folder that holds the content; made when it is not there. */
  readonly dir: string;
  /** Refuse every write. */
  readonly readOnly?: boolean;
  /** Which missing content manifests may name. Default `indexes`. */
  readonly sparse?: Sparse;
  readonly limits?: RegistryLimits;
  /** Sync what is acknowledged, so that it survives a power cut. Default true. */
  readonly durable?: boolean;
}

export interface RegistryLimits extends ServeLimits, WriteLimits {
  /** An upload that nobody continues for so long (milliseconds) is removed. Default 24 hours. */
  readonly uploadExpiryMs?: number;
}

export interface RunningRegistry extends Serving {
  /** Removes what nothing refers to, while requests go on. */
  collectGarbage(options?: GarbageOptions): Promise<GarbageReport>;
  /** Hashes everything on disk again and follows every manifest; changes nothing. */
  check(options?: CheckOptions): Promise<StorageReport>;
}

/** Starts the embedded registry on a folder. Throws `LOCKED`, `CONNECTION_FAILED`, `TLS_FAILED`, `OUTPUT_FOREIGN_FILES`, `CONFIG_INVALID`. */
export async function createRegistryServer(options: RegistryServerOptions): Promise<RunningRegistry> {
  const { limits = {} } = options;
  const storage = await openDiskStorage({
    dir: options.dir,
    ...(options.durable === undefined ? {} : { durable: options.durable }),
    ...(limits.uploadExpiryMs === undefined ? {} : { uploadExpiryMs: limits.uploadExpiryMs }),
  });
  const emit = options.emit ?? ignoreEvents;
  const { tls, ...rest } = options;
  const writing = {
    storage,
    limits,
    ...(options.sparse === undefined ? {} : { sparse: options.sparse }),
    ...(limits.uploadExpiryMs === undefined ? {} : { sweepMs: Math.max(1000, limits.uploadExpiryMs / 2) }),
  };
  const serving = await serveStorage(storage, {
    ...rest,
    ...(tls === undefined
      ? {}
      : { tls: 'cert' in tls ? tls : { ...tls, folder: join(options.dir, 'registry', 'tls') } }),
    ...(options.readOnly === true ? {} : { writing }),
  });
  const desk = openDesk({
    root: options.dir,
    clock: systemClock,
    answer: (question, signal) => answerGarbage(storage, question, signal),
    onFailure: (failure) =>
      emit({
        type: 'note',
        level: 'warning',
        subject: options.dir,
        message: `garbage collection can no longer be asked for: ${printable(String(failure))}`,
      }),
  });
  return {
    ...serving,
    close: async (asked) => {
      await desk.stop();
      await serving.close(asked);
    },
    collectGarbage: (asked) => storage.collectGarbage(asked),
    check: (asked) => storage.check(asked),
  };
}
