import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** What each part may import besides itself. `packages` are the only libraries it may name. Order: leaves first. */
const LAYERS: Readonly<
  Record<string, { readonly parts: readonly string[]; readonly packages?: readonly string[] }>
> = {
  base: { parts: [] },
  facts: { parts: [] },
  oci: { parts: ['base'] },
  yaml: { parts: ['base'], packages: ['yaml'] },
  http: { parts: ['base'] },
  store: { parts: ['oci', 'base'], packages: ['proper-lockfile', 'write-file-atomic'] },
  registry: { parts: ['http', 'store', 'oci', 'base'], packages: ['p-limit'] },
  server: { parts: ['store', 'oci', 'base'] },
  discovery: { parts: ['yaml', 'oci', 'base'] },
  profiles: { parts: ['facts', 'yaml', 'oci', 'base'], packages: ['semver'] },
  upstream: { parts: ['http', 'oci', 'base'], packages: ['write-file-atomic'] },
  lock: { parts: ['facts', 'yaml', 'oci', 'base'], packages: ['zod/mini', 'zod/locales', 'picomatch'] },
  transfer: { parts: ['store', 'oci', 'base'], packages: ['p-limit'] },
  render: { parts: ['discovery', 'lock', 'facts', 'yaml', 'oci', 'base'] },
  cluster: { parts: ['http', 'facts', 'yaml', 'oci', 'base'], packages: ['p-limit'] },
  workflows: {
    parts: [
      'base',
      'facts',
      'oci',
      'yaml',
      'http',
      'store',
      'registry',
      'server',
      'discovery',
      'profiles',
      'upstream',
      'lock',
      'transfer',
      'render',
      'cluster',
    ],
    packages: ['p-limit', 'write-file-atomic', 'picomatch', 'semver'],
  },
  report: { parts: ['workflows', 'base', 'oci', 'yaml'], packages: ['picocolors', 'diff'] },
  cli: {
    parts: ['workflows', 'report', 'base', 'oci'],
    packages: ['@stricli/core', '@clack/prompts', 'picocolors'],
  },
};

/** Parts of which only one may touch what the rest of the program must not. */
const OWNERS: readonly {
  readonly pattern: RegExp;
  readonly owners: readonly string[];
  readonly why: string;
}[] = [
  {
    pattern: /\bprocess\.(?:env|argv|exit|exitCode|stdout|stderr|stdin|cwd|on)\b/,
    owners: ['cli'],
    why: 'only cli/ touches the process',
  },
  { pattern: /\bconsole\./, owners: [], why: 'nothing prints but through report/ and cli/' },
  {
    pattern: /from 'node:(?:http|https|net|tls|dgram)'/,
    owners: ['http', 'server'],
    why: 'only http/ opens sockets and only server/ listens',
  },
  { pattern: /\bfetch\(/, owners: [], why: 'global fetch holds request bodies in memory' },
  {
    pattern: /\btmpdir\b|\bTMPDIR\b/,
    owners: [],
    why: 'files are made beside where they go, or in folders of our own: nothing can be left in the temporary one',
  },
  { pattern: /from 'yaml/, owners: ['yaml'], why: 'one folder imports the YAML library' },
];

interface Import {
  readonly file: string;
  readonly part: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');

function sources(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return sources(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') ? [path] : [];
  });
}

function partOf(file: string): string {
  return relative(src, file).split('/')[0] ?? '';
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)(\s+type)?\b[^'";]*?from\s+'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g;

const files = sources(src);
const imports: Import[] = files.flatMap((file) =>
  [...readFileSync(file, 'utf8').matchAll(IMPORT)].map((match) => ({
    file,
    part: partOf(file),
    specifier: match[2] ?? match[3] ?? '',
    typeOnly: match[1] !== undefined,
  })),
);

describe('layers', () => {
  it('saw the modules (a scan that saw none proves nothing)', () => {
    expect(files.length).toBeGreaterThan(60);
    expect(imports.length).toBeGreaterThan(200);
    expect(new Set(files.map(partOf).filter((part) => part !== 'index.ts'))).toEqual(
      new Set(Object.keys(LAYERS)),
    );
  });

  it('imports go down only, and into another part through its index.ts', () => {
    const broken = imports.flatMap(({ file, part, specifier }) => {
      if (!specifier.startsWith('.') || part === 'index.ts') return [];
      const to = resolve(dirname(file), specifier);
      const toPart = partOf(to);
      if (toPart === part) return [];
      const from = relative(root, file);
      if (!to.startsWith(src))
        return to === join(root, 'package.json') ? [] : [`${from} reaches outside of src: ${specifier}`];
      if (LAYERS[part]?.parts.includes(toPart) !== true)
        return [
          `${from} → ${toPart}: ${part} may import only ${LAYERS[part]?.parts.join(', ') ?? 'nothing'}`,
        ];
      return to === join(src, toPart, 'index.ts')
        ? []
        : [`${from} → ${relative(root, to)}: import ${toPart}/index.ts instead`];
    });
    expect(broken).toEqual([]);
  });

  it('libraries are imported only where they belong', () => {
    const broken = imports.flatMap(({ file, part, specifier }) =>
      specifier.startsWith('.') ||
      specifier.startsWith('node:') ||
      LAYERS[part]?.packages?.includes(specifier) === true
        ? []
        : [`${relative(root, file)} → ${specifier}`],
    );
    expect(broken).toEqual([]);
  });

  it.each(OWNERS)('$why', ({ pattern, owners }) => {
    const broken = files.filter(
      (file) => !owners.includes(partOf(file)) && pattern.test(withoutComments(readFileSync(file, 'utf8'))),
    );
    expect(broken.map((file) => relative(root, file))).toEqual([]);
  });

  it('every part says in a README what it is for', () => {
    const silent = Object.keys(LAYERS).filter((part) => !readdirSync(join(src, part)).includes('README.md'));
    expect(silent).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
