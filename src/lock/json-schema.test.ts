import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schemaText } from '../../scripts/generate-schema.ts';
import { CONFIG_KEYS } from './config-keys.ts';
import { toJsonSchema } from './json-schema.ts';
import { nearest } from './nearest.ts';

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
}

function keysOf(node: Node, path: string): string[] {
  const below = Object.entries(node.properties ?? {}).map(([key, child]): [string, Node] => [
    path === '' ? key : `${path}.${key}`,
    child,
  ]);
  const free = node.additionalProperties;
  if (typeof free === 'object' && Object.keys(free).length > 0) below.push([`${path}.*`, free]);
  const items = node.items === undefined ? [] : keysOf(node.items, `${path}[]`);
  return [...below.flatMap(([key, child]) => [key, ...keysOf(child, key)]), ...items];
}

describe('the JSON Schema', () => {
  it('is published as it is: schema/sallyport.schema.json', () => {
    const published = readFileSync(join(import.meta.dirname, '../../schema/sallyport.schema.json'), 'utf8');
    expect(published).toBe(schemaText());
  });

  it('has exactly the keys of the table', () => {
    expect(keysOf(toJsonSchema() as Node, '').sort()).toEqual(Object.keys(CONFIG_KEYS).sort());
  });

  it('allows no other keys but below hosts, components, resources and node labels, and in the patch', () => {
    const open = schemaText().match(/"additionalProperties": \{/g);
    expect(open).toHaveLength(6);
  });
});

describe('zod', () => {
  it('is imported by the schema alone, which is loaded on use', () => {
    const importers = readdirSync(import.meta.dirname)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .filter((file) =>
        / from '(?:zod\b[^']*|\.\/(?:config|settings)-schema\.ts)'/.test(
          readFileSync(join(import.meta.dirname, file), 'utf8'),
        ),
      );
    expect(importers.sort()).toEqual(['config-schema.ts', 'json-schema.ts', 'settings-schema.ts']);
  });
});

describe('nearest', () => {
  it.each<[string, readonly string[], string | undefined]>([
    ['namming', ['naming', 'prefix'], 'naming'],
    ['prefxi', ['naming', 'prefix'], 'prefix'],
    ['PREFIX', ['naming', 'prefix'], 'prefix'],
    ['colour', ['naming', 'prefix'], undefined],
    ['x', [], undefined],
    ['x'.repeat(1000), ['naming'], undefined],
  ])('%s among %j is %s', (word, known, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });
});
