import { SallyportError, type SallyportEvent } from '../../src/base/index.ts';
import { createHttpClient } from '../../src/http/index.ts';
import {
  type Credentials,
  createRegistrySessions,
  type RegistryRequest,
  type RegistrySession,
} from '../../src/registry/index.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { type ScriptRow, type ScriptServer, startScriptServer } from './script-server.ts';

export interface SessionBench {
  readonly server: ScriptServer;
  readonly session: RegistrySession;
  readonly clock: FakeClock;
  readonly events: SallyportEvent[];
  close(): Promise<void>;
}

/** A session to a scripted registry over plain http, with a clock that does not really wait. */
export async function startSessionBench(
  rows: readonly ScriptRow[],
  options: {
    readonly credentials?: Credentials | ((repository: string) => Credentials | undefined);
    readonly concurrency?: number;
  } = {},
): Promise<SessionBench> {
  const server = await startScriptServer(rows);
  const clock = fakeClock();
  const events: SallyportEvent[] = [];
  const http = createHttpClient({ userAgent: 'test/1' });
  const { credentials } = options;
  const sessions = createRegistrySessions({
    http,
    clock,
    emit: (event) => void events.push(event),
    credentials: {
      lookup: async (_host, repository) =>
        typeof credentials === 'function' ? credentials(repository) : credentials,
    },
    registryConfig: () => ({
      plainHttp: true,
      ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    }),
  });
  return {
    server,
    clock,
    events,
    session: sessions.session(server.host),
    close: async () => {
      sessions.close();
      http.close();
      await server.close();
    },
  };
}

/** A GET that expects 200, with what a test wants changed. */
export function question(changes: Partial<RegistryRequest> = {}): RegistryRequest {
  return {
    method: 'GET',
    url: '/v2/a/b/manifests/1',
    scopes: [{ repository: 'a/b', actions: 'pull' }],
    expect: [200],
    what: 'reading a/b:1',
    ...changes,
  };
}

/** The error that a promise fails with; fails the test when it does not. */
export async function failureOf(promise: Promise<unknown>): Promise<SallyportError> {
  const outcome: unknown = await promise.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (outcome instanceof SallyportError) return outcome;
  throw outcome;
}
