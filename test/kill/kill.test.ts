import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fill, makeImage, type SampleImage } from '../../scripts/sample-images.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { PROGRAM } from '../support/cli.ts';
import { type CountingRelay, startCountingRelay } from '../support/counting-relay.ts';
import { commandExists, startDockerRegistry } from '../support/docker-registry.ts';
import { bareEnvironment } from '../support/environment.ts';
import { randomFrom } from '../support/seeded.ts';
import { startServedRegistry } from '../support/served-registry.ts';
import { testContext } from '../support/workflow-context.ts';

/**
 * Kill -9 at random moments while copying, and go on: the end is that of an undisturbed run, and little moves twice. Source and target are processes
 * of their own: what waits unread in sockets is lost with the copy, and with all in one thread the test measured itself. The seed stands in the
 * name of each test; SALLYPORT_KILL_SEED repeats a run.
 */
const SEED = Number(process.env['SALLYPORT_KILL_SEED'] ?? Date.now() % 1_000_000);
const KILLS = 50;
const COPIES = 8;
/** How many times the content may move on either side in all. */
const LIMIT = 1.3;
const MB = 1_000_000;
/** Bytes per second that the source gives: a line of half a gigabit, which is what limits the copy and not the machine. */
const RATE = 60 * MB;

type Images = readonly (readonly [name: string, image: SampleImage])[];

/** What lies in buffers between source and target when the process dies has to be a small part of it. */
const BIG: Images = [
  ['team/big', image('big', [150, 60])],
  ['team/wide', image('wide', [25, 20, 15, 10, 5])],
  ['team/small', image('small', [2, 1, 0.3, 0.2, 0.1])],
];

/** CNCF distribution gives no upload back that was broken off within a request, so blobs under way are sent anew; finished ones are not. */
const MANY: Images = Array.from({ length: 8 }, (_, index) => [
  `team/part-${index}`,
  image(`part ${index}`, [3, 2.5, 2, 2]),
]);

function image(seed: string, sizes: readonly number[]): SampleImage {
  return makeImage({
    platforms: ['linux/amd64', 'linux/arm64'],
    layers: sizes.map((size, index) => ({
      size: size * MB,
      seed: `${seed} ${index}`,
      shared: index % 2 === 1,
    })),
    attestations: true,
    signature: 'referrer',
  });
}

let root: string;
let fromSource: CountingRelay;
const ends: (() => Promise<void>)[] = [];

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sallyport-kill-'));
  const source = await startServedRegistry(join(root, 'source'));
  ends.push(source.close);
  const registries = openRegistries(testContext(root), { [source.host]: { plainHttp: true } });
  for (const [name, sample] of [...BIG, ...MANY])
    await fill(registries.target({ registry: source.host, repository: name }), sample, 'v1');
  registries.close();
  fromSource = await relayed(source.host, RATE);
});

afterAll(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(root, { recursive: true, force: true });
});

async function relayed(host: string, rate?: number): Promise<CountingRelay> {
  const relay = await startCountingRelay(host, rate === undefined ? {} : { rate });
  ends.push(relay.close);
  return relay;
}

function sizeOf(images: Images): number {
  const blobs = new Map(
    images.flatMap(([, { blobs: own }]) =>
      [...own.values()].map(({ descriptor: { digest, size } }) => [digest, size] as const),
    ),
  );
  return [...blobs.values()].reduce((sum, size) => sum + size, 0);
}

interface Run {
  readonly child: ChildProcess;
  /** Exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly output: () => string;
}

function copy({ images, to, state }: Copy): Run {
  const list = join(root, 'images.txt');
  writeFileSync(list, images.map(([name]) => `${fromSource.host}/${name}:v1\n`).join(''));
  const args = ['mirror', '--images', list, '--to', to, '--quiet'];
  for (const host of [fromSource.host, to.slice(0, to.indexOf('/'))])
    args.push('--registry', `${host},plainHttp`);
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd: root,
    env: { ...bareEnvironment(root), XDG_STATE_HOME: state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk));
  return {
    child,
    ended: new Promise((done) => child.once('close', (status, signal) => done(signal ?? status))),
    output: () => output,
  };
}

interface Copy {
  readonly images: Images;
  readonly to: string;
  /** XDG_STATE_HOME. */
  readonly state: string;
  readonly target: CountingRelay;
}

/** Kills the copy when the target has taken so many bytes in all; false when it came to its end before. */
async function copyUntil(bytes: number, what: Copy): Promise<boolean> {
  const run = copy(what);
  const watch = setInterval(() => {
    if (what.target.received() >= bytes) run.child.kill('SIGKILL');
  }, 1);
  const end = await run.ended;
  clearInterval(watch);
  if (end !== 'SIGKILL' && end !== 0) throw new Error(`the copy ended with ${end}:\n${run.output()}`);
  return end === 'SIGKILL';
}

/** Every tag, manifest, blob and signature, as a client that knows nothing of the copy reads them; the journal is gone. */
async function expectWhole({ images, to, state }: Copy): Promise<void> {
  const slash = to.indexOf('/');
  const [host, prefix] = [to.slice(0, slash), to.slice(slash + 1)];
  const registries = openRegistries(testContext(root), { [host]: { plainHttp: true } });
  try {
    for (const [name, sample] of images) {
      const from = fromSource.host.replace(':', '-');
      const repository = registries.target({ registry: host, repository: `${prefix}/${from}/${name}` });
      expect((await repository.resolve('v1'))?.digest).toBe(sample.root.descriptor.digest);
      for (const { descriptor, bytes } of sample.manifests)
        expect((await repository.readManifest(descriptor.digest)).bytes.equals(bytes)).toBe(true);
      // Reading fails unless every byte is right.
      for (const { descriptor } of sample.blobs.values())
        for await (const _ of await repository.readBlob(descriptor));
      expect((await repository.referrers(sample.root.descriptor.digest)).map(({ digest }) => digest)).toEqual(
        sample.extras.map(({ manifest }) => manifest.descriptor.digest),
      );
    }
  } finally {
    registries.close();
  }
  expect(readdirSync(join(state, 'sallyport', 'uploads'))).toEqual([]);
}

describe(`a copy that is killed (seed ${SEED})`, () => {
  it(`goes on at the byte after each of ${KILLS} kills`, async () => {
    const server = await startServedRegistry(join(root, 'target'));
    ends.push(server.close);
    const target = await relayed(server.host);
    const what: Copy = { images: BIG, to: `${target.host}/che`, state: join(root, 'state'), target };
    const size = sizeOf(BIG);
    const random = randomFrom(SEED);
    const moments = Array.from({ length: KILLS }, () => random() * size * 0.99).sort((a, b) => a - b);
    const before = fromSource.sent();
    let kills = 0;
    for (const moment of moments) if (await copyUntil(moment, what)) kills++;
    expect(await copyUntil(Number.POSITIVE_INFINITY, what)).toBe(false);
    expect(kills).toBe(KILLS);
    expect((fromSource.sent() - before) / size, 'read from the source').toBeLessThan(LIMIT);
    expect(target.received() / size, 'sent to the target').toBeLessThan(LIMIT);
    await expectWhole(what);
  });

  it.skipIf(!commandExists('docker-registry'))(
    `moves little twice with docker-registry as the target, each of ${COPIES} copies killed once`,
    async () => {
      const registry = await startDockerRegistry(join(root, 'docker-registry'));
      ends.push(registry.close);
      const target = await relayed(registry.host);
      const size = sizeOf(MANY);
      const random = randomFrom(SEED);
      for (let number = 0; number < COPIES; number++) {
        const state = join(root, `state-${number}`);
        const what: Copy = { images: MANY, to: `${target.host}/copy-${number}`, state, target };
        const [read, sent] = [fromSource.sent(), target.received()];
        expect(await copyUntil(sent + random() * size * 0.95, what)).toBe(true);
        expect(await copyUntil(Number.POSITIVE_INFINITY, what)).toBe(false);
        expect((fromSource.sent() - read) / size, 'read from the source').toBeLessThan(LIMIT);
        expect((target.received() - sent) / size, 'sent to the target').toBeLessThan(LIMIT);
        await expectWhole(what);
      }
    },
  );
});
