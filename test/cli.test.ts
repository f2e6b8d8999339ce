import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf } from '../src/oci/index.ts';
import { PROGRAM, sallyport } from './support/cli.ts';

/** The built program as a newcomer meets it. */
let dir = '';
const POD =
  'apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n    - name: a\n      image: quay.io/example/app:1.0 # the app\n';

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'sallyport-cli-'));
  mkdirSync(join(dir, 'deploy'));
  mkdirSync(join(dir, 'empty'));
  mkdirSync(join(dir, 'conf'));
  writeFileSync(join(dir, 'pod.yaml'), POD);
  writeFileSync(join(dir, 'noise'), Buffer.from([0x71, 0, 0xff, 0xfe, 0x0a]));
  writeFileSync(join(dir, 'empty.txt'), '# nothing yet\n\n');
  writeFileSync(join(dir, 'deploy', 'a.yaml'), POD);
  writeFileSync(join(dir, 'deploy', 'broken.yaml'), 'a: [1, 2\nb: c: d\n');
  writeFileSync(
    join(dir, 'conf', 'typo.yaml'),
    'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\nsources:\n  manifest: [x.yaml]\n',
  );
  writeFileSync(
    join(dir, 'conf', 'two.yaml'),
    'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\ntarget: {prefx: a}\n',
  );
  writeFileSync(
    join(dir, 'conf', 'target.yaml'),
    'apiVersion: sallyport.dev/v1alpha1\nkind: Relocation\nsources:\n  manifests: [../pod.yaml]\ntarget: {prefix: registry.corp.example/one}\n',
  );
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const run = (...args: string[]) => sallyport(args, { cwd: dir });

describe('wrong usage', () => {
  it.each<[string, string[], number, RegExp]>([
    [
      'a command that does not exist',
      ['imges'],
      2,
      /^error: imges: is no command; did you mean `images`\?\n +→ `sallyport --help`/,
    ],
    [
      'a flag that does not exist',
      ['images', '--outptu', 'json'],
      2,
      /^error: --outptu: is no flag .* did you mean --output\?\n +→ /,
    ],
    ['a short flag that does not exist', ['images', '-z'], 2, /^error: -z: is no flag of this command\n/],
    [
      'a flag of two words',
      ['relocate', '--dryrun'],
      2,
      /^error: --dryrun: is no flag of this command; did you mean --dry-run\?\n/,
    ],
    [
      'a flag before the command',
      ['--quiet', 'images'],
      2,
      /^error: --quiet: is no flag here; the command comes first/,
    ],
    ['an empty command', [''], 2, /^error: an empty word is no command\n/],
    ['an empty path', ['images', '-f', ''], 2, /^error: --file: is empty\n +→ .*variable/],
    ['an empty folder to write to', ['render', '-o', ''], 2, /^error: --output: is empty\n/],
    ['an empty argument', ['bundle', 'verify', ''], 2, /^error: FILE: is empty\n/],
    ['an empty target', ['lock', '-f', 'pod.yaml', '--to', ''], 2, /^error: --to: is empty\n/],
    ...[
      ['images', 'https://u:hush@r.example/a.yaml'],
      ['images', '-f', 'https://u:hush@r.example/a.yaml'],
      ['lock', '-f', 'https://u:hush@r.example/a.yaml'],
      ['render', '--lock', 'https://u:hush@r.example/a.yaml'],
      ['diff', 'https://u:hush@r.example/a.yaml?x=*'],
      ['apply', 'https://u:hush@r.example/a.yaml'],
      ['apply', '-f', 'https://u:hush@r.example/a.yaml'],
      ['verify', '--lock', 'https://u:hush@r.example/a.yaml'],
      ['mirror', '--to', 'r.example/x', '--images', 'https://u:hush@r.example/a.yaml'],
    ].map((args): [string, string[], number, RegExp] => [
      `an address for a file: ${args.join(' ')}`,
      args,
      2,
      /^error: \S+ https:\/\/r\.example\/a\.yaml\S*: is an address, and a file or folder of this machine is expected\n +→ Fetch it first, [^\n]*curl[^\n]*\n$/,
    ]),
    [
      'a value that is none of the choices',
      ['images', '-f', 'pod.yaml', '-o', 'xml'],
      2,
      /^error: --output xml: is none of table, json/,
    ],
    [
      'a flag without its value',
      ['images', '--why', '--confirm'],
      2,
      /^error: --why: is missing, or its value is\n/,
    ],
    ['a flag given twice', ['lock', '--lock', 'a', '--lock', 'b'], 2, /^error: --lock: is given twice\n/],
    ['a value that cannot be read', ['mirror', '--shard', '3/2'], 2, /^error: --shard 3\/2: .*is not I\/N/],
    ['a missing argument', ['bundle', 'load'], 2, /^error: FILE: is missing\n/],
    ['an argument too many', ['chectl', 'a', 'b'], 2, /^error: b: is too much; this command takes 1 beside/],
    ['nothing to look at', ['images'], 2, /-f FILE/],
    ['a file that is not there', ['images', '-f', 'nothing.yaml'], 1, /nothing\.yaml: does not exist/],
    ['a folder without manifests', ['images', '-f', 'empty'], 2, /empty: holds no/],
    [
      'an unknown profile',
      ['images', '--profile', 'chey', '--version', '1.0.0'],
      2,
      /Known profiles: che, cert-manager/,
    ],
    ['a profile without version', ['images', '--profile', 'che'], 2, /--version/],
    [
      'a platform that is none',
      ['images', '-f', 'pod.yaml', '--platform', 'windows'],
      2,
      /kubernetes or openshift/,
    ],
    ['relocate without a folder', ['relocate', '-f', 'pod.yaml', '--to', 'r.example/x'], 2, /-o DIR/],
    ['relocate without a target', ['relocate', '-f', 'pod.yaml', '-o', 'out'], 2, /--to HOST\/PATH/],
    [
      'a target that is no host',
      ['relocate', '-f', 'pod.yaml', '-o', 'out', '--to', 'che'],
      2,
      /--to che: does not begin with a registry host/,
    ],
    [
      'a target with a scheme',
      ['mirror', '--images', '-', '--to', 'https://r.example/x'],
      2,
      /--to https:\/\/r\.example\/x: is an address.*\n +→ Write r\.example\/x; registries are spoken to with TLS/,
    ],
    [
      'an exclusion that is no reference',
      ['images', '-f', 'pod.yaml', '--exclude', 'A B'],
      2,
      /--exclude A B: is not/,
    ],
    [
      'a question about no reference',
      ['images', '-f', 'pod.yaml', '--why', 'A B'],
      2,
      /--why A B: is not an image/,
    ],
    [
      'only files that are no manifests',
      ['images', '-f', 'deploy/broken.yaml'],
      1,
      /error: deploy\/broken\.yaml:1:4: is not valid YAML/,
    ],
    [
      'a list that names no image',
      ['mirror', '--images', 'empty.txt', '--to', 'r.example/x'],
      2,
      /empty\.txt: names no image\n +→ Write references one a line/,
    ],
    [
      'a list that is a manifest',
      ['mirror', '--images', 'pod.yaml', '--to', 'r.example/x'],
      2,
      /^error: pod\.yaml: is a manifest, and a list has one reference a line\n +→ Make a list of it: sallyport images/,
    ],
    [
      'a list that is no text',
      ['mirror', '--images', 'noise', '--to', 'r.example/x'],
      1,
      /^error: noise: is no text, and a list of references is\n/,
    ],
    [
      'a folder for a lock',
      ['render', '--lock', 'empty'],
      1,
      /^error: empty: is a folder, and a file is expected\n +→ Name a file\.\n$/,
    ],
    ['a folder for a configuration', ['lock', '-c', 'empty'], 1, /^error: empty: is a folder, and a file/],
    [
      'an empty configuration',
      ['lock', '-c', 'empty.txt'],
      2,
      /^error: empty\.txt:1:1: the file is empty; `sallyport init` writes one\n/,
    ],
    [
      'a file for the folder of a registry',
      ['registry', 'gc', '--dir', 'pod.yaml'],
      1,
      /pod\.yaml: holds no registry\n/,
    ],
    [
      'templates in a folder that is not there',
      ['chectl', 'nowhere'],
      1,
      /^error: nowhere: does not exist\n/,
    ],
    [
      'a pipe with nothing in it',
      ['images', '-f', '-'],
      2,
      /^error: standard input: is empty\n +→ Pipe manifests in/,
    ],
    ['mirror without a lock', ['mirror'], 1, /sallyport lock/],
    [
      'a lock elsewhere',
      ['render', '--lock', 'no.lock.yaml', '-f', 'pod.yaml'],
      1,
      /no\.lock\.yaml: does not exist/,
    ],
    ['init without a terminal and without flags', ['init'], 2, /sallyport init --profile/],
    [
      'two problems of a configuration',
      ['lock', '-c', 'conf/two.yaml'],
      2,
      /^error: conf\/two\.yaml: has 2 problems\n/,
    ],
    [
      'an unknown key in the configuration',
      ['images', '-c', 'conf/typo.yaml'],
      2,
      /conf\/typo\.yaml:4:3.*did you mean.*manifests/is,
    ],
    ['a configuration that is not there', ['images', '-c', 'none.yaml'], 2, /none\.yaml: does not exist/],
    [
      'file and flag that differ',
      ['lock', '-c', 'conf/target.yaml', '--to', 'registry.corp.example/two'],
      2,
      /registry\.corp\.example\/one[\s\S]*registry\.corp\.example\/two|registry\.corp\.example\/two[\s\S]*registry\.corp\.example\/one/,
    ],
    [
      'a registry key that does not exist',
      ['images', '-f', 'pod.yaml', '--registry', 'quay.io,miror=x'],
      2,
      /mirror/,
    ],
    [
      'an event log that cannot be written',
      ['images', '-f', 'pod.yaml', '--events', 'no/such/log'],
      1,
      /no\/such\/log: cannot be written/,
    ],
  ])('%s', async (_what, args, status, message) => {
    const { status: got, stderr, stdout } = await run(...args);
    expect(stderr).toMatch(message);
    expect(got, stderr).toBe(status);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});

it.skipIf(process.platform === 'win32')('says that its working folder was deleted', () => {
  const gone = join(dir, 'gone');
  mkdirSync(gone);
  const line = `cd "${gone}" && rmdir "${gone}" && "${process.execPath}" "${PROGRAM}" images -f x 2>&1; echo "status $?"`;
  expect(execFileSync('sh', ['-c', line], { encoding: 'utf8' })).toBe(
    'error: the working folder does not exist any more\n  → Change to one that is there.\nstatus 1\n',
  );
});

describe('images', () => {
  it('prints names, sorted, for a script', async () => {
    const { status, stdout } = await run('images', '-f', 'pod.yaml', '-o', 'name');
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'quay.io/example/app:1.0\n' });
  });

  it('prints the documented JSON', async () => {
    const { stdout } = await run('images', 'pod.yaml', '-o', 'json');
    expect(JSON.parse(stdout)).toEqual({
      images: [
        {
          reference: 'quay.io/example/app:1.0',
          normalized: 'quay.io/example/app:1.0',
          uses: [
            {
              file: 'pod.yaml',
              document: 0,
              kind: 'Pod',
              name: 'a',
              path: 'spec.containers[0].image',
              line: 7,
              column: 14,
              range: [POD.indexOf('quay.io'), POD.indexOf('quay.io') + 'quay.io/example/app:1.0'.length],
              how: 'field',
              confidence: 'certain',
              reason: expect.any(String),
            },
          ],
        },
      ],
      unresolved: [],
      egress: [],
    });
  });

  it('reads a pipe', async () => {
    const { stdout } = await sallyport(['images', '-f', '-', '-o', 'name'], { cwd: dir, stdin: POD });
    expect(stdout).toBe('quay.io/example/app:1.0\n');
  });

  it('lists what it can read and fails for the rest, with place and excerpt', async () => {
    const { status, stdout, stderr } = await run('images', '-f', 'deploy', '-o', 'name');
    expect(status).toBe(1);
    expect(stdout).toBe('quay.io/example/app:1.0\n');
    expect(stderr).toMatch(/deploy\/broken\.yaml:\d+:\d+/);
    expect(stderr).toContain('^');
  });

  it('says why, and where an image will go', async () => {
    const { stdout } = await run(
      'images',
      '-f',
      'pod.yaml',
      '--why',
      'quay.io/example/app',
      '--to',
      'registry.corp.example/x',
    );
    expect(stdout).toContain('pod.yaml:7:14  Pod/a  spec.containers[0].image');
    expect(stdout).toContain('goes to registry.corp.example/x/quay.io/example/app:1.0');
    const unknown = await run('images', '-f', 'pod.yaml', '--why', 'docker.io/other/app:2');
    expect(unknown.status).toBe(1);
    expect(unknown.stderr).toContain('Did you mean quay.io/example/app:1.0?');
  });

  it('writes no escape codes into a pipe and none with NO_COLOR', async () => {
    const { stdout, stderr } = await run('images', '-f', 'pod.yaml');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('ends quietly when its output is closed early', () => {
    const many = Array.from(
      { length: 5000 },
      (_, index) => `---\n${POD.replace('app:1.0', `app-${index}:1.0`)}`,
    ).join('');
    writeFileSync(join(dir, 'many.yaml'), many);
    const piped = spawnSync(
      'sh',
      ['-c', `"${process.execPath}" "${PROGRAM}" images -f many.yaml | head -1`],
      { cwd: dir, encoding: 'utf8' },
    );
    expect(piped.stderr).toBe('');
    expect(piped.stdout.split('\n')).toHaveLength(2);
  });
});

describe('the program', () => {
  it('tells its version before it loads anything', () => {
    const started = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `process.argv = [process.argv[0], 'sallyport', '--version']; await import(${JSON.stringify(PROGRAM)}); console.log(process.moduleLoadList.filter((name) => /NativeModule (?:http|https|tls|crypto)$/.test(name)).join());`,
      ],
      { encoding: 'utf8' },
    );
    expect(started.stdout).toMatch(/^\d+\.\d+\.\d+\n\n$/);
  });

  it.skipIf(!existsSync('/dev/full')).each(['--version', '--help', 'images -f pod.yaml'])(
    'says when %s finds no room for its output',
    (words) => {
      const line = `"${process.execPath}" "${PROGRAM}" ${words} > /dev/full`;
      expect(spawnSync('sh', ['-c', line], { cwd: dir, encoding: 'utf8' })).toMatchObject({
        status: 1,
        stderr: 'error: standard output: cannot be written (ENOSPC); the result is not complete\n',
      });
    },
  );

  it('leaves nothing in the temporary folder: what Node compiled is kept with our caches', () => {
    const temporary = join(dir, 'temporary');
    const home = join(dir, 'home');
    for (const folder of [temporary, home]) mkdirSync(folder);
    const started = spawnSync(process.execPath, [PROGRAM, 'images', '-f', 'pod.yaml', '-o', 'name'], {
      cwd: dir,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], TMPDIR: temporary, HOME: home },
    });
    expect(started).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(temporary)).toEqual([]);
    // Node 20 keeps nothing.
    const keeps = Number(process.versions.node.split('.')[0]) >= 22;
    expect(existsSync(join(home, '.cache', 'sallyport', 'compiled'))).toBe(keeps);
  });

  it('lists images without a network, hashes or the YAML library', () => {
    const hook = join(dir, 'loaded.cjs');
    writeFileSync(
      hook,
      `process.on('exit', () => process.stderr.write([...process.moduleLoadList, ...Object.keys(require.cache)].filter((name) => /NativeModule (?:http|https|tls|crypto|child_process)$|yaml\\.cjs$/.test(name)).join()));`,
    );
    const loaded = (file: string) =>
      spawnSync(process.execPath, ['--require', hook, PROGRAM, 'images', '-f', file, '-o', 'name'], {
        cwd: dir,
        encoding: 'utf8',
      });
    expect(loaded('pod.yaml')).toMatchObject({ stdout: 'quay.io/example/app:1.0\n', stderr: '' });
    writeFileSync(join(dir, 'anchors.yaml'), `x: &a {b: 1}\ny: *a\n---\n${POD}`);
    expect(loaded('anchors.yaml')).toMatchObject({
      stdout: 'quay.io/example/app:1.0\n',
      stderr: expect.stringMatching(/^[^,]*yaml\.cjs$/),
    });
  });

  it.each(['--help', 'help'])('helps with %s', async (word) => {
    const { status, stdout } = await run(word);
    expect(status).toBe(0);
    for (const name of ['relocate', 'init', 'images', 'lock', 'mirror', 'render', 'registry', 'completion'])
      expect(stdout).toContain(name);
  });

  it.each(['bash', 'zsh', 'fish'])('completes in %s', async (shell) => {
    expect((await run('completion', shell)).stdout).toContain('sallyport complete');
    expect((await run('complete', '--', 'lo')).stdout).toBe('lock\n');
    expect((await run('complete', '--', 'images', '--min')).stdout).toContain('--min-confidence');
  });

  it('writes a configuration that it reads back, and does not replace one', async () => {
    const made = await run(
      'init',
      '--profile',
      'che',
      '--version',
      '7.121.0',
      '--to',
      'registry.corp.example/che',
      '-c',
      'new.yaml',
    );
    expect(made.status, made.stderr).toBe(0);
    expect(readFileSync(join(dir, 'new.yaml'), 'utf8')).toMatch(/^# yaml-language-server: \$schema=/);
    const again = await run(
      'init',
      '--profile',
      'che',
      '--version',
      '7.121.0',
      '--to',
      'registry.corp.example/che',
      '-c',
      'new.yaml',
    );
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('new.yaml: exists already');
  });

  it('serves a registry until it is told to stop', async () => {
    const child = spawn(
      process.execPath,
      [PROGRAM, 'registry', 'serve', '--dir', 'registry', '--listen', '127.0.0.1:0'],
      { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const line = await new Promise<string>((done) =>
      child.stdout.once('data', (chunk: Buffer) => done(chunk.toString('utf8'))),
    );
    expect(line).toMatch(/^serving registry at http:\/\/127\.0\.0\.1:\d+\n$/);
    const second = await run('registry', 'serve', '--dir', 'registry', '--listen', '127.0.0.1:0');
    expect(second.status).toBe(1);
    expect(second.stderr).toContain('registry');
    // Beside the running one.
    const gone = await run('registry', 'gc', '--dir', 'registry', '--min-age', '0s');
    expect([gone.status, gone.stdout]).toEqual([0, 'removed: 0 blobs (0 B)\n']);
    expect(gone.stderr).toContain('a push that was under way and longer than 0 s may have lost');
    const verified = await run('registry', 'verify', '--dir', 'registry');
    expect([verified.status, verified.stdout]).toEqual([
      0,
      '0 files (0 B), 0 manifests: all as they should be\n',
    ]);
    const ended = new Promise<number | null>((done) => child.once('exit', (status) => done(status)));
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    const address = line.trim().split(' ').at(-1);
    const slow = request(`${address}/v2/a/blobs/uploads/?digest=${digestOf(Buffer.from('ab'))}`, {
      method: 'POST',
    });
    const answered = new Promise((done) => slow.on('response', (message) => done(message.statusCode)));
    slow.write('a');
    await expect.poll(async () => (await fetch(`${address}/metrics`)).text()).toContain('open_uploads 1');
    child.kill('SIGINT');
    await expect
      .poll(() => told)
      .toBe('stopping; 1 request in flight may take 10 s to end; Ctrl-C again stops at once\n');
    slow.end('b');
    expect(await answered).toBe(201);
    expect(await ended).toBe(0);
    expect(told.split('\n').slice(1)).toEqual(['stopped', '']);
  });

  it('names what is damaged in a registry folder, with the status of a no', async () => {
    const blobs = join(dir, 'damaged', 'blobs', 'sha256');
    mkdirSync(blobs, { recursive: true });
    mkdirSync(join(dir, 'damaged', 'registry', 'repositories'), { recursive: true });
    writeFileSync(join(blobs, 'a'.repeat(64)), 'something else');
    const verified = await run('registry', 'verify', '--dir', 'damaged');
    expect(verified.status).toBe(3);
    expect(verified.stdout).toContain(`damaged  sha256:${'a'.repeat(64)}  (no image)`);
    const nowhere = await run('registry', 'verify', '--dir', 'nowhere');
    expect([nowhere.status, nowhere.stderr]).toEqual([
      1,
      expect.stringContaining('nowhere: holds no registry'),
    ]);
  });
});
