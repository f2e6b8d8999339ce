import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scalarsOf } from '../../test/support/yaml.ts';
import { cutDocuments, topLevel } from './documents.ts';
import { applyEdits } from './edits.ts';
import { encodeIn } from './encode.ts';
import { readWithLibrary } from './library.ts';
import { scanBlock } from './scan-block.ts';
import { openSource } from './source.ts';
import { TreeBuilder } from './tree.ts';
import type { YamlNode } from './types.ts';
import { viewOfFile } from './view.ts';

/** Real manifests, when they lie beside the repository. */
const upstream = resolve(import.meta.dirname, '../../../shared/upstream');
const files = existsSync(upstream)
  ? readdirSync(upstream, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => join(upstream, name))
  : [];
/** The library needs half a second for a file with all its CRDs; one such file is enough. */
const whole = files.find((file) => file.includes('7.86.0') && file.endsWith('combined.yaml'));

function facts(node: YamlNode | undefined): unknown {
  if (node === undefined) return null;
  if (node.type === 'scalar') return [node.style, node.value, ...node.range];
  if (node.type === 'seq') return node.items.map(facts);
  return node.entries.map((entry) => [entry.key, ...entry.keyRange, facts(entry.value)]);
}

describe.skipIf(files.length === 0)('real manifests', () => {
  it('are read by the scanner, all of them, as the library reads them', () => {
    let documents = 0;
    for (const path of files) {
      const source = openSource({ path, bytes: readFileSync(path) });
      const view = viewOfFile(source.text);
      for (const document of cutDocuments(source)) {
        if (path !== whole && topLevel(source, document, 'kind') === 'CustomResourceDefinition') continue;
        const tree = new TreeBuilder(view);
        const name = `${relative(upstream, path)}#${document.index}`;
        expect(scanBlock(view.text, document.start, document.end, tree), name).toBe(true);
        const library = readWithLibrary(view, document.start, document.end);
        const same =
          'node' in library && JSON.stringify(facts(tree.root)) === JSON.stringify(facts(library.node));
        expect(same, name).toBe(true);
        documents++;
      }
    }
    expect(documents).toBeGreaterThan(200);
  });

  it('hold at each range the very bytes of the value', () => {
    for (const path of files.filter((file) => !/kubernetes\/combined|cert-manager\.yaml/.test(file))) {
      const source = openSource({ path, bytes: readFileSync(path) });
      const view = viewOfFile(source.text);
      for (const document of cutDocuments(source)) {
        const tree = new TreeBuilder(view);
        scanBlock(view.text, document.start, document.end, tree);
        for (const scalar of scalarsOf(tree.root)) {
          const word = /[A-Za-z0-9._/:@-]{3,}/.exec(scalar.value);
          if (word === null) continue;
          const [start, end] = scalar.rangeOf(word.index, word.index + word[0].length);
          expect(source.bytes.toString('latin1', start, end)).toBe(word[0]);
          expect(encodeIn(scalar, 'registry.corp.example/x:1')).toBe('registry.corp.example/x:1');
        }
      }
      expect(applyEdits(source.bytes, [])).toBe(source.bytes);
    }
  });
});
