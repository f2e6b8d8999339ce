import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../scripts/sample-images.ts';
import type { ApiRequest } from '../src/server/index.ts';
import { type CliRun, sallyport } from './support/cli.ts';
import { type Embedded, startEmbedded } from './support/embedded.ts';

/** One copy to many targets, with the built program. */
const NAMES = ['alpha', 'beta'];
const REFERENCES = NAMES.map((name) => `quay.io/team/${name}:1.0`);
const images = NAMES.map((name) =>
  makeImage({
    platforms: ['linux/amd64', 'linux/arm64'],
    layers: [
      { size: 300_000, seed: 'base', shared: true },
      { size: 700_000, seed: name },
    ],
    signature: 'referrer',
  }),
);
const blobs = new Set(images.flatMap((image) => [...image.blobs.keys()]));

let dir: string;
let source: Embedded;
let targets: Embedded[];
let refuses: (request: ApiRequest) => boolean;
/** What the second target does before it answers. */
let slowly: (request: ApiRequest) => Promise<void>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-many-'));
  refuses = () => false;
  slowly = async () => {};
  source = await startEmbedded();
  targets = [
    await startEmbedded(),
    await startEmbedded({
      intercept: async (request) => {
        await slowly(request);
        return refuses(request) ? { respond: { status: 403, headers: {} } } : undefined;
      },
    }),
  ];
  for (const [index, image] of images.entries())
    await fill(source.repository(`quay.io/team/${NAMES[index]}`), image, '1.0');
  writeFileSync(join(dir, 'list.txt'), REFERENCES.join('\n'));
});
afterEach(async () => {
  for (const registry of [source, ...targets]) await registry.close();
  rmSync(dir, { recursive: true, force: true });
});

const at = (index: number): string => targets[index]?.server.registry ?? '';
const run = (...args: string[]): Promise<CliRun> =>
  sallyport(
    [
      ...args,
      '--registry',
      `quay.io,mirror=${source.server.registry}/quay.io,plainHttp`,
      ...targets.flatMap(({ server }) => ['--registry', `${server.registry},plainHttp`]),
    ],
    { cwd: dir },
  );
const toBoth = () => ['--to', `${at(0)}/x`, '--to', `${at(1)}/y/z`];

/** How often the source was asked for the bytes of each blob, since it was last asked for this. */
function readings(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of (source.requests as string[]).splice(0)) {
    const digest = /^GET .*\/blobs\/(sha256:[0-9a-f]+)$/.exec(line)?.[1];
    if (digest !== undefined) counts.set(digest, (counts.get(digest) ?? 0) + 1);
  }
  return counts;
}

async function tagsAt(index: number, prefix: string): Promise<string[]> {
  const registry = targets[index];
  const lists = await Promise.all(
    NAMES.map(async (name) => {
      const list = `${registry?.server.url}/v2/${prefix}/quay.io/team/${name}/tags/list`;
      const answer = await fetch(list);
      const { tags } = answer.status === 404 ? { tags: [] } : ((await answer.json()) as { tags: string[] });
      return tags.map((tag) => `${name}:${tag}`);
    }),
  );
  return lists.flat();
}

const ALL = ['alpha:1.0', 'beta:1.0'];

describe('a list for two targets', () => {
  it('reads each blob from the source once, and nothing the second time', async () => {
    const first = await run('mirror', '--images', 'list.txt', ...toBoth(), '-o', 'json');
    expect(first.stderr).not.toContain('error');
    expect(first.status).toBe(0);
    const counts = readings();
    expect(new Set(counts.keys())).toEqual(blobs);
    expect(new Set(counts.values())).toEqual(new Set([1]));
    expect(await tagsAt(0, 'x')).toEqual(ALL);
    expect(await tagsAt(1, 'y/z')).toEqual(ALL);
    expect(JSON.parse(first.stdout)).toMatchObject({
      targets: [
        { target: `${at(0)}/x`, copied: 2, present: 0, failed: 0 },
        { target: `${at(1)}/y/z`, copied: 2, present: 0, failed: 0 },
      ],
    });
    const second = await run('mirror', '--images', 'list.txt', ...toBoth());
    expect(second.stdout).toContain(`${at(1)}/y/z: 0 copied, 2 present\n`);
    expect(readings().size).toBe(0);
  });

  it('reads once too when one target takes long to open an upload', async () => {
    slowly = async ({ method }) => {
      if (method === 'POST') await new Promise((next) => setTimeout(next, 1500));
    };
    expect(await run('mirror', '--images', 'list.txt', ...toBoth())).toMatchObject({ status: 0 });
    expect(new Set(readings().values())).toEqual(new Set([1]));
  });

  it('is told for each target before anything moves', async () => {
    const dry = await run('mirror', '--images', 'list.txt', ...toBoth(), '--dry-run');
    expect(dry.status).toBe(0);
    for (const prefix of [`${at(0)}/x`, `${at(1)}/y/z`]) {
      expect(dry.stdout).toMatch(new RegExp(`copy +${REFERENCES[0]} +${prefix}/quay.io/team/alpha:1.0`));
      expect(dry.stdout).toMatch(new RegExp(`${prefix}: 2 to copy, 0 present; 3\\.\\d+ MB to send`));
    }
    expect(await tagsAt(0, 'x')).toEqual([]);
  });

  it('comes to the one where the other refuses, which is told by name', async () => {
    refuses = ({ method, path }) => method !== 'GET' && method !== 'HEAD' && path.includes('/team/alpha/');
    const partly = await run('mirror', '--images', 'list.txt', ...toBoth());
    expect(partly.status).toBe(1);
    expect(partly.stderr).toContain(`${REFERENCES[0]} → ${at(1)}/y/z/quay.io/team/alpha:1.0`);
    expect(partly.stderr).not.toContain(`error: ${REFERENCES[1]}`);
    expect(partly.stdout).toContain(`${at(0)}/x: 2 copied, 0 present\n`);
    expect(partly.stdout).toContain(`${at(1)}/y/z: 1 copied, 0 present, 1 failed\n`);
    expect(await tagsAt(0, 'x')).toEqual(ALL);
    expect(await tagsAt(1, 'y/z')).toEqual(['beta:1.0']);
    refuses = () => false;
    expect(await run('mirror', '--images', 'list.txt', ...toBoth())).toMatchObject({ status: 0 });
    expect(await tagsAt(1, 'y/z')).toEqual(ALL);
  });

  it('comes to the one where the other is not there at all', async () => {
    await targets[1]?.close();
    const partly = await run('mirror', '--images', 'list.txt', ...toBoth());
    expect(partly.status).toBe(1);
    expect(partly.stdout).toContain(`${at(1)}/y/z: 0 copied, 0 present, 2 failed\n`);
    expect(await tagsAt(0, 'x')).toEqual(ALL);
  });
});

describe('a lock', () => {
  beforeEach(async () => {
    const pods = NAMES.map(
      (name, index) =>
        `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n    - {name: main, image: "${REFERENCES[index]}"}\n`,
    );
    writeFileSync(join(dir, 'pods.yaml'), pods.join(''));
    expect(await run('lock', '-f', 'pods.yaml', '--to', `${at(0)}/own`)).toMatchObject({ status: 0 });
    readings();
  });

  it('goes to the named targets in place of its own, which is said', async () => {
    const both = await run('mirror', ...toBoth());
    expect(both.status).toBe(0);
    expect(both.stderr).toMatch(/not the lock's target; manifests rendered from this lock name .*\/own/);
    expect(new Set(readings().values())).toEqual(new Set([1]));
    expect(await tagsAt(0, 'own')).toEqual([]);
    expect(await tagsAt(0, 'x')).toEqual(ALL);
    expect(await tagsAt(1, 'y/z')).toEqual(ALL);
  });

  it('goes to its own target too when that is named, without a word about it', async () => {
    const both = await run('mirror', '--to', `${at(0)}/own`, '--to', `${at(1)}/own`);
    expect(both.status).toBe(0);
    expect(both.stderr).toContain(`${at(1)}/own`);
    expect(await tagsAt(0, 'own')).toEqual(ALL);
    expect(await tagsAt(1, 'own')).toEqual(ALL);
    const own = await run('mirror', '--to', `${at(0)}/own`);
    expect(own).toMatchObject({ status: 0, stdout: expect.stringContaining('2 present') });
    expect(own.stderr).not.toContain('not the lock');
  });

  it('goes to one other target', async () => {
    expect(await run('mirror', '--to', `${at(1)}/only`)).toMatchObject({ status: 0 });
    expect(await tagsAt(1, 'only')).toEqual(ALL);
    expect(await tagsAt(0, 'own')).toEqual([]);
  });

  it.each([
    ['the same twice', 'r.example/x', 'r.example/x/', /is given twice as a target/],
    ['one in the other', 'r.example/x', 'r.example/x/y', /lies below r\.example\/x/],
    ['a whole registry and a part of it', 'r.example/x', 'r.example', /lies below r\.example,/],
    ['none', 'r.example/x', 'somewhere', /does not begin with a registry host/],
  ])('refuses %s', async (_, first, second, message) => {
    const refused = await run('mirror', '--to', first, '--to', second);
    expect(refused.status).toBeGreaterThan(0);
    expect(refused.stderr).toMatch(message);
    expect(source.requests).toEqual([]);
  });
});
