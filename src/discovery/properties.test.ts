import { describe, expect, it } from 'vitest';
import { bytesOf, deployment, look } from '../../test/support/discovery.ts';
import { fc, runs } from '../../test/support/properties.ts';
import { discover } from './index.ts';

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,5}$/);
const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => `@sha256:${hex}`);
const reference = fc
  .record({
    host: fc.constantFrom('quay.io', 'registry.corp.test:5000', 'localhost:5000', 'docker.io'),
    path: fc.array(word, { minLength: 2, maxLength: 4 }),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,8}$/), { nil: undefined }),
    digest: fc.option(digest, { nil: undefined }),
  })
  .map(
    ({ host, path, tag, digest: pin }) =>
      `${host}/${path.join('/')}${tag === undefined ? '' : `:${tag}`}${pin ?? ''}`,
  );

/** Ways to put a value into a file, one into the other: each writes JSON or YAML around it. */
type Wrap = (object: unknown) => unknown;
const wraps: readonly Wrap[] = [
  (object) => ({ kind: 'ConfigMap', data: { text: JSON.stringify(object) } }),
  (object) => ({
    kind: 'Pod',
    spec: { containers: [{ env: [{ name: 'CONFIG', value: JSON.stringify(object) }] }] },
  }),
  (object) => ({ metadata: { annotations: { last: JSON.stringify([object], undefined, 2) } } }),
  (object) => ({ kind: 'List', items: [object] }),
];

describe('whatever the reference', () => {
  it('finds it in a container with its bytes, in every style of scalar', () => {
    fc.assert(
      fc.property(reference, fc.constantFrom('plain', 'single', 'double'), (image, style) => {
        const written = style === 'plain' ? image : style === 'single' ? `'${image}'` : JSON.stringify(image);
        const text = deployment(`image: ${written}`);
        const { uses } = look(text);
        expect(uses.map((use) => [use.reference, use.confidence])).toEqual([[image, 'certain']]);
        for (const use of uses) expect(bytesOf(text, use)).toEqual([image]);
      }),
      { numRuns: runs(200) },
    );
  });

  it('finds it however deep in text inside of text', () => {
    fc.assert(
      fc.property(reference, fc.array(fc.constantFrom(...wraps), { maxLength: 4 }), (image, around) => {
        const object = around.reduce<unknown>((inner, wrap) => wrap(inner), {
          spec: { containers: [{ image }] },
        });
        const text = JSON.stringify(object);
        const { uses } = look(text);
        expect(uses.map((use) => use.reference)).toEqual([image]);
        for (const use of uses)
          expect(bytesOf(text, use).map((piece) => piece.replaceAll('\\', ''))).toEqual([image]);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe('whatever the text', () => {
  it('answers, and names only bytes that are there', () => {
    const soup = fc
      .array(
        fc.constantFrom(
          'image',
          ': ',
          '- ',
          '\n',
          '  ',
          '{',
          '}',
          '[',
          ']',
          '"',
          "'",
          '|',
          '&a ',
          '*a',
          'quay.io/a/b:1',
          '=',
          '${X}',
          '{{ x }}',
          ',',
          'name',
          'value',
          'env',
          'kind: Pod',
          '#',
          '@',
          'https://x.dev',
          '\\',
        ),
        { maxLength: 40 },
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(soup, (text) => {
        const bytes = Buffer.from(text);
        const { discovery } = discover([{ path: 'x', bytes }], { minConfidence: 'possible' });
        for (const use of discovery.uses) {
          expect(use.range[0]).toBeLessThan(use.range[1]);
          expect(use.range[1]).toBeLessThanOrEqual(bytes.length);
          if (use.parts === undefined) expect(bytes.subarray(...use.range).toString()).toBe(use.reference);
        }
      }),
      { numRuns: runs(1500) },
    );
  });
});
