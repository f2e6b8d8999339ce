import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { stop, type TestCa } from '../test/support/docker-registry.ts';
import { freePort } from '../test/support/listening.ts';
import { type Run, runOnce } from './measure.ts';

/** What Node and Go agree on; openssl alone would take the slower AES-256. */
const CIPHER = ['-ciphersuites', 'TLS_AES_128_GCM_SHA256'];

/** What the openssl command line itself needs to take a file in over TLS, hash it, and send it over TLS again. */
export interface OpensslRuns {
  readonly receive: Run;
  readonly hash: Run;
  readonly send: Run;
}

/** `file` must hold zeros: openssl's client takes some letters for commands. */
export async function streamByOpenssl(file: string, ca: TestCa): Promise<OpensslRuns> {
  const folder = dirname(file);
  mkdirSync(folder, { recursive: true });
  const receive = await withServer(['-WWW', '-quiet'], folder, ca, (address) =>
    runOnce([
      'sh',
      '-c',
      `printf 'GET /${file.slice(folder.length + 1)} HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet ${CIPHER.join(' ')} -connect ${address} >/dev/null 2>&1`,
    ]),
  );
  const hash = await runOnce(['openssl', 'dgst', '-sha256', file]);
  const send = await withServer(['-quiet'], folder, ca, (address) => {
    const input = openSync(file, 'r');
    return runOnce(
      [
        'sh',
        '-c',
        `openssl s_client -quiet -no_ign_eof ${CIPHER.join(' ')} -connect ${address} >/dev/null 2>&1`,
      ],
      { stdin: input },
    ).finally(() => closeSync(input));
  });
  return { receive, hash, send };
}

async function withServer<T>(
  args: readonly string[],
  cwd: string,
  ca: TestCa,
  work: (address: string) => Promise<T>,
): Promise<T> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const child = spawn(
    'openssl',
    ['s_server', '-accept', address, '-cert', ca.certFile, '-key', ca.keyFile, ...args],
    // A server whose input ends is a server that ends: its input stays open and silent.
    { cwd, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  try {
    await reachable(port);
    return await work(address);
  } finally {
    child.stdin.destroy();
    await stop(child);
  }
}

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        done(true);
      }).once('error', () => done(false));
    });
    if (open) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error('openssl s_server did not start');
}
