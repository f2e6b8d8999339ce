import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, EmitEvent } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import {
  createRegistrySessions,
  createRepository,
  type RegistryRepository,
  type UploadJournal,
} from '../../src/registry/index.ts';
import {
  createRegistryServer,
  type RegistryServerOptions,
  type RunningRegistry,
} from '../../src/server/index.ts';

/** An embedded registry with a client for its repositories. */
export interface Embedded {
  readonly server: RunningRegistry;
  /** `METHOD /path?query` of each request, in order. */
  readonly requests: readonly string[];
  /** The same one for the same name; with a journal a new one. */
  repository(name: string, journal?: UploadJournal): RegistryRepository;
  close(): Promise<void>;
}

/** A fresh one on loopback. `fast` waits nowhere: retries come at once. */
export async function startEmbedded(
  options: Partial<RegistryServerOptions> & {
    readonly clock?: Clock;
    readonly clientEmit?: EmitEvent;
    readonly concurrency?: number;
  } = {},
): Promise<Embedded> {
  const { clock, clientEmit, concurrency, ...rest } = options;
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-embedded-'));
  const requests: string[] = [];
  const server = await createRegistryServer({
    dir,
    durable: false,
    ...rest,
    intercept: (request) => {
      const query = request.query.toString();
      requests.push(`${request.method} ${request.path}${query === '' ? '' : `?${query}`}`);
      return rest.intercept?.(request);
    },
  });
  const http = createHttpClient({ userAgent: 'test/1' });
  const sessions = createRegistrySessions({
    http,
    credentials: { lookup: async () => undefined },
    registryConfig: () => ({ plainHttp: true, ...(concurrency === undefined ? {} : { concurrency }) }),
    ...(clock === undefined ? {} : { clock }),
    ...(clientEmit === undefined ? {} : { emit: clientEmit }),
  });
  const session = sessions.session(server.registry);
  const known = new Map<string, RegistryRepository>();
  return {
    server,
    requests,
    repository: (name, journal) => {
      const open = () =>
        createRepository({
          session,
          repository: name,
          ...(clock === undefined ? {} : { clock }),
          ...(clientEmit === undefined ? {} : { emit: clientEmit }),
          ...(journal === undefined ? {} : { journal }),
        });
      if (journal !== undefined) return open();
      const found = known.get(name) ?? open();
      known.set(name, found);
      return found;
    },
    close: async () => {
      sessions.close();
      http.close();
      await server.close({ graceMs: 0 });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
