import { describe, expect, it } from 'vitest';
import { SallyportError } from '../base/index.ts';
import { type Digest, digestOf, type Naming } from '../oci/index.ts';
import { type ImageToPlace, targetsFor } from './index.ts';

const D1: Digest = digestOf(Buffer.from('1'));
const D2: Digest = digestOf(Buffer.from('2'));
const prefix = 'registry.corp.example/che';

function placed(images: readonly ImageToPlace[], naming: Naming = 'nested'): Record<string, string> {
  return Object.fromEntries(
    [...targetsFor(images, { prefix, naming })].map(([from, { repository, tag }]) => [
      from,
      `${repository}:${tag}`,
    ]),
  );
}

function refused(run: () => unknown): SallyportError {
  try {
    run();
  } catch (error) {
    if (error instanceof SallyportError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('targetsFor', () => {
  it.each<[string, Naming, string]>([
    ['quay.io/eclipse/che-server:7.121.0', 'nested', `${prefix}/quay.io/eclipse/che-server:7.121.0`],
    ['quay.io/eclipse/che-server:7.121.0', 'path', `${prefix}/eclipse/che-server:7.121.0`],
    ['quay.io/eclipse/che-server:7.121.0', 'flat', `${prefix}/quay-io-eclipse-che-server:7.121.0`],
    ['redis', 'nested', `${prefix}/docker.io/library/redis:latest`],
    [`quay.io/a/b:1@${D1}`, 'nested', `${prefix}/quay.io/a/b:1`],
    [`quay.io/a/b@${D1}`, 'nested', `${prefix}/quay.io/a/b:sallyport-${D1.slice(7, 19)}`],
    ['localhost:5000/a/b:1', 'nested', `${prefix}/localhost-5000/a/b:1`],
  ])('%s by %s', (reference, naming, expected) => {
    expect(placed([{ reference }], naming)).toEqual({ [reference]: expected });
  });

  it('keeps a host with a port and a bare host as prefix', () => {
    const targets = targetsFor([{ reference: 'quay.io/a/b:1' }], {
      prefix: 'localhost:5001',
      naming: 'nested',
    });
    expect(targets.get('quay.io/a/b:1')).toEqual({ repository: 'localhost:5001/quay.io/a/b', tag: '1' });
  });

  it.each<[string, ImageToPlace[], Naming]>([
    [
      'nothing is known of the content',
      [{ reference: 'quay.io/a/b:1' }, { reference: 'ghcr.io/a/b:1' }],
      'path',
    ],
    [
      'one digest is unknown',
      [{ reference: 'quay.io/a/b:1', digest: D1 }, { reference: 'ghcr.io/a/b:1' }],
      'path',
    ],
    [
      'digests differ',
      [
        { reference: 'quay.io/a/b:1', digest: D1 },
        { reference: 'ghcr.io/a/b:1', digest: D2 },
      ],
      'path',
    ],
    ['flat names meet', [{ reference: 'quay.io/a/b-c:1' }, { reference: 'quay.io/a-b/c:1' }], 'flat'],
    [
      'a port looks like a name',
      [{ reference: 'r.example:1/a:1' }, { reference: 'r.example-1/a:1' }],
      'nested',
    ],
    [
      'a tag was moved',
      [{ reference: `quay.io/a/b:1@${D1}` }, { reference: `quay.io/a/b:1@${D2}` }],
      'nested',
    ],
  ])('refuses two sources for one name when %s', (_, images, naming) => {
    const error = refused(() => placed(images, naming));
    expect(error.code).toBe('TARGET_COLLISION');
    for (const { reference } of images) expect(error.message).toContain(reference);
    expect(error.subject).toMatch(/^registry\.corp\.example\/che\/.+:1$/);
  });

  it.each<[string, ImageToPlace[]]>([
    [
      'equal digests',
      [
        { reference: 'quay.io/a/b:1', digest: D1 },
        { reference: 'ghcr.io/a/b:1', digest: D1 },
      ],
    ],
    [
      'a digest that the reference says',
      [{ reference: `quay.io/a/b:1@${D1}` }, { reference: 'quay.io/a/b:1', digest: D1 }],
    ],
    ['two spellings of one source', [{ reference: 'docker.io/library/redis:7' }, { reference: 'redis:7' }]],
  ])('lets two share a name with %s', (_, images) => {
    expect(new Set(Object.values(placed(images, 'path'))).size).toBe(1);
  });

  it('reports all collisions together', () => {
    const images = ['a', 'b'].flatMap((name) => [
      { reference: `quay.io/x/${name}:1` },
      { reference: `ghcr.io/x/${name}:1` },
    ]);
    expect(refused(() => placed(images, 'path')).parts.map(({ subject }) => subject)).toEqual([
      `${prefix}/x/a:1`,
      `${prefix}/x/b:1`,
    ]);
  });

  it('refuses a name that grows too long below the prefix', () => {
    const reference = `quay.io/${'a'.repeat(240)}:1`;
    const error = refused(() => placed([{ reference }]));
    expect([error.code, error.subject]).toEqual(['REFERENCE_INVALID', reference]);
    expect(error.message).toContain('longer than');
  });

  it('refuses a prefix without a host', () => {
    expect(refused(() => targetsFor([], { prefix: 'che', naming: 'nested' })).code).toBe('REFERENCE_INVALID');
  });
});
