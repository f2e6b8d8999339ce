import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { generateHelpTextForAllCommands } from '@stricli/core';
import { buildApp } from '../src/cli/app.ts';
import { toJsonSchema } from '../src/lock/json-schema.ts';

/** The reference pages, made from the command definitions and from the schema of the configuration: path → text. */
export async function referencePages(): Promise<Map<string, string>> {
  return new Map([
    ['docs/reference/commands.md', await commandsPage()],
    ['docs/reference/configuration.md', configurationPage(toJsonSchema())],
  ]);
}

const NOTE = '<!-- Made by `npm run docs`; a test compares it. Change the definitions instead. -->\n';

async function commandsPage(): Promise<string> {
  const sections = generateHelpTextForAllCommands(
    (await buildApp('0.0.0')) as unknown as Parameters<typeof generateHelpTextForAllCommands>[0],
  ).filter(([route]) => !route.endsWith(' complete'));
  return [
    '# Commands\n',
    NOTE,
    'Results go to standard output, progress and notes to standard error. Exit status: 0 done, 1 it failed, 2 wrong usage or configuration, 3 the answer is no, 130 interrupted.\n',
    ...sections.map(([route, help]) => `## ${route}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`),
  ].join('\n');
}

interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly additionalProperties?: SchemaNode | boolean;
}

function configurationPage(schema: unknown): string {
  const rows = keysOf(schema as SchemaNode, '');
  return [
    '# sallyport.yaml\n',
    NOTE,
    'Unknown keys are errors with file, line, column and the nearest known key. The JSON Schema lies in the package at `schema/sallyport.schema.json`.\n',
    '| key | kind | meaning |',
    '|---|---|---|',
    ...rows.map(({ key, kind, meaning }) => `| \`${key}\` | ${kind} | ${meaning} |`),
    '',
  ].join('\n');
}

function keysOf(node: SchemaNode, prefix: string): { key: string; kind: string; meaning: string }[] {
  const own = Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    const required = node.required?.includes(name) === true;
    return [
      {
        key,
        kind: `${kindOf(child)}${required ? ', required' : ''}`,
        meaning: (child.description ?? '').replaceAll('|', '\\|'),
      },
      ...keysOf(child, key),
    ];
  });
  const items = node.items === undefined ? [] : keysOf(node.items, `${prefix}[]`);
  const free =
    typeof node.additionalProperties === 'object'
      ? keysOf(node.additionalProperties, `${prefix}.<host>`)
      : [];
  return [...own, ...items, ...free];
}

function kindOf(node: SchemaNode): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items === undefined ? 'values' : kindOf(node.items)}`;
  return node.type ?? 'value';
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(import.meta.dirname, '..');
  const check = process.argv.includes('--check');
  let stale = 0;
  for (const [path, text] of await referencePages()) {
    const file = join(root, path);
    if (check) {
      if (readFileSync(file, 'utf8') !== text) stale++;
    } else {
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    }
  }
  if (stale > 0) {
    console.error(`${stale} reference pages are stale; run npm run docs`);
    process.exitCode = 1;
  }
}
