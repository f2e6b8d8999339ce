import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Confidence, discover, type How, type Unresolved } from '../src/discovery/index.ts';
import { normalizeReference } from '../src/oci/index.ts';

/**
 * What discovery must and must not find, one trap a file: `fixtures/discovery/NN-what.yaml` says in its first comment
 * what the trap is, `NN-what.expected.json` beside it says what is right.
 */
const FOLDER = join(import.meta.dirname, 'fixtures', 'discovery');

interface ExpectedImage {
  readonly reference: string;
  readonly confidence: Confidence;
  readonly how: How;
  readonly line: number;
  /** The bytes of the range where they differ from the reference (escapes, split fields). */
  readonly text?: string;
  /** Part and value of each piece of a split reference, in file order. */
  readonly parts?: readonly (readonly [part: string, value: string])[];
  readonly normalized?: string;
  readonly kind?: string;
  readonly name?: string;
}

interface Expected {
  readonly images: readonly ExpectedImage[];
  readonly unresolved?: readonly { text: string; why: Unresolved['why']; line: number }[];
  /** Texts of the file that must not be taken for an image (`likely` and above). */
  readonly notImages: readonly string[];
}

const fixtures = readdirSync(FOLDER).filter((name) => !name.endsWith('.expected.json'));

function load(name: string) {
  const bytes = readFileSync(join(FOLDER, name));
  const expected = JSON.parse(
    readFileSync(join(FOLDER, `${name.slice(0, name.lastIndexOf('.'))}.expected.json`), 'utf8'),
  ) as Expected;
  const search = (minConfidence: Confidence) => {
    const { discovery, failures } = discover([{ path: name, bytes }], { minConfidence });
    expect(failures).toEqual([]);
    return discovery;
  };
  return { bytes, expected, search };
}

describe('the traps of image discovery', () => {
  it('has an expectation beside every fixture, and a fixture beside every expectation', () => {
    const stems = readdirSync(FOLDER).map((name) => name.replace(/\.expected\.json$|\.[a-z]+$/, ''));
    expect(fixtures.length).toBeGreaterThan(25);
    for (const stem of new Set(stems)) expect(stems.filter((one) => one === stem)).toHaveLength(2);
  });

  describe.each(fixtures)('%s', (name) => {
    const { bytes, expected, search } = load(name);

    it('finds exactly the images, how and how surely', () => {
      const found = search('likely').uses.map(({ reference, confidence, how, line }) => ({
        reference,
        confidence,
        how,
        line,
      }));
      expect(found).toEqual(
        expected.images.map(({ reference, confidence, how, line }) => ({ reference, confidence, how, line })),
      );
    });

    it('points at the bytes that name them', () => {
      const { uses } = search('likely');
      for (const [index, use] of uses.entries()) {
        const wanted = expected.images[index];
        expect(bytes.subarray(...use.range).toString()).toBe(wanted?.text ?? use.reference);
        expect(bytes.subarray(0, use.range[0]).toString().split('\n')).toHaveLength(use.line);
        const parts = use.parts?.map(({ part, value, range }) => {
          expect(bytes.subarray(...range).toString()).toBe(value);
          return [part, value];
        });
        expect(parts).toEqual(wanted?.parts);
        if (wanted?.normalized !== undefined) expect(normalizeReference(use.parsed)).toBe(wanted.normalized);
        if (wanted?.kind !== undefined)
          expect({ kind: use.kind, name: use.name }).toEqual({ kind: wanted.kind, name: wanted.name });
      }
    });

    it('says what cannot be known', () => {
      const told = search('likely').unresolved.map(({ text, why, line }) => ({ text, why, line }));
      expect(told).toEqual(expected.unresolved ?? []);
    });

    it('leaves alone what only looks like an image', () => {
      const text = bytes.toString();
      const { uses } = search('likely');
      for (const word of expected.notImages) {
        expect(text).toContain(word);
        expect(uses.filter(({ reference }) => reference === word || reference.endsWith(`/${word}`))).toEqual(
          [],
        );
      }
    });
  });
});
