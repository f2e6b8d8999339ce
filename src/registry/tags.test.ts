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

describe('knownTags', () => {
  const many = Array.from({ length: 1000 }, (_, index) => `t${index}`);
  it.each<[string, readonly Reply[], readonly string[] | undefined, number]>([
    ['one page', [page(['a', 'b'])], ['a', 'b'], 1],
    ['three pages', [page(['a'], 'next'), page(['b'], 'next'), page(['c'])], ['a', 'b', 'c'], 3],
    [
      'more pages than are worth it',
      [page(['a'], 'next'), page(['b'], 'next'), page(['c'], 'next')],
      undefined,
      3,
    ],
    ['a full page that says nothing of a next', [page(many)], undefined, 1],
    ['more names in one answer than were asked for', [page([...many, 'x'])], [...many, 'x'], 1],
    ['no such repository', [{ status: 404 }], [], 1],
    ['a refusal', [{ status: 403 }], undefined, 1],
    ['a failure, which is not repeated', [{ status: 503 }], undefined, 1],
    ['something else', [{ status: 200, body: '<html>' }], undefined, 1],
  ])('is told by %s', async (_, replies, known, asked) => {
    const { repository, server } = await start([]);
    replies.forEach((reply, index) => {
      const link = (reply.headers?.['link'] as string | undefined) === 'next';
      server.add({
        method: 'GET',
        path: `${LIST}?n=1000${index === 0 ? '' : `&last=${index}`}`,
        reply: link
          ? { ...reply, headers: { link: `<${LIST}?n=1000&last=${index + 1}>; rel="next"` } }
          : reply,
      });
    });
    const tags = await repository.knownTags();
    expect(tags === undefined ? undefined : [...tags]).toEqual(known);
    expect(server.requests).toHaveLength(asked);
  });
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
