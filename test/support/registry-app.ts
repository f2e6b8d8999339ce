import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type AppOptions, answer } from '../../src/server/app.ts';
import { type AuthOptions, makeAuthenticator } from '../../src/server/auth/index.ts';
import type { ReadContext, WriteContext } from '../../src/server/routes/context.ts';
import { Counters } from '../../src/server/stats.ts';
import { openDiskStorage } from '../../src/server/storage/disk-storage.ts';
import type { WritableStorage } from '../../src/server/storage/types.ts';
import type { ApiRequest } from '../../src/server/types.ts';

/** The embedded registry without sockets. */
export interface TestApp {
  readonly dir: string;
  readonly storage: WritableStorage;
  readonly failures: unknown[];
  ask(method: string, url: string, options?: AskOptions): Promise<Told>;
  close(): Promise<void>;
}

export interface AskOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string | AsyncIterable<Buffer>;
}

export interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
  /** Codes of the spec's error form. */
  readonly codes: readonly string[];
}

export type TestAppOptions = Partial<Omit<ReadContext & WriteContext, 'storage'>> & {
  readonly auth?: AuthOptions;
  readonly readOnly?: boolean;
  readonly dir?: string;
  readonly uploadExpiryMs?: number;
};

export async function openApp(options: TestAppOptions = {}): Promise<TestApp> {
  const { auth, readOnly, dir: given, uploadExpiryMs, ...context } = options;
  const dir = given ?? mkdtempSync(join(tmpdir(), 'sallyport-app-'));
  const storage = await openDiskStorage({
    dir,
    durable: false,
    ...(uploadExpiryMs === undefined ? {} : { uploadExpiryMs }),
  });
  const failures: unknown[] = [];
  const app: AppOptions = {
    reading: { pageSize: 1000, ...context, storage },
    writing:
      readOnly === true
        ? undefined
        : {
            sparse: 'indexes',
            maxManifestBytes: 4 * 1024 * 1024,
            maxBlobBytes: Number.POSITIVE_INFINITY,
            maxOpenUploads: 100,
            ...context,
            storage,
          },
    counters: new Counters(),
    auth: auth === undefined ? undefined : makeAuthenticator(auth),
    onFailure: (failure) => failures.push(failure),
  };
  return {
    dir,
    storage,
    failures,
    ask: async (method, url, asked = {}) => {
      const { response } = await answer(app, makeRequest(method, url, asked));
      const { body } = response;
      const bytes =
        body === undefined || method === 'HEAD'
          ? Buffer.alloc(0)
          : Buffer.isBuffer(body)
            ? body
            : await buffer(await body.open());
      return { status: response.status, headers: response.headers, body: bytes, codes: codesOf(bytes) };
    },
    close: async () => {
      await storage.close();
      if (given === undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
}

function makeRequest(method: string, url: string, options: AskOptions): ApiRequest {
  const question = url.indexOf('?');
  const body = typeof options.body === 'string' ? Buffer.from(options.body) : options.body;
  return {
    method,
    path: question === -1 ? url : url.slice(0, question),
    query: new URLSearchParams(question === -1 ? '' : url.slice(question + 1)),
    headers: {
      ...(Buffer.isBuffer(body) ? { 'content-length': String(body.length) } : {}),
      ...options.headers,
    },
    scheme: 'http',
    host: 'registry.test',
    remote: '127.0.0.1',
    signal: new AbortController().signal,
    body: body === undefined ? once() : Buffer.isBuffer(body) ? once(body) : body,
  };
}

async function* once(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

function codesOf(bytes: Buffer): string[] {
  try {
    const value = JSON.parse(bytes.toString('utf8')) as { errors?: { code: string }[] };
    return (value.errors ?? []).map((error) => error.code);
  } catch {
    return [];
  }
}
