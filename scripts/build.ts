import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

/** CommonJS packages in the bundle expect these three; the names are ours alone, because the bundle's own are shortened. */
const BANNER = [
  '#!/usr/bin/env node',
  "import { createRequire as sallyportCreateRequire } from 'node:module';",
  "import { fileURLToPath as sallyportFileURLToPath } from 'node:url';",
  'const require = sallyportCreateRequire(import.meta.url);',
  'const __filename = sallyportFileURLToPath(import.meta.url);',
].join('\n');

/** One file for the command line: nothing to resolve at start, and `import()` inside stays lazy. */
export async function buildCli(root: string): Promise<string> {
  const out = join(root, 'dist', 'sallyport.mjs');
  mkdirSync(join(root, 'dist'), { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const result = await build({
    logLevel: 'silent',
    entryPoints: [join(root, 'src/cli/main.ts')],
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'esm',
    outfile: out,
    write: false,
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: 'none',
    mainFields: ['module', 'main'],
    conditions: ['import', 'module'],
    alias: { yaml: join(root, 'node_modules/yaml/browser/index.js') },
    define: { SALLYPORT_VERSION: JSON.stringify(manifest.version) },
    banner: {
      js: BANNER,
    },
  });
  const [file] = result.outputFiles;
  if (file === undefined) throw new Error('esbuild gave no output');
  writeFileSync(out, file.contents);
  chmodSync(out, 0o755);
  return out;
}

if (process.argv[1] === import.meta.filename) {
  const root = resolve(import.meta.dirname, '..');
  if (process.argv.includes('--clean')) rmSync(join(root, 'dist'), { recursive: true, force: true });
  console.log(await buildCli(root));
}
