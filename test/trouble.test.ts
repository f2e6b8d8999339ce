import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fill, makeImage } from '../scripts/sample-images.ts';
import type { Digest } from '../src/oci/index.ts';
import type { ApiRequest, ApiResponse } from '../src/server/index.ts';
import { PROGRAM, sallyport } from './support/cli.ts';
import { type Embedded, startEmbedded } from './support/embedded.ts';

/** The built program when something is wrong: what it says, what it leaves, and that the next run goes on. */
type Answer = ReturnType<NonNullable<Parameters<typeof startEmbedded>[0]>['intercept'] & object>;

let dir = '';
let source: Embedded;
let target: Embedded;
let answerTarget: (request: ApiRequest) => Answer = () => undefined;
let answerSource: (request: ApiRequest) => Answer = () => undefined;

const NAMES = ['alpha', 'beta', 'gamma'];
const manifest = (names: readonly string[], tag = '1.0') =>
  names
    .map(
      (name) =>
        `---\napiVersion: v1\nkind: Pod\nmetadata: {name: ${name}}\nspec:\n  containers:\n    - {name: main, image: quay.io/team/${name}:${tag}}\n`,
    )
    .join('');

beforeAll(async () => {
  source = await startEmbedded({ intercept: (request) => answerSource(request) });
  for (const [index, name] of NAMES.entries()) {
    const image = makeImage({
      platforms: ['linux/amd64', 'linux/arm64'],
      layers: [
        { size: 300_000, seed: 'base', shared: true },
        { size: 400_000 + index, seed: name },
      ],
    });
    await fill(source.repository(`quay.io/team/${name}`), image, '1.0');
  }
});
afterAll(() => source.close());

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-trouble-'));
  answerTarget = () => undefined;
  answerSource = () => undefined;
  target = await startEmbedded({ intercept: (request) => answerTarget(request) });
  writeFileSync(join(dir, 'pods.yaml'), manifest(NAMES));
});
afterEach(async () => {
  await target.close();
  rmSync(dir, { recursive: true, force: true });
});

const reach = () => [
  '--registry',
  `quay.io,mirror=${source.server.registry}/quay.io,plainHttp`,
  '--registry',
  `${target.server.registry},plainHttp`,
];
const relocate = (...more: string[]) =>
  sallyport(
    ['relocate', '-f', 'pods.yaml', '--to', `${target.server.registry}/x`, '-o', 'out', ...reach(), ...more],
    { cwd: dir },
  );

const wire = (status: number, code: string, message: string, detail: object = {}): ApiResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: Buffer.from(JSON.stringify({ errors: [{ code, message, detail }] })),
});
const page = (status: number, title: string): ApiResponse => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: Buffer.from(`<html>\r\n<head><title>${status} ${title}</title></head>\r\n</html>`),
});

describe('a target that refuses one image', () => {
  const NGINX_413 = page(413, 'Request Entity Too Large');
  const FULL = {
    DriverName: 'filesystem',
    Enclosed: { Op: 'write', Path: `/data/${'x'.repeat(200)}`, Err: 28 },
  };
  const isUpload = ({ method, path }: ApiRequest) => method !== 'GET' && path.includes('/blobs/uploads/');
  const isManifest = ({ method, path }: ApiRequest) => method === 'PUT' && path.includes('/manifests/');

  it.each<[string, ApiResponse, (request: ApiRequest) => boolean, RegExp, RegExp]>([
    [
      'for want of rights',
      wire(403, 'DENIED', 'access is denied'),
      isUpload,
      /403 DENIED: access is denied/,
      /right to do this/,
    ],
    ['in the words of a proxy', page(403, 'Forbidden'), isUpload, /answered with 403/, /right to do this/],
    [
      'for its quota',
      wire(412, 'PRECONDITION', 'will exceed the configured upper limit of 20 MiB'),
      isManifest,
      /upper limit of 20 MiB/,
      /more room/,
    ],
    [
      'because its tag must not move',
      wire(412, 'PRECONDITION', "'beta:1.0' configured as immutable."),
      isManifest,
      /immutable/,
      /forbids moving it/,
    ],
    [
      'whose disk is full',
      wire(500, 'UNKNOWN', 'unknown error', FULL),
      isUpload,
      /500 UNKNOWN/,
      /disk is full/,
    ],
    ['for its length', NGINX_413, isUpload, /413/, /client_max_body_size/],
  ])(
    '%s: says so, copies the others, and writes nothing that names it',
    async (_, refusal, about, words, step) => {
      answerTarget = (request) =>
        request.path.includes('/team/beta/') && about(request) ? { respond: refusal } : undefined;
      const run = await relocate();
      expect(run.status, run.stderr).toBe(1);
      expect(run.stderr).toMatch(/error: quay\.io\/team\/beta:1\.0: /);
      expect(run.stderr).toMatch(words);
      expect(run.stderr).toMatch(step);
      expect(run.stderr).not.toMatch(/trying again|^\s+at /m);
      expect(existsSync(join(dir, 'out'))).toBe(false);
      answerTarget = () => undefined;
      expect(await tagsOf(target, 'alpha')).toEqual(['1.0']);
      expect(await tagsOf(target, 'beta')).toEqual([]);
      const again = await relocate();
      expect(again.status, again.stderr).toBe(0);
      expect(again.stdout).toContain('3 images: 1 copied, 2 present');
    },
  );

  it('and another one: both are told, and the status is failure', async () => {
    answerTarget = (request) =>
      /\/team\/(?:beta|gamma)\//.test(request.path) && isUpload(request)
        ? { respond: wire(403, 'DENIED', 'access is denied') }
        : undefined;
    const run = await relocate();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(
      /2 images failed[\s\S]*- quay\.io\/team\/beta:1\.0[\s\S]*- quay\.io\/team\/gamma:1\.0/,
    );
  });
});

describe('images of which none can be pinned', () => {
  it('are told, and nothing is called copied', async () => {
    writeFileSync(join(dir, 'pods.yaml'), manifest(NAMES).replaceAll(':1.0', ':9.9'));
    const run = await relocate();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/lock {2}0 images pinned, 3 failed/);
    expect(run.stderr).not.toContain('mirror');
    expect(target.requests).toEqual([]);
  });
});

describe('a copy for one platform', () => {
  const mirror = (...more: string[]) =>
    sallyport(['mirror', '--images', 'list', '--to', `${target.server.registry}/x`, ...reach(), ...more], {
      cwd: dir,
    });

  it.each([
    ['this machine', false],
    ['another', true],
  ])(
    'made by %s does not count as the whole later, and the whole is found with one question each',
    async (_by, forgotten) => {
      writeFileSync(join(dir, 'list'), NAMES.map((name) => `quay.io/team/${name}:1.0\n`).join(''));
      const part = await mirror('--platform', 'linux/amd64');
      expect(part.stdout, part.stderr).toContain('3 images: 3 copied');
      await expect(assertWhole('alpha', '1.0')).rejects.toThrow();
      if (forgotten) rmSync(join(dir, '.local'), { recursive: true });
      const whole = await mirror();
      expect(whole.stdout, whole.stderr).toContain('3 images: 3 copied');
      for (const name of NAMES) await assertWhole(name, '1.0');
      const asked = target.requests.length;
      expect((await mirror()).stdout).toContain('3 images: 0 copied, 3 present');
      expect(target.requests.slice(asked)).toHaveLength(NAMES.length);
    },
  );
});

describe('an image that cannot be known', () => {
  const templated = () =>
    writeFileSync(
      join(dir, 'pods.yaml'),
      manifest(NAMES).replace('quay.io/team/beta:1.0', '"quay.io/team/beta:${TAG}"'),
    );

  it('is named with its place and the next step, and no part of what is called proved', async () => {
    templated();
    const run = await relocate();
    expect(run.status, run.stderr).toBe(0);
    expect(run.stderr).toMatch(/pods\.yaml:14:28: “quay\.io\/team\/beta:\$\{TAG\}” is not locked/);
    expect(run.stderr).toMatch(/render {2}\d+ files; .*1 image cannot be known and is not covered/);
    expect(run.stderr.match(/kustomize build/g)).toHaveLength(1);
    expect(run.stdout).toMatch(/cannot be known and is not covered/);
    const filter = await sallyport(['render', '-f', 'pods.yaml', '--lock', 'out/sallyport.lock.yaml'], {
      cwd: dir,
    });
    expect(filter.status).toBe(0);
    expect(filter.stderr).toMatch(/pods\.yaml:14:28: .* is left as it is/);
  });

  it.each([
    ['relocate', () => relocate('--strict')],
    [
      'render',
      () => sallyport(['render', '--strict', '-f', 'pods.yaml', '--lock', 'lock', '-o', 'out'], { cwd: dir }),
    ],
  ])('is refused by a strict %s before anything is copied or written', async (_command, run) => {
    templated();
    const lock = ['lock', '-f', 'pods.yaml', '--to', `${target.server.registry}/x`, '--lock', 'lock'];
    await sallyport([...lock, ...reach()], { cwd: dir });
    const refused = await run();
    expect(refused.status).toBe(3);
    expect(refused.stderr).toMatch(/1 image cannot be known[\s\S]*- pods\.yaml:14:28: “quay/);
    expect(existsSync(join(dir, 'out'))).toBe(false);
    expect(await tagsOf(target, 'alpha')).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  it.each([1, 3, 6])(
    'at upload %i leaves no tag of something incomplete, and the next run goes on',
    async (count) => {
      let uploads = 0;
      let interrupt: () => void = () => undefined;
      answerTarget = async (request) => {
        if (request.method !== 'PUT' || !request.path.includes('/blobs/uploads/')) return undefined;
        uploads++;
        if (uploads >= count) interrupt();
        // what was under way stays under way until the program has heard of it
        if (uploads >= count) await new Promise((next) => setTimeout(next, 200));
        return undefined;
      };
      const stopped = await sallyport(
        ['relocate', '-f', 'pods.yaml', '--to', `${target.server.registry}/x`, '-o', 'out', ...reach()],
        {
          cwd: dir,
          onStart: (child) => {
            // once: a second Ctrl-C ends the program where it stands
            interrupt = () => {
              interrupt = () => undefined;
              child.kill('SIGINT');
            };
          },
        },
      );
      expect(stopped.status, stopped.stderr).toBe(130);
      expect(stopped.stderr).toMatch(/stopped; nothing half-written was left/);
      expect(existsSync(join(dir, 'out'))).toBe(false);
      answerTarget = () => undefined;
      for (const name of NAMES) for (const tag of await tagsOf(target, name)) await assertWhole(name, tag);
      const again = await relocate();
      expect(again.status, again.stderr).toBe(0);
      for (const name of NAMES) await assertWhole(name, '1.0');
    },
  );
});

describe('a disk without room', () => {
  const full = '/dev/full';
  it.skipIf(!existsSync(full))('for the result is a failure, in a sentence', () => {
    const told = join(dir, 'told');
    const line = `"${process.execPath}" "${PROGRAM}" images -f pods.yaml >${full} 2>${told}`;
    execFileSync('sh', ['-c', `${line}; echo "status $?" >>${told}`], { cwd: dir });
    expect(readFileSync(told, 'utf8')).toBe(
      'error: standard output: cannot be written (ENOSPC); the result is not complete\nstatus 1\n',
    );
  });

  it.skipIf(!existsSync(full))('for the event log does not stop the work, but is told', async () => {
    const run = await sallyport(['lock', '-f', 'pods.yaml', '--events', full, '-o', 'name', ...reach()], {
      cwd: dir,
    });
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('quay.io/team/alpha:1.0');
    expect(run.stderr).toMatch(/\/dev\/full: cannot be written \(ENOSPC\)/);
    expect(existsSync(join(dir, 'sallyport.lock.yaml'))).toBe(true);
  });

  it('for the output folder leaves the folder of before', async (test) => {
    const small = join(dir, 'small');
    mkdirSync(small);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small], { stdio: 'ignore' });
    } catch {
      test.skip('a small disk needs root');
    }
    try {
      const render = (file: string) =>
        sallyport(['render', '-f', file, '--lock', 'lock.yaml', '-o', 'small/out'], { cwd: dir });
      const lock = await sallyport(
        ['lock', '-f', 'pods.yaml', '--to', 'r.example/x', '--lock', 'lock.yaml', ...reach()],
        { cwd: dir },
      );
      expect(lock.status, lock.stderr).toBe(0);
      const first = await render('pods.yaml');
      expect(first.status, first.stderr).toBe(0);
      const before = contents(join(small, 'out'));
      writeFileSync(join(dir, 'big.yaml'), manifest(NAMES) + `# ${'x'.repeat(80)}\n`.repeat(2000));
      await sallyport(['lock', '-f', 'big.yaml', '--to', 'r.example/x', '--lock', 'lock.yaml', ...reach()], {
        cwd: dir,
      });
      const run = await render('big.yaml');
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/small\/out\/\S+: there is no room for it/);
      expect(contents(join(small, 'out'))).toEqual(before);
    } finally {
      execFileSync('umount', [small]);
    }
  });
});

describe('content', () => {
  it('that was changed on the way is refused, and the tag is not written', async () => {
    answerSource = (request) =>
      request.method === 'GET' && /\/team\/beta\/blobs\//.test(request.path)
        ? {
            rewrite: (response) => {
              const { body } = response;
              if (body === undefined || Buffer.isBuffer(body)) return response;
              return { ...response, body: Buffer.alloc(body.length, 1) };
            },
          }
        : undefined;
    const run = await relocate();
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/error: quay\.io\/team\/beta:1\.0[\s\S]*came with the digest sha256:/);
    expect(await tagsOf(target, 'beta')).toEqual([]);
    expect(await tagsOf(target, 'alpha')).toEqual(['1.0']);
  });
});

describe('contradictions', () => {
  it('of two sources with one target name are refused before anything is asked', async () => {
    writeFileSync(join(dir, 'list.txt'), 'quay.io/team/alpha:1.0\ndocker.io/team/alpha:1.0\n');
    const both = await sallyport(
      ['mirror', '--images', 'list.txt', '--naming', 'path', '--to', 'r.example/x', ...reach()],
      { cwd: dir },
    );
    expect(both.status).toBe(1);
    expect(both.stderr).toMatch(/docker\.io\/team\/alpha:1\.0/);
    expect(both.stderr).toMatch(/quay\.io\/team\/alpha:1\.0/);
    expect(both.stderr).toMatch(/nested/);
  });

  it('between a lock and changed inputs name the file', async () => {
    const lock = ['--lock', 'lock.yaml'];
    await sallyport(['lock', '-f', 'pods.yaml', '--to', 'r.example/x', ...lock, ...reach()], { cwd: dir });
    writeFileSync(join(dir, 'pods.yaml'), `${manifest(NAMES)}# changed\n`);
    const run = await sallyport(['render', '-f', 'pods.yaml', ...lock, '-o', 'out'], { cwd: dir });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/was made from other inputs: pods\.yaml changed/);
    expect(existsSync(join(dir, 'out'))).toBe(false);
  });
});

async function tagsOf(registry: Embedded, name: string): Promise<readonly string[]> {
  const answer = await fetch(`${registry.server.url}/v2/x/quay.io/team/${name}/tags/list`);
  if (answer.status === 404) return [];
  return ((await answer.json()) as { tags: string[] | null }).tags ?? [];
}

interface Wired {
  readonly manifests?: readonly { readonly digest: Digest }[];
  readonly config?: { readonly digest: Digest };
  readonly layers?: readonly { readonly digest: Digest }[];
}

/** Everything that the tag stands for is there: children, configs, layers. */
async function assertWhole(name: string, selector: string): Promise<void> {
  const at = `${target.server.url}/v2/x/quay.io/team/${name}`;
  const answer = await fetch(`${at}/manifests/${selector}`, { headers: { accept: '*/*' } });
  expect(answer.status, `${name}:${selector}`).toBe(200);
  const { manifests = [], config, layers = [] } = (await answer.json()) as Wired;
  for (const { digest } of manifests) await assertWhole(name, digest);
  for (const { digest } of [...(config === undefined ? [] : [config]), ...layers]) {
    const blob = await fetch(`${at}/blobs/${digest}`, { method: 'HEAD' });
    expect(blob.status, `${name} ${digest}`).toBe(200);
  }
}

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    (readdirSync(folder, { recursive: true, withFileTypes: true }) ?? [])
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'utf8')]),
  );
}
