import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestHex, isDigest } from '../../src/oci/index.ts';
import {
  type ApiRequest,
  createRegistryServer,
  type Intercepted,
  type RunningRegistry,
} from '../../src/server/index.ts';
import { type Elsewhere, startElsewhere } from './elsewhere.ts';
import type { Fault, Tools } from './faults.ts';

/** The user that the commands log in as, and one of the object store's own. */
export const LOGIN = { user: 'ci', password: 'correct-horse' } as const;
const STORE_LOGIN = { user: 'store', password: 'battery-staple' } as const;

/** The embedded registry with a switch that lets it behave as one row of the table of faults says. */
export interface ChaosRegistry {
  readonly server: RunningRegistry;
  readonly dir: string;
  readonly elsewhere: Elsewhere;
  /** Undefined: it behaves. The count of what has suffered begins anew. */
  suffer(fault: Fault | undefined): void;
  /** How many requests have suffered since. */
  readonly suffered: () => number;
  close(): Promise<void>;
}

export async function startChaosRegistry(options: {
  /** Milliseconds since the epoch, as the client has it: dates in answers are made from it. */
  readonly now: () => number;
  /** Content that is there already, as a folder of its own; a fresh one otherwise. */
  readonly dir?: string;
}): Promise<ChaosRegistry> {
  const dir = options.dir ?? mkdtempSync(join(tmpdir(), 'sallyport-chaos-'));
  let fault: Fault | undefined;
  let counts = new Map<string, number>();
  let total = 0;
  let ahead = 0;
  let url = '';
  const elsewhere = await startElsewhere({
    registry: () => url,
    login: `${STORE_LOGIN.user}:${STORE_LOGIN.password}`,
  });
  const tools: Tools = {
    now: options.now,
    elsewhere: elsewhere.origin,
    registry: () => url,
    serial: () => total,
    advance: (ms) => {
      ahead += ms;
    },
    blob: (request) => {
      const digest = request.path.split('/').at(-1) ?? '';
      if (!isDigest(digest)) throw new Error(`${request.path} names no blob`);
      return readFileSync(join(dir, 'blobs', digest.split(':')[0] ?? '', digestHex(digest)));
    },
  };
  const intercept = (request: ApiRequest): Intercepted | undefined => {
    if (fault === undefined || request.headers['x-chaos'] === 'off' || !fault.when(request)) return undefined;
    // Every upload has an address of its own; what is meant is uploads as such.
    const key = `${request.method} ${request.path.replace(/(\/uploads\/)[^/]+$/, '$1')}`;
    const before = counts.get(key) ?? 0;
    if (before >= (fault.times ?? Number.POSITIVE_INFINITY)) return undefined;
    if (total >= (fault.total ?? Number.POSITIVE_INFINITY)) return undefined;
    counts.set(key, before + 1);
    total++;
    return fault.does(request, tools, before);
  };
  const server = await createRegistryServer({
    dir,
    durable: false,
    intercept,
    auth: {
      users: { [LOGIN.user]: LOGIN.password, [STORE_LOGIN.user]: STORE_LOGIN.password },
      mode: 'bearer',
      now: () => Date.now() + ahead,
    },
  });
  url = server.url;
  return {
    server,
    dir,
    elsewhere,
    suffer: (next) => {
      fault = next;
      counts = new Map();
      total = 0;
    },
    suffered: () => total,
    close: async () => {
      await server.close({ graceMs: 0 });
      await elsewhere.close();
      if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}
