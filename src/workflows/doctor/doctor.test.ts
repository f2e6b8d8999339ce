import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../../../test/support/embedded.ts';
import { failureOf } from '../../../test/support/registry-session.ts';
import { testContext } from '../../../test/support/workflow-context.ts';
import type { ApiRequest, Intercept } from '../../server/index.ts';
import { type DoctorOptions, type DoctorResult, examineRegistry } from './doctor.ts';

let registry: Embedded | undefined;
let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-doctor-'));
});
afterEach(async () => {
  await registry?.close();
  registry = undefined;
  rmSync(home, { recursive: true, force: true });
});

async function examine(
  options: Parameters<typeof startEmbedded>[0] = {},
  more: Partial<DoctorOptions> = {},
): Promise<DoctorResult> {
  registry = await startEmbedded(options);
  const host = registry.server.registry;
  return examineRegistry(testContext(home), {
    registry: `${host}/che`,
    registries: { [host]: { plainHttp: true } },
    ...more,
  });
}

const states = ({ findings }: DoctorResult) =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));

const WELL = {
  reach: 'ok',
  login: 'ok',
  push: 'ok',
  'read back': 'ok',
  range: 'ok',
  resume: 'ok',
  mount: 'ok',
  referrers: 'ok',
  'sparse index': 'ok',
  'move a tag': 'ok',
  delete: 'ok',
};

const answering =
  (applies: (request: ApiRequest) => boolean, status: number): Intercept =>
  (request) =>
    applies(request) ? { respond: { status, headers: {} } } : undefined;

describe('the examination of a registry', () => {
  it('finds a whole one well, and leaves nothing behind', async () => {
    const result = await examine();
    expect(states(result)).toEqual(WELL);
    expect(result.fit).toBe(true);
    expect(result.learned).toMatchObject({
      rangeGet: true,
      mountFrom: true,
      referrersApi: true,
      delete: true,
    });
    const made = new Set(registry?.requests.flatMap((line) => /\/v2\/(che\/[^/]+)\//.exec(line)?.[1] ?? []));
    expect(made.size).toBe(2);
    for (const name of made) {
      const store = registry?.repository(name);
      expect(await store?.resolve('probe')).toBeUndefined();
      const manifests =
        registry?.requests.filter((line) => line.startsWith(`PUT /v2/${name}/manifests/sha256`)) ?? [];
      for (const line of manifests)
        expect(await store?.resolve(line.split('/').at(-1) ?? ''), line).toBeUndefined();
    }
  });

  it.each<[string, Intercept, Record<string, string>, boolean]>([
    ['mount', answering(({ query }) => query.has('mount'), 405), { mount: 'warning' }, true],
    [
      'Range',
      (request) =>
        request.headers['range'] === undefined
          ? undefined
          : { rewrite: (response) => ({ ...response, status: 200 }) },
      { range: 'warning' },
      true,
    ],
    [
      'continued uploads',
      answering(({ method, path }) => method === 'GET' && path.includes('/uploads/'), 404),
      { resume: 'warning' },
      true,
    ],
    [
      'referrers in any form',
      ({ method, path }) =>
        path.includes('/referrers/')
          ? {
              respond: {
                status: 200,
                headers: { 'content-type': 'application/vnd.oci.image.index.v1+json' },
                body: Buffer.from('{"schemaVersion":2,"manifests":[]}'),
              },
            }
          : method === 'DELETE' && path.includes('/blobs/')
            ? { respond: { status: 405, headers: {} } }
            : undefined,
      { referrers: 'warning' },
      true,
    ],
    [
      'deleting',
      answering(({ method, path }) => method === 'DELETE' && path.includes('/manifests/'), 405),
      { delete: 'warning' },
      true,
    ],
    [
      'pushing',
      answering(({ method, path }) => method === 'POST' && path.includes('/uploads/'), 403),
      {
        push: 'failed',
        'read back': 'skipped',
        range: 'skipped',
        resume: 'skipped',
        mount: 'skipped',
        referrers: 'skipped',
        'sparse index': 'skipped',
        'move a tag': 'skipped',
        delete: 'gone',
      },
      false,
    ],
    [
      'being a registry',
      answering(() => true, 404),
      Object.fromEntries(Object.keys(WELL).map((name) => [name, name === 'reach' ? 'failed' : 'skipped'])),
      false,
    ],
  ])('names what stands against %s', async (_name, intercept, changes, fit) => {
    const result = await examine({ intercept });
    const wanted = Object.entries({ ...WELL, ...changes }).filter(([, state]) => state !== 'gone');
    const { 'pull limit': _, ...found } = states(result);
    expect(found).toEqual(Object.fromEntries(wanted));
    expect(result.fit).toBe(fit);
    for (const { state, next } of result.findings)
      if (state === 'failed' || state === 'warning') expect(next).toBeTruthy();
  });

  it('says when a login is missing', async () => {
    const result = await examine({ auth: { users: { somebody: 'secret' } } });
    expect(states(result)).toMatchObject({ reach: 'ok', login: 'failed', push: 'skipped' });
    expect(result.fit).toBe(false);
  });

  it('writes nothing when it may only read, and tells the pulls that are left', async () => {
    const result = await examine(
      {
        intercept: () => ({
          rewrite: (response) => ({
            ...response,
            headers: {
              ...response.headers,
              'ratelimit-limit': '100;w=21600',
              'ratelimit-remaining': '7;w=21600',
            },
          }),
        }),
      },
      { readOnly: true },
    );
    expect(states(result)).toEqual({ reach: 'ok', login: 'ok', 'pull limit': 'ok' });
    expect(result.findings.at(-1)?.found).toBe('7 left of 100 pulls in 6 hours');
    expect(registry?.requests.every((line) => line.startsWith('GET'))).toBe(true);
  });

  it.each(['', 'a b', 'host/UPPER', 'http://'])('refuses “%s” as a registry', async (text) => {
    const error = await failureOf(examineRegistry(testContext(home), { registry: text, registries: {} }));
    expect(error.code).toBe('USAGE');
  });
});
