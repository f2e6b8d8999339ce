import { describe, expect, it } from 'vitest';
import { fc, runs } from '../../test/support/properties.ts';
import { SallyportError } from '../base/index.ts';
import { type Digest, digestOf } from '../oci/index.ts';
import { checkInputs, diffLocks, type Lock, type LockedImage, readLock, writeLock } from './index.ts';

const dig = (text: string): Digest => digestOf(Buffer.from(text));

function image(reference: string, more: Partial<LockedImage> = {}): LockedImage {
  return {
    reference,
    digest: dig(reference),
    mediaType: 'application/vnd.oci.image.index.v1+json',
    size: 1234,
    platforms: [
      { platform: 'linux/arm64', digest: dig(`${reference} arm64`), size: 600 },
      { platform: 'linux/amd64', digest: dig(`${reference} amd64`), size: 634 },
    ],
    referrers: [{ digest: dig(`${reference} sig`), form: 'sig' }],
    target: { repository: 'registry.corp.example/x/quay.io/a/b', tag: '1' },
    uses: [
      { file: 'b.yaml', object: 'Deployment/x', path: 'spec', how: 'pod' },
      { file: 'a.yaml', object: 'Deployment/x', path: 'spec', how: 'pod' },
    ],
    ...more,
  };
}

const TARGET: NonNullable<Lock['target']> = {
  prefix: 'registry.corp.example/x',
  naming: 'nested',
  reference: 'tag-and-digest',
  pullSecret: { name: 'registry-pull' },
};

function lock(more: Partial<Lock> = {}): Lock {
  return {
    apiVersion: 'sallyport.dev/v1alpha1',
    kind: 'Lock',
    metadata: { name: 'che' },
    madeFrom: {
      profile: { name: 'che', version: '7.121.0', platform: 'kubernetes', components: { dwo: '0.42.0' } },
      inputs: [
        { file: 'b.yaml', digest: dig('b') },
        { file: 'a.yaml', digest: dig('a') },
      ],
    },
    target: TARGET,
    platforms: ['linux/arm64', 'linux/amd64'],
    images: [image('quay.io/b/b:1'), image('quay.io/a/b:1')],
    excluded: [{ reference: 'quay.io/z/z:1', reason: 'not used' }],
    ...more,
  };
}

function thrown(run: () => unknown): SallyportError {
  try {
    run();
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

const read = (text: string) => readLock({ path: 'sallyport.lock.yaml', bytes: Buffer.from(text) });

describe('writeLock', () => {
  it('gives the same bytes whatever the order of the content', () => {
    const one = lock();
    const other = lock({
      platforms: [...one.platforms].reverse(),
      madeFrom: { ...one.madeFrom, inputs: [...one.madeFrom.inputs].reverse() },
      images: [...one.images].reverse().map((entry) => ({
        ...entry,
        platforms: [...entry.platforms].reverse(),
        uses: [...entry.uses].reverse(),
      })),
    });
    expect(writeLock(other).toString()).toBe(writeLock(one).toString());
  });

  it('begins with a comment and sorts', () => {
    const text = writeLock(lock()).toString();
    expect(text).toMatch(
      /^# Written by `sallyport lock`.*\napiVersion: sallyport\.dev\/v1alpha1\nkind: Lock\n/,
    );
    expect([...text.matchAll(/^ {2}- reference: (.*)$/gm)].map((match) => match[1])).toEqual([
      'quay.io/a/b:1',
      'quay.io/b/b:1',
      'quay.io/z/z:1',
    ]);
    expect([...text.matchAll(/- platform: (.*)$/gm)].map((match) => match[1])).toEqual([
      'linux/amd64',
      'linux/arm64',
      'linux/amd64',
      'linux/arm64',
    ]);
  });

  it('writes a use once', () => {
    const use = { file: 'a.yaml', how: 'pod' };
    const text = writeLock(
      lock({ images: [image('quay.io/a/b:1', { uses: [use, { ...use }] })] }),
    ).toString();
    expect(text.match(/file: a\.yaml\n {8}how/g)).toHaveLength(1);
  });
});

describe('readLock', () => {
  const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
  const anyDigest = fc.string().map(dig);
  const anyUse = fc.record(
    { file: anyText, object: anyText, path: anyText, how: anyText, reason: anyText },
    { requiredKeys: ['how'] },
  );
  const anyReference = fc
    .tuple(
      fc.constantFrom('quay.io/a', 'docker.io/library/b', 'r.example:5000/c/d'),
      fc.integer({ min: 0, max: 99 }),
    )
    .map(([name, tag]) => `${name}:${tag}`);
  const anyImage = fc.record(
    {
      reference: anyReference,
      digest: anyDigest,
      mediaType: anyText,
      size: fc.maxSafeNat(),
      platforms: fc.array(fc.record({ platform: anyText, digest: anyDigest, size: fc.maxSafeNat() }), {
        maxLength: 3,
      }),
      referrers: fc.array(
        fc.record(
          {
            digest: anyDigest,
            form: fc.constantFrom('referrer', 'sig', 'att', 'sbom'),
            artifactType: anyText,
          },
          { requiredKeys: ['digest', 'form'] },
        ),
        { maxLength: 2 },
      ),
      target: fc.constant({ repository: 'registry.corp.example/x/y', tag: '1' }),
      mark: fc.constantFrom('always', 'default', 'conditional'),
      group: anyText,
      condition: anyText,
      uses: fc.array(anyUse, { maxLength: 3 }),
    },
    { requiredKeys: ['reference', 'digest', 'mediaType', 'size', 'platforms', 'referrers', 'uses'] },
  );
  const anyLock = fc.record({
    name: anyText,
    components: fc.dictionary(anyText, anyText, { maxKeys: 3 }),
    inputs: fc.array(fc.record({ file: anyText, digest: anyDigest }), { maxLength: 3 }),
    images: fc.uniqueArray(anyImage, { maxLength: 4, selector: ({ reference }) => reference }),
    excluded: fc.array(fc.record({ reference: anyReference, reason: anyText }), { maxLength: 2 }),
  });

  it('gives back what was written, byte for byte', () => {
    fc.assert(
      fc.property(anyLock, ({ name, components, inputs, images, excluded }) => {
        const profile = { name: 'che', version: '1', platform: 'kubernetes', components };
        const bytes = writeLock(
          lock({
            metadata: { name },
            madeFrom: { profile, inputs },
            images: images as LockedImage[],
            excluded,
          }),
        );
        expect(writeLock(readLock({ path: 'l', bytes })).toString()).toBe(bytes.toString());
      }),
      { numRuns: runs(200) },
    );
  });

  it('keeps the values', () => {
    const images = [
      image('quay.io/a/b:1', { mark: 'conditional', group: 'editors', condition: 'when asked' }),
    ];
    const back = readLock({ path: 'l', bytes: writeLock(lock({ images })) });
    expect(back.images[0]).toMatchObject({
      mark: 'conditional',
      group: 'editors',
      condition: 'when asked',
      size: 1234,
    });
    expect(back.madeFrom.profile).toEqual(lock().madeFrom.profile);
    expect(back.target).toEqual(lock().target);
  });

  const good = writeLock(lock()).toString();
  it.each<[string, string, string, RegExp]>([
    ['text that is no YAML', '<<<<<<< ours\n- a: [\n', ':', /YAML/],
    ['another kind', good.replace('kind: Lock', 'kind: Relocation'), ':3:7', /kind is none of Lock/],
    ['a later version', good.replace('v1alpha1', 'v9'), ':2:13', /apiVersion/],
    ['an unknown key', good.replace('\nexcluded:', '\nextra: 1\nexcluded:'), ':', /extra is not a key/],
    [
      'a bad digest',
      good.replace(dig('quay.io/a/b:1'), 'sha256:../../etc'),
      ':',
      /images\[0\]\.digest is not/,
    ],
    [
      'a negative size',
      good.replace('size: 1234', 'size: -1'),
      ':',
      /images\[0\]\.size is not a number of bytes/,
    ],
    ['a missing key', good.replace(/ {4}mediaType: .*\n/, ''), ':', /images\[0\]\.mediaType is missing/],
    [
      'a reference that is none',
      good.replace('reference: quay.io/a/b:1', 'reference: "a b"'),
      ':',
      /not an image reference/,
    ],
    [
      'a reference twice',
      good.replace('reference: quay.io/b/b:1', 'reference: quay.io/a/b:1'),
      ':',
      /second time/,
    ],
    [
      'a target outside of every registry',
      good.replace('tag: "1"', 'tag: "a b"'),
      ':',
      /no place to push to/,
    ],
    [
      'a secret that has no name',
      good.replace('name: registry-pull', 'name: A b'),
      ':',
      /not the name of a secret/,
    ],
    ['a list', '- a\n', ':1:1', /not a mapping/],
    ['nothing', '', '', /not a mapping/],
  ])('refuses %s', (_, text, at, message) => {
    expect(text).not.toBe(good);
    const error = thrown(() => read(text));
    expect(error.code).toBe('LOCK_INVALID');
    expect(error.message).toMatch(message);
    expect(error.subject).toContain(`sallyport.lock.yaml${at}`);
  });

  it('names the line of a fault deep inside', () => {
    const text = good.replace('size: 634', 'size: many');
    const line = text.split('\n').findIndex((row) => row.includes('size: many')) + 1;
    expect(thrown(() => read(text)).subject).toBe(`sallyport.lock.yaml:${line}:15`);
  });
});

describe('diffLocks', () => {
  it('finds nothing between equal locks in another order', () => {
    const diff = diffLocks(lock(), lock({ images: [...lock().images].reverse() }));
    expect(diff).toEqual({ same: true, added: [], removed: [], moved: [], changed: [], inputs: [] });
  });

  it('names what was added, removed and moved', () => {
    const before = lock({ images: [image('quay.io/a/a:1'), image('quay.io/a/b:1')] });
    const after = lock({
      images: [image('quay.io/a/b:1', { digest: dig('other'), size: 5 }), image('quay.io/a/c:1')],
    });
    const diff = diffLocks(before, after);
    expect(diff.same).toBe(false);
    expect(diff.added.map(({ reference }) => reference)).toEqual(['quay.io/a/c:1']);
    expect(diff.removed.map(({ reference }) => reference)).toEqual(['quay.io/a/a:1']);
    expect(diff.moved).toEqual([
      { reference: 'quay.io/a/b:1', from: dig('quay.io/a/b:1'), to: dig('other') },
    ]);
    expect(diff.changed).toEqual([]);
  });

  const [first, second] = lock().images as [LockedImage, LockedImage];
  const origin = lock().madeFrom;
  it.each<[string, Partial<Lock>, string]>([
    [
      'a target',
      { images: [first, { ...second, target: { repository: 'r.example/z', tag: '2' } }] },
      'quay.io/a/b:1 target registry.corp.example/x/quay.io/a/b:1 → r.example/z:2',
    ],
    ['uses', { images: [first, { ...second, uses: [] }] }, 'quay.io/a/b:1 uses 2 → 0'],
    [
      'a use elsewhere',
      { images: [first, { ...second, uses: second.uses.map((use) => ({ ...use, path: 'p' })) }] },
      'quay.io/a/b:1 uses differ',
    ],
    ['naming', { target: { ...TARGET, naming: 'flat' } }, '(lock) naming nested → flat'],
    [
      'how references are written',
      { target: { ...TARGET, reference: 'tag' } },
      '(lock) reference tag-and-digest → tag',
    ],
    [
      'the pull secret',
      { target: { ...TARGET, pullSecret: { name: 'none' } } },
      '(lock) pull secret registry-pull → none',
    ],
    ['platforms', { platforms: [] }, '(lock) platforms linux/amd64,linux/arm64 → all'],
    ['the name', { metadata: { name: 'x' } }, '(lock) name che → x'],
    ['exclusions', { excluded: [] }, 'quay.io/z/z:1 left out not used → (none)'],
    [
      'an input',
      {
        madeFrom: {
          ...origin,
          inputs: [
            { file: 'a.yaml', digest: dig('A') },
            { file: 'c.yaml', digest: dig('c') },
          ],
        },
      },
      'a.yaml changed|b.yaml is missing|c.yaml is new',
    ],
    [
      'the profile',
      {
        madeFrom: {
          inputs: origin.inputs,
          profile: { name: 'che', version: '7.122.0', platform: 'kubernetes', components: { dwo: '0.43.0' } },
        },
      },
      'profile version 7.121.0 → 7.122.0|profile dwo 0.42.0 → 0.43.0',
    ],
  ])('says a change of %s', (_, more, expected) => {
    const diff = diffLocks(lock(), lock(more));
    expect(diff.same).toBe(false);
    expect(
      [
        ...diff.changed.map(({ reference, what }) => `${reference} ${what}`),
        ...diff.inputs.map(({ file, what }) => `${file} ${what}`),
      ].join('|'),
    ).toBe(expected);
  });
});

describe('checkInputs', () => {
  it('passes equal inputs in any order', () => {
    expect(() => checkInputs(lock(), [...lock().madeFrom.inputs].reverse())).not.toThrow();
  });

  it('names what changed, is new and is missing', () => {
    const error = thrown(() =>
      checkInputs(lock(), [
        { file: 'a.yaml', digest: dig('A') },
        { file: 'c.yaml', digest: dig('c') },
      ]),
    );
    expect(error.code).toBe('LOCK_MISMATCH');
    expect(error.message).toBe(
      'was made from other inputs: a.yaml changed, b.yaml is missing, c.yaml is new',
    );
  });

  it('counts what would be too long to list', () => {
    const many = Array.from({ length: 30 }, (_, index) => ({ file: `${index}.yaml`, digest: dig('x') }));
    expect(thrown(() => checkInputs(lock(), many)).message).toMatch(/, and 20 more$/);
  });
});
