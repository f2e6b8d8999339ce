import { expect, it } from 'vitest';
import { cutDocuments, openSource, parseDocument, parseEmbeddedAll } from './index.ts';

const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;

function parse(text: string) {
  const source = openSource({ path: 'deep.yaml', bytes: Buffer.from(text) });
  return cutDocuments(source).map((document) => parseDocument(source, document));
}

it('refuses brackets nested too deeply, with the place, instead of ending the process', () => {
  expect(() => parse(`a: ${deep}\n`)).toThrow(
    expect.objectContaining({ code: 'YAML_INVALID', message: expect.stringContaining('too deep') }),
  );
});

it('takes such text inside a string for no structure', () => {
  const [root] = parse(JSON.stringify({ a: deep }));
  const value = root?.type === 'map' ? root.entries[0]?.value : undefined;
  expect(value?.type === 'scalar' ? parseEmbeddedAll(value) : undefined).toEqual([]);
});
