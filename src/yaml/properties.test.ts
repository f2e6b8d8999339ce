import { describe, expect, it } from 'vitest';
import { parseDocument as readWithYaml } from 'yaml';
import { fc, runs } from '../../test/support/properties.ts';
import { bytesAt, plain, readAll, readOne, scalarAt, scalarsOf, sourceOf } from '../../test/support/yaml.ts';
import { yamlFile, yamlNoise } from '../../test/support/yaml-arbitraries.ts';
import { SallyportError } from '../base/index.ts';
import { cutDocuments } from './documents.ts';
import { applyEdits } from './edits.ts';
import { parseEmbedded, parseEmbeddedAll } from './embedded.ts';
import { encodeIn } from './encode.ts';
import { readWithLibrary } from './library.ts';
import { scanBlock } from './scan-block.ts';
import { TreeBuilder } from './tree.ts';
import type { Edit, ScalarNode, YamlNode } from './types.ts';
import { viewOfFile } from './view.ts';
import { scanScalars } from './walk.ts';

/** Everything that a tree says, so that two can be compared. */
function facts(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.type === 'scalar') return [node.style, node.value, node.range];
  if (node.type === 'seq') return node.items.map(facts);
  return { entries: node.entries.map((entry) => [entry.key, entry.keyRange, facts(entry.value)]) };
}

/** What the library makes of the text by itself, without our ranges and decoding. */
function valuesByYaml(text: string): unknown {
  const document = readWithYaml(text, { schema: 'failsafe', merge: false });
  return document.toJS({ mapAsMap: true });
}

/** Null where a value is missing; the library has the empty string in some of those places. */
function normal(value: unknown): unknown {
  if (value === '' || value === undefined) return null;
  if (Array.isArray(value)) return value.map(normal);
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, normal(inner)]));
  return value;
}

/** The documents of a text that our scanner read, each compared with the library; returns how many. */
function compare(text: string): number {
  const source = sourceOf(text);
  const view = viewOfFile(source.text);
  let compared = 0;
  for (const { start, end } of cutDocuments(source)) {
    const tree = new TreeBuilder(view);
    if (!scanBlock(view.text, start, end, tree)) continue;
    const library = readWithLibrary(view, start, end);
    expect(library).not.toHaveProperty('reason');
    if ('node' in library) expect(facts(tree.root)).toEqual(facts(library.node));
    expect(normal(plain(tree.root))).toEqual(
      normal(valuesByYaml(source.bytes.subarray(start, end).toString('utf8'))),
    );
    compared++;
  }
  return compared;
}

describe('the scanner and the library', () => {
  it('agree on documents as people write them, and the scanner reads nearly all of those', () => {
    let documents = 0;
    let compared = 0;
    fc.assert(
      fc.property(yamlFile, (text) => {
        documents += cutDocuments(sourceOf(text)).length;
        compared += compare(text);
      }),
      { numRuns: runs(400) },
    );
    expect(compared / documents).toBeGreaterThan(0.9);
  });

  it('agree on everything that the scanner accepts', () => {
    fc.assert(
      fc.property(yamlNoise, (text) => {
        // the library forgets a blank line behind an escaped line break (YAML 1.2.2, s-double-escaped)
        fc.pre(!/\\\r?\n\s*\n/.test(text));
        compare(text);
      }),
      { numRuns: runs(2500) },
    );
  });

  it('read it or say what is wrong, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(yamlNoise, fc.string({ unit: 'binary' }), fc.string()), (text) => {
        try {
          for (const scalar of readAll(text).flatMap(scalarsOf))
            expect(scalar.rangeOf(0, scalar.value.length)).toHaveLength(2);
        } catch (error) {
          expect(error).toBeInstanceOf(SallyportError);
          expect(error).toMatchObject({
            code: 'YAML_INVALID',
            subject: expect.stringMatching(/^test\.yaml(:\d+:\d+)?$/),
          });
        }
      }),
      { numRuns: runs(1200) },
    );
  });

  it('visit the scalars of the tree, in order, by their paths', () => {
    fc.assert(
      fc.property(yamlFile, (text) => {
        const source = sourceOf(text);
        const trees = readAll(text);
        cutDocuments(source).forEach((document, index) => {
          const visited: ScalarNode[] = [];
          scanScalars(source, document, (scalar, place) => {
            visited.push(scalar);
            expect(facts(scalarAt(trees[index], ...place.path()))).toEqual(facts(scalar));
          });
          expect(visited.map(facts)).toEqual(scalarsOf(trees[index]).map(facts));
        });
      }),
      { numRuns: runs(150) },
    );
  });
});

const REPLACEMENT = 'registry.corp.example:5000/che/quay.io/org/app:v1@sha256:ab12';

/** Words of a value that an edit may take, as [from, to) of its characters. */
function wordsOf(value: string): [from: number, to: number][] {
  return [...value.matchAll(/[^\s]+/g)].map((match) => [match.index, match.index + match[0].length]);
}

describe('edits', () => {
  it('change exactly the scalars they are meant for, and not a byte beside them', () => {
    fc.assert(
      fc.property(yamlFile, fc.array(fc.nat(), { maxLength: 8 }), (text, picks) => {
        const before = readAll(text);
        const places = before
          .flatMap(scalarsOf)
          .flatMap((scalar) => wordsOf(scalar.value).map((word) => ({ scalar, word })));
        const chosen = [...new Set(picks.map((pick) => pick % Math.max(1, places.length)))].flatMap(
          (index) => places[index] ?? [],
        );
        const edits = chosen.map(({ scalar, word }) => ({
          range: scalar.rangeOf(...word),
          text: encodeIn(scalar, REPLACEMENT),
        }));
        const bytes = Buffer.from(text);
        const after = applyEdits(bytes, edits);

        expect(untouched(bytes, edits)).toEqual(cutBack(after, edits));
        const expected = before.flatMap(scalarsOf).map((scalar) => {
          let { value } = scalar;
          const words = chosen.filter((place) => place.scalar === scalar).map((place) => place.word);
          for (const [from, to] of words.sort((a, b) => b[0] - a[0]))
            value = value.slice(0, from) + REPLACEMENT + value.slice(to);
          return value;
        });
        const now = readAll(after);
        expect(now.flatMap(scalarsOf).map((scalar) => scalar.value)).toEqual(expected);
        expect(now.map(shape)).toEqual(before.map(shape));
      }),
      { numRuns: runs(300) },
    );
  });

  it('embedded text of any kind is read or left alone', () => {
    fc.assert(
      fc.property(fc.oneof(yamlNoise, yamlFile, fc.string({ unit: 'binary' })), (inner) => {
        const text = `k: ${JSON.stringify(inner.replace(/[\u007f\ud800-\udfff]/g, '')).replaceAll('\u007f', '')}\n`;
        const scalar = scalarAt(readOne(text), 'k');
        const [start, end] = scalar.range;
        for (const found of parseEmbeddedAll(scalar).flatMap(scalarsOf)) {
          expect(found.range[0]).toBeGreaterThan(start);
          expect(found.range[1]).toBeLessThan(end);
          expect(found.within).toBe(scalar);
        }
      }),
      { numRuns: runs(600) },
    );
  });

  it('reach text inside of text inside of text', () => {
    // single quotes take the indentation of lines away, so that they cannot hold a block scalar
    const single = (text: string) => `'${text.replaceAll("'", "''").replaceAll('\n', '\n\n ')}'`;
    const double = (text: string) => JSON.stringify(text);
    const literal = (text: string) => `|\n${text.replace(/^/gm, '  ')}`;
    const styles = fc.constantFrom(
      ...[single, double, literal].flatMap((inner) =>
        [single, double, literal]
          .filter((outer) => inner !== literal || outer !== single)
          .map((outer) => ({ inner, outer })),
      ),
    );
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 12 }),
        styles,
        fc.boolean(),
        (noise, { inner, outer }, crlf) => {
          const label = JSON.stringify(noise).replace(/[\u007f-\u009f\ufffe\uffff]/g, '');
          const json = `{"é": ${label}, "image": "quay.io\\/org/app:v1"}`;
          const yaml = `n: ${label}\njson: ${inner(json)}\n`;
          const plainText = `a: 1\n# ü\nk: ${outer(yaml)}\n`;
          const text = crlf ? plainText.replaceAll('\n', '\r\n') : plainText;
          const find = (from: string | Buffer) =>
            scalarAt(parseEmbedded(scalarAt(parseEmbedded(scalarAt(readOne(from), 'k')), 'json')), 'image');
          const image = find(text);
          expect(image.value).toBe('quay.io/org/app:v1');
          expect(bytesAt(text, image.rangeOf(image.value.length - 2, image.value.length))).toBe('v1');
          const edited = applyEdits(Buffer.from(text), [
            { range: image.rangeOf(0, image.value.length), text: encodeIn(image, REPLACEMENT) },
          ]);
          expect(find(edited).value).toBe(REPLACEMENT);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

function untouched(bytes: Buffer, edits: readonly Edit[]): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { range } of [...edits].sort((a, b) => a.range[0] - b.range[0])) {
    pieces.push(bytes.toString('latin1', from, range[0]));
    from = range[1];
  }
  return [...pieces, bytes.toString('latin1', from)];
}

/** The pieces between the replacements, found by length alone. */
function cutBack(bytes: Buffer, edits: readonly Edit[]): string[] {
  let shift = 0;
  const moved = [...edits]
    .sort((a, b) => a.range[0] - b.range[0])
    .map(({ range: [start, end], text }): Edit => {
      const at = start + shift;
      const length = Buffer.byteLength(text);
      shift += length - (end - start);
      return { range: [at, at + length], text };
    });
  return untouched(bytes, moved);
}

/** Keys, nesting and styles, without values. */
function shape(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.type === 'scalar') return node.style;
  return node.type === 'seq'
    ? node.items.map(shape)
    : node.entries.map((entry) => [entry.key, shape(entry.value)]);
}
