import * as z from 'zod/mini';
import { CONFIG_KEYS } from './config-keys.ts';
import { configSchema } from './config-schema.ts';
import { SCHEMA_URL } from './schema-url.ts';

type Node = Record<string, unknown>;

/**
 * The JSON Schema (draft 2020-12) of `sallyport.yaml` as a user writes it. Not exported by `index.ts`, because this module loads
 * zod at once; scripts import it from here. Throws when a key has no description.
 */
export function toJsonSchema(): unknown {
  const { $schema, ...schema } = z.toJSONSchema(configSchema(), { io: 'input' }) as Node;
  return {
    $schema,
    $id: SCHEMA_URL,
    title: 'sallyport.yaml',
    description: 'What Sallyport moves, from where, and where to.',
    ...described(schema, ''),
  };
}

function described(node: Node, path: string): Node {
  const out: Node = { ...node };
  const { properties, items, additionalProperties } = node;
  if (isNode(properties)) {
    out['properties'] = Object.fromEntries(
      Object.entries(properties).map(([key, child]) => [
        key,
        withDescription(child, path === '' ? key : `${path}.${key}`),
      ]),
    );
  }
  if (isNode(items)) out['items'] = described(items, `${path}[]`);
  // an empty schema stands for “anything” and has nothing to describe
  if (isNode(additionalProperties) && Object.keys(additionalProperties).length > 0)
    out['additionalProperties'] = withDescription(additionalProperties, `${path}.*`);
  return out;
}

function withDescription(node: unknown, path: string): Node {
  const description = CONFIG_KEYS[path];
  if (!isNode(node) || description === undefined) throw new Error(`${path} has no description`);
  return { description, ...described(node, path) };
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
