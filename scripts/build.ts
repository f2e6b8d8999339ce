import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

/** CommonJS packages in the bundle expect these three; the names are ours alone, because the bundle's own are shortened. */
const COMMONJS = [
  "import { createRequire as sallyportCreateRequire } from 'node:module';",
  "import { fileURLToPath as sallyportFileURLToPath } from 'node:url';",
  'const require = sallyportCreateRequire(import.meta.url);',
  'const __filename = sallyportFileURLToPath(import.meta.url);',
].join('\n');

/**
 * The command line without anything to resolve at start: one small file that answers `--version` by itself, and parts beside it that are
 * loaded when a command needs them. Measured as a single file, every start read a megabyte and opened node:http and node:tls for nothing.
 */
export async function buildCli(root: string): Promise<string> {
  const out = join(root, 'dist');
  mkdirSync(out, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const result = await build({
    logLevel: 'silent',
    entryPoints: { sallyport: join(root, 'src/cli/main.ts') },
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    outdir: out,
    outExtension: { '.js': '.mjs' },
    chunkNames: 'parts/[name]-[hash]',
    write: false,
    minify: true,
    legalComments: 'none',
    mainFields: ['module', 'main'],
    conditions: ['import', 'module'],
    define: {
      SALLYPORT_VERSION: JSON.stringify(manifest.version),
      SALLYPORT_YAML: JSON.stringify('./yaml.cjs'),
    },
  });
  // Loaded by `require`, in the middle of reading, and only by what the scanner declines.
  const yaml = await build({
    logLevel: 'silent',
    entryPoints: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    outdir: join(out, 'parts'),
    outExtension: { '.js': '.cjs' },
    write: false,
    minify: true,
    legalComments: 'none',
  });
  const names = new Set<string>();
  for (const file of [...result.outputFiles, ...yaml.outputFiles]) {
    mkdirSync(dirname(file.path), { recursive: true });
    // Beside and renamed: tests of other processes may be starting the program right now.
    writeFileSync(`${file.path}.new`, withBanner(file));
    renameSync(`${file.path}.new`, file.path);
    names.add(file.path);
  }
  for (const name of readdirSync(join(out, 'parts'))) {
    const path = join(out, 'parts', name);
    if (!names.has(path) && !name.endsWith('.new')) rmSync(path, { force: true });
  }
  const program = join(out, 'sallyport.mjs');
  chmodSync(program, 0o755);
  return program;
}

/** Only what a part needs: the three names for CommonJS cost time in each of a dozen parts, and two of them need them. */
function withBanner(file: { readonly path: string; readonly text: string }): string {
  const program = file.path.endsWith('sallyport.mjs') ? '#!/usr/bin/env node\n' : '';
  const needy = file.path.endsWith('.mjs') && /\brequire\b|__filename/.test(file.text);
  return `${program}${needy ? `${COMMONJS}\n` : ''}${file.text}`;
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(import.meta.dirname, '..');
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
  console.log(await buildCli(root));
}
