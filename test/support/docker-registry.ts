import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './listening.ts';

/** Debian's docker-registry (CNCF distribution) on loopback, as other people run it. */
export interface DockerRegistry {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** Requests that the server logged, by method. */
  requests(): readonly { readonly method: string; readonly uri: string; readonly status: number }[];
  /** Processor time so far, milliseconds (Linux). */
  cpuMs(): number;
  close(): Promise<void>;
}

export interface TestCa {
  /** A folder with `ca.crt` alone, as clients with a folder per registry want it. */
  readonly folder: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** A client certificate by the same CA. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

export const USER = { name: 'mover', password: 'correct horse' };

export function commandExists(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A CA of its own and a server certificate for loopback, made by openssl. */
export function makeCa(dir: string): TestCa {
  mkdirSync(dir, { recursive: true });
  const run = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  run(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-days',
    '2',
    '-subj',
    '/CN=Sallyport test CA',
  );
  writeFileSync(join(dir, 'san.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  for (const name of ['server', 'client']) {
    const request = ['-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`];
    run('req', '-newkey', 'rsa:2048', '-nodes', ...request);
    const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2'];
    run('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', 'san.cnf', '-out', `${name}.crt`);
  }
  const folder = join(dir, 'trust');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(dir, 'ca.crt'), join(folder, 'ca.crt'));
  return {
    folder,
    caFile: join(folder, 'ca.crt'),
    certFile: join(dir, 'server.crt'),
    keyFile: join(dir, 'server.key'),
    clientCertFile: join(dir, 'client.crt'),
    clientKeyFile: join(dir, 'client.key'),
  };
}

/** Starts one; with `tls` it speaks https, with `clientCertificate` to those alone who show one, with `login` it wants USER. Its log tells what it was asked. */
export async function startDockerRegistry(
  dir: string,
  options: { readonly tls?: TestCa; readonly clientCertificate?: boolean; readonly login?: boolean } = {},
): Promise<DockerRegistry> {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const logFile = join(dir, 'registry.log');
  const lines = [
    'version: 0.1',
    'log: {level: info, formatter: json, accesslog: {disabled: true}}',
    'storage:',
    `  filesystem: {rootdirectory: ${JSON.stringify(join(dir, 'data'))}}`,
    '  delete: {enabled: true}',
    'http:',
    `  addr: 127.0.0.1:${port}`,
    '  secret: only-for-tests',
  ];
  if (options.tls !== undefined) {
    const { certFile, keyFile, caFile } = options.tls;
    const clients = options.clientCertificate === true ? { clientcas: [caFile] } : {};
    lines.push(`  tls: ${JSON.stringify({ certificate: certFile, key: keyFile, ...clients })}`);
  }
  if (options.login === true) {
    const htpasswd = execFileSync('htpasswd', ['-Bbn', USER.name, USER.password], { encoding: 'utf8' });
    writeFileSync(join(dir, 'htpasswd'), htpasswd.trim());
    lines.push('auth:', `  htpasswd: {realm: tests, path: ${JSON.stringify(join(dir, 'htpasswd'))}}`);
  }
  writeFileSync(join(dir, 'config.yml'), `${lines.join('\n')}\n`);
  const child = spawn(
    'sh',
    [
      '-c',
      `exec docker-registry serve ${JSON.stringify(join(dir, 'config.yml'))} >${JSON.stringify(logFile)} 2>&1`,
    ],
    { stdio: 'ignore' },
  );
  await waitFor(() => readLog(logFile).includes('listening on'), child, logFile);
  return {
    host: `127.0.0.1:${port}`,
    requests: () =>
      readLog(logFile)
        .split('\n')
        .flatMap((line) => {
          const entry = parseEntry(line);
          return entry === undefined ? [] : [entry];
        }),
    cpuMs: () => {
      // proc_pid_stat(5): utime and stime, the 14th and 15th, in hundredths of a second; the name before them may hold spaces.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    close: () => stop(child),
  };
}

function parseEntry(line: string): { method: string; uri: string; status: number } | undefined {
  if (!line.includes('"msg":"response completed')) return undefined;
  const entry = JSON.parse(line) as Record<string, unknown>;
  return {
    method: String(entry['http.request.method']),
    uri: String(entry['http.request.uri']),
    status: Number(entry['http.response.status']),
  };
}

function readLog(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

async function waitFor(ready: () => boolean, child: ChildProcess, logFile: string): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (ready()) return;
    if (child.exitCode !== null) break;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`docker-registry did not start:\n${readLog(logFile)}`);
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  child.kill('SIGTERM');
  await ended;
}
