import { afterEach, describe, expect, it } from 'vitest';
import { type Copying, type RequestOptions, startCopying } from '../../test/support/copying.ts';
import { imageOf, indexOf, pushAll } from '../../test/support/images.ts';
import { memoryOf } from '../../test/support/remembered.ts';
import { parsePlatform, type RawManifest } from '../oci/index.ts';
import type { RegistryServerOptions } from '../server/index.ts';
import { broughtBy, type CopyMemory } from './brought.ts';
import { planCopies } from './plan.ts';
import { runPlan } from './run.ts';

let copying: Copying | undefined;
afterEach(async () => {
  const current = copying;
  copying = undefined;
  await current?.close();
});

const [amd64, arm64] = ['linux/amd64', 'linux/arm64'].map((platform) =>
  imageOf({ seed: platform, platform: parsePlatform(platform) }),
) as [ReturnType<typeof imageOf>, ReturnType<typeof imageOf>];

/** What was asked with a digest that had been seen before. */
const conditions: string[] = [];

/** The source has one image for two platforms. */
async function start(root: RawManifest = indexOf([amd64, arm64])): Promise<Copying> {
  conditions.length = 0;
  const intercept: RegistryServerOptions['intercept'] = ({ method, path, headers }) => {
    const condition = headers['if-none-match'];
    if (condition !== undefined) conditions.push(`${method} ${path} ${condition}`);
    return undefined;
  };
  copying = await startCopying({
    source: { sparse: 'all', intercept },
    target: { sparse: 'indexes', intercept },
  });
  await pushAll(copying.source.repository('a'), [amd64, arm64], { manifest: root, tag: 'v1' });
  return copying;
}

async function run(copy: Copying, wish: RequestOptions, memory?: CopyMemory) {
  (copy.source.requests as string[]).length = 0;
  (copy.target.requests as string[]).length = 0;
  const plan = await planCopies([copy.request('a', wish)], memory === undefined ? {} : { memory });
  const asked = { source: [...copy.source.requests], target: [...copy.target.requests] };
  const result = await runPlan(plan);
  return { state: result.images[0]?.state, asked, memory: memoryOf(broughtBy(plan, result)) };
}

const hasArm = async (copy: Copying): Promise<boolean> =>
  (await copy.target.repository('to/a').resolve(arm64.manifest.descriptor.digest)) !== undefined;

describe('a tag with the right digest', () => {
  it.each([
    ['here', true],
    ['elsewhere', false],
  ])('is not taken for the whole image after a copy for one platform made %s', async (_where, remembered) => {
    const copy = await start();
    const part = await run(copy, { platforms: ['linux/amd64'] });
    expect(await hasArm(copy)).toBe(false);
    const whole = await run(copy, {}, remembered ? part.memory : undefined);
    expect(whole.state).toBe('copied');
    expect(await hasArm(copy)).toBe(true);
    const again = await run(copy, {}, whole.memory);
    expect(again).toMatchObject({ state: 'present', asked: { target: ['HEAD /v2/to/a/manifests/v1'] } });
  });

  it('is not taken for it where what is missing lies in an index below', async () => {
    const inner = indexOf([amd64, arm64]);
    const copy = await start(indexOf([inner, amd64]));
    await pushAll(copy.source.repository('a'), [], { manifest: inner, tag: 'inner' });
    await pushAll(copy.source.repository('a'), [], { manifest: indexOf([inner, amd64]), tag: 'v1' });
    // As another tool leaves it: the indexes and one image.
    const target = copy.target.repository('to/a');
    await pushAll(target, [amd64], { manifest: inner, tag: 'inner' });
    await pushAll(target, [], { manifest: indexOf([inner, amd64]), tag: 'v1' });
    expect((await run(copy, {})).state).toBe('copied');
    expect(await hasArm(copy)).toBe(true);
  });

  it('stands for an index that nobody here has copied when the target has its children; the source is not asked', async () => {
    const copy = await start();
    const { descriptor } = indexOf([amd64, arm64]);
    await run(copy, {});
    const again = await run(copy, { digest: descriptor.digest, selector: descriptor.digest });
    expect(again.state).toBe('present');
    expect(again.asked.source).toEqual([]);
    expect(again.asked.target.filter((line) => line.startsWith('HEAD'))).toHaveLength(3);
    expect((await run(copy, {}, again.memory)).asked.target).toHaveLength(1);
  });

  it('stands for an image that is no index', async () => {
    const copy = await start(amd64.manifest);
    await run(copy, {});
    expect((await run(copy, {})).asked.target).toEqual(['HEAD /v2/to/a/manifests/v1']);
  });

  it('stands for the platforms that were copied, whichever of them are wished', async () => {
    const copy = await start();
    const { memory } = await run(copy, { platforms: ['linux/amd64', 'linux/arm64'] });
    for (const platforms of [['linux/arm64'], ['linux/amd64'], []])
      expect((await run(copy, { platforms }, memory)).asked.target).toHaveLength(1);
  });

  it('stands for no platform that the image does not have, also where all that it has is there', async () => {
    const copy = await start();
    const { memory } = await run(copy, {});
    const named = await run(copy, { platforms: ['linux/arm64'] }, memory);
    expect(named).toMatchObject({ state: 'present', asked: { source: ['HEAD /v2/a/manifests/v1'] } });
    const plan = await planCopies([copy.request('a', { platforms: ['linux/s390x'] })], { memory });
    expect(plan.failed[0]?.error).toMatchObject({ code: 'PLATFORM_MISSING' });
    const some = ['linux/arm64', 'linux/s390x'];
    const first = await run(copy, { platforms: some }, memory);
    copy.events.length = 0;
    await planCopies([copy.request('a', { platforms: some })], {
      memory: first.memory,
      emit: (event) => copy.events.push(event),
    });
    expect(copy.events).toContainEqual(expect.objectContaining({ message: 'does not offer linux/s390x' }));
  });

  it('stands for no platform beside those that were copied', async () => {
    const copy = await start();
    const { memory } = await run(copy, { platforms: ['linux/amd64'] });
    expect((await run(copy, { platforms: ['linux/amd64'] }, memory)).asked.target).toHaveLength(1);
    expect((await run(copy, { platforms: ['linux/arm64'] }, memory)).state).toBe('copied');
  });

  it('is asked for with the digest of the last run, at both sides, and what has changed is seen', async () => {
    const copy = await start();
    const { digest } = indexOf([amd64, arm64]).descriptor;
    const { memory } = await run(copy, {});
    await run(copy, {}); // the target shows its ETag now
    expect(conditions).toEqual([]);
    expect((await run(copy, {}, memory)).state).toBe('present');
    const both = ['/v2/a', '/v2/to/a'].map((path) => `HEAD ${path}/manifests/v1 "${digest}"`);
    expect(conditions.toSorted()).toEqual(both);
    await pushAll(copy.source.repository('a'), [], { manifest: amd64.manifest, tag: 'v1' });
    const moved = await run(copy, {}, memory);
    expect(moved.state).toBe('copied');
    const there = await copy.target.repository('to/a').resolve('v1');
    expect(there?.digest).toBe(amd64.manifest.descriptor.digest);
    // And back at the target alone.
    await pushAll(copy.target.repository('to/a'), [], { manifest: indexOf([amd64, arm64]), tag: 'v1' });
    expect((await run(copy, {}, moved.memory)).state).toBe('copied');
  });

  it('is asked for in full where more is wanted than the last run has brought', async () => {
    const copy = await start();
    const { memory } = await run(copy, { platforms: ['linux/amd64'] });
    expect((await run(copy, {}, memory)).state).toBe('copied');
    expect(conditions).toEqual([]);
  });

  it('is not taken for its signatures when they were left out', async () => {
    const root = indexOf([amd64, arm64]);
    const copy = await start(root);
    const signature = imageOf({ seed: 'signature', subject: root.descriptor, artifactType: 'x/y' });
    await pushAll(copy.source.repository('a'), [signature]);
    const bare = await run(copy, { referrers: false });
    const { digest } = signature.manifest.descriptor;
    expect(await copy.target.repository('to/a').resolve(digest)).toBeUndefined();
    const signed = await run(copy, { referrers: true }, bare.memory);
    expect(signed.state).toBe('copied');
    expect(await copy.target.repository('to/a').resolve(digest)).toBeDefined();
    expect((await run(copy, { referrers: true }, signed.memory)).asked.target).toHaveLength(1);
  });
});
