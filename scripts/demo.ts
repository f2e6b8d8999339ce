import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { structuredPatch } from 'diff';
import pc from 'picocolors';
import { parseReference } from '../src/oci/index.ts';
import { fillMirror, mirrorFlags } from '../test/support/filled-source.ts';
import { buildCli } from './build.ts';

/**
 * The whole way in seconds, with nothing but Node: two embedded registries, one as the public ones and one as the private one, small real
 * images, an operator made up for this, and the same commands that a user types. It checks what it shows.
 */
const root = resolve(import.meta.dirname, '..');
const example = join(root, 'examples', 'beacon');
const dir = mkdtempSync(join(tmpdir(), 'sallyport-demo-'));
const children: ChildProcess[] = [];
let passed = 0;
let failed = 0;

function title(text: string): void {
  console.log(`\n${pc.bold(text)}`);
}

function check(what: string, ok: boolean): void {
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? pc.green('✓') : pc.red('✗')} ${what}`);
}

/** Runs the built program; shows the command as a user would type it. */
function sallyport(args: readonly string[], shown?: string): string {
  console.log(pc.dim(`$ sallyport ${shown ?? args.join(' ')}`));
  return execFileSync(process.execPath, [join(root, 'dist', 'sallyport.mjs'), ...args], {
    cwd: dir,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    // What the program remembers of these registries goes away with them.
    env: { ...process.env, XDG_STATE_HOME: join(dir, '.state'), XDG_CACHE_HOME: join(dir, '.cache') },
  });
}

/** Starts an embedded registry as a process of its own and reads its address from its first line. */
function serve(name: string): Promise<string> {
  const child = spawn(
    process.execPath,
    [join(root, 'dist', 'sallyport.mjs'), 'registry', 'serve', '--dir', name, '--listen', '127.0.0.1:0'],
    {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  return new Promise((done, fail) => {
    let out = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      const host = /http:\/\/(\S+)/.exec(out)?.[1];
      if (host !== undefined) done(host);
    });
    child.once('exit', (status) => fail(new Error(`the ${name} registry ended with ${status}`)));
  });
}

async function cleanUp(): Promise<void> {
  await Promise.all(
    children.map((child) => {
      child.removeAllListeners('exit');
      if (child.exitCode !== null) return undefined;
      const ended = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      return ended;
    }),
  );
  rmSync(dir, { recursive: true, force: true });
}

function showChanges(before: string, after: string): number {
  const { hunks } = structuredPatch('operator.yaml', 'operator.yaml', before, after, '', '', { context: 0 });
  let changed = 0;
  for (const { lines } of hunks) {
    for (const line of lines) {
      if (line.startsWith('-')) changed++;
      console.log(line.startsWith('-') ? pc.red(line) : line.startsWith('+') ? pc.green(line) : pc.dim(line));
    }
  }
  return changed;
}

async function demo(): Promise<void> {
  await buildCli(root);
  title('1. Two registries on this machine: one plays the public ones, one is yours');
  const [outside, inside] = await Promise.all([serve('public'), serve('private')]);
  console.log(pc.dim(`public ${outside}, private ${inside}`));

  title('2. What does this operator need?');
  const names = sallyport(['images', '-f', example, '-o', 'name'], 'images -f examples/beacon -o name')
    .trim()
    .split('\n');
  console.log(names.join('\n'));
  const grepped = [...readFileSync(join(example, 'operator.yaml'), 'utf8').matchAll(/image: .*\/.*/g)].length;
  check(
    `${names.length} images, where \`grep image:\` shows ${grepped} and the rest hide in env, arguments, JSON, a ConfigMap and a CRD default`,
    names.length === 5,
  );
  await fillMirror(outside, names, dir);

  title('3. Move it');
  const hosts = names.map((name) => parseReference(name).registry);
  const reach = [...mirrorFlags(outside, hosts), '--registry', `${inside},plainHttp`];
  const move = ['relocate', '-f', example, '--to', `${inside}/corp`, '-o', 'out', ...reach];
  console.log(
    sallyport(move, `relocate -f examples/beacon --to ${inside}/corp -o out --registry …`).trimEnd(),
  );

  title('4. What changed in the manifest');
  const before = readFileSync(join(example, 'operator.yaml'), 'utf8');
  const after = readFileSync(join(dir, 'out', 'manifests', '50-operator.yaml'), 'utf8');
  const changed = showChanges(before, after);
  check('only the lines that name images changed, and a pull secret was added', changed > 0 && changed <= 7);

  title('5. Does anything still point elsewhere?');
  const left = sallyport(['images', '-f', 'out/manifests', '-o', 'name']).trim().split('\n');
  check(
    `all ${left.length} references are below ${inside}/corp and pinned to a digest`,
    left.every((name) => name.startsWith(`${inside}/corp/`) && name.includes('@sha256:')),
  );

  title('6. And once more');
  const again = sallyport(move, 'relocate … (the same)').split('\n')[0] ?? '';
  console.log(again);
  check('nothing moves the second time', again.includes(`0 copied, ${names.length} present`));

  title('Try next');
  console.log(
    [
      'npx sallyport images -f YOUR-MANIFESTS/',
      'kubectl kustomize . | npx sallyport images -f -',
      'npx sallyport relocate --profile che --version 7.121.0 --to registry.corp.example/che -o out/',
      '',
    ]
      .map((line) => `  ${line}`)
      .join('\n'),
  );
}

process.once('SIGINT', () => {
  void cleanUp().then(() => process.exit(130));
});
try {
  await demo();
} catch (error) {
  failed++;
  console.error(error instanceof Error ? error.message : error);
} finally {
  await cleanUp();
}
const counts = process.env['SALLYPORT_COUNTS'];
if (counts !== undefined) appendFileSync(counts, `${passed} ${failed} 0\n`);
process.exitCode = failed === 0 ? 0 : 1;
