import { afterEach, describe, expect, it } from 'vitest';
import { failureOf, type SessionBench, startSessionBench } from '../../test/support/registry-session.ts';
import type { Reply, ScriptRow } from '../../test/support/script-server.ts';
import { createRepository } from './repository.ts';

let bench: SessionBench | undefined;
afterEach(async () => {
  const current = bench;
  bench = undefined;
  await current?.close();
});

async function start(rows: readonly ScriptRow[]) {
  bench = await startSessionBench(rows);
  return {
    ...bench,
    repository: createRepository({ session: bench.session, clock: bench.clock, repository: 'a/b' }),
  };
}

const LIST = '/v2/a/b/tags/list';
const page = (tags: unknown, link?: string): Reply => ({
  status: 200,
  body: JSON.stringify({ name: 'a/b', tags }),
  ...(link === undefined ? {} : { headers: { link } }),
});

describe('listTags', () => {
  it.each([
    ['relative', (_: string) => `<${LIST}?n=1000&last=b>; rel="next"`],
    ['absolute', (origin: string) => `<${origin}${LIST}?n=1000&last=b>; rel="next"`],
    ['without brackets', (_: string) => `${LIST}?n=1000&last=b; rel=next`],
    ['one of several', (_: string) => `</other>; rel="prev", <${LIST}?n=1000&last=b>; rel="next"`],
  ])('follows a link that is %s', async (_, link) => {
    const { repository, server } = await start([]);
    server.add({ method: 'GET', path: `${LIST}?n=1000`, reply: page(['a', 'b'], link(server.origin)) });
    server.add({ method: 'GET', path: `${LIST}?n=1000&last=b`, reply: page(['c']) });
    expect(await repository.listTags()).toEqual(['a', 'b', 'c']);
  });

  it.each([null, undefined, [], 'x'])('takes %s for no tags', async (tags) => {
    const { repository } = await start([{ method: 'GET', path: `${LIST}?n=1000`, reply: page(tags) }]);
    expect(await repository.listTags()).toEqual([]);
  });

  it('reads no more pages than it was asked for, and leaves out what is no tag', async () => {
    const { repository, server } = await start([
      {
        method: 'GET',
        path: `${LIST}?n=2`,
        reply: page(['\u001b[31m', '../x', 'b', 'c', 'd'], `<${LIST}?last=d>; rel="next"`),
      },
    ]);
    expect(await repository.listTags({ limit: 2 })).toEqual(['b', 'c']);
    expect(server.requests).toHaveLength(1);
  });

  it('does not go to another server', async () => {
    const { repository, server } = await start([
      {
        method: 'GET',
        path: `${LIST}?n=1000`,
        reply: page(['a'], '<http://127.0.0.1:1/v2/a/b/tags/list>; rel="next"'),
      },
    ]);
    expect(await failureOf(repository.listTags())).toMatchObject({ code: 'REDIRECT_REFUSED' });
    expect(server.requests).toHaveLength(1);
  });

  it('ends a list that goes in circles or has no end', async () => {
    const circle = await start([
      { method: 'GET', path: `${LIST}?n=1000`, reply: page(['a'], `<${LIST}?n=1000>; rel="next"`) },
    ]);
    expect(await failureOf(circle.repository.listTags())).toMatchObject({ code: 'REGISTRY_PROTOCOL' });
    await circle.close();
    let count = 0;
    const endless = await start([
      {
        method: 'GET',
        path: /tags\/list/,
        reply: () => page([], `<${LIST}?n=1000&last=${++count}>; rel="next"`),
      },
    ]);
    expect(await failureOf(endless.repository.listTags())).toMatchObject({ code: 'REGISTRY_PROTOCOL' });
    expect(count).toBe(1000);
  });

  it.each<[string, Reply, string]>([
    ['does not know the repository', { status: 404 }, 'MANIFEST_NOT_FOUND'],
    ['answers with a page', { status: 200, body: '<html>' }, 'REGISTRY_PROTOCOL'],
  ])('fails when the registry %s', async (_, reply, code) => {
    const { repository } = await start([{ method: 'GET', path: `${LIST}?n=1000`, reply }]);
    expect(await failureOf(repository.listTags())).toMatchObject({ code });
  });
});
