import { spawn } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { printable, SallyportError, systemCode } from '../../base/index.ts';
import type { CredentialRequest } from './credentials.ts';
import type { CredentialSource, Credentials, ExecEntry } from './types.ts';

const VERSIONS = ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'];

/** A plugin may open a browser; longer than this nobody waits. */
const TIME_LIMIT_MS = 120_000;

/** Credentials are asked for again this long before they end, so that none ends on its way. */
const EARLY_MS = 30_000;

export interface ExecRequest extends CredentialRequest {
  readonly exec: ExecEntry;
  readonly origin: string;
  readonly now?: () => number;
}

interface Kept {
  readonly credentials: Credentials;
  readonly until: number;
}

/**
 * Credentials from an external program (Kubernetes, "client-go credential plugins"). It runs when they are first needed, again when
 * they end, and once more after the server refused them.
 */
export function execSource(request: ExecRequest): CredentialSource {
  const now = request.now ?? Date.now;
  let kept: Kept | undefined;
  let running: Promise<Kept> | undefined;
  return {
    get: async (signal) => {
      if (kept !== undefined && now() < kept.until) return kept.credentials;
      running ??= runPlugin(request, signal).finally(() => {
        running = undefined;
      });
      kept = await running;
      return kept.credentials;
    },
    renew: () => {
      kept = undefined;
      return true;
    },
  };
}

async function runPlugin(request: ExecRequest, signal: AbortSignal | undefined): Promise<Kept> {
  const { exec, origin } = request;
  const { apiVersion = '' } = exec;
  if (!VERSIONS.includes(apiVersion))
    throw new SallyportError(
      'CREDENTIALS_INVALID',
      `the exec plugin speaks ${apiVersion === '' ? 'no version' : apiVersion}; ${VERSIONS.join(' and ')} are known`,
      { subject: origin },
    );
  const output = await run(request, signal);
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (cause) {
    throw invalid(request, 'answered something that is not JSON', cause);
  }
  const status = field(answer, 'status');
  const token = text(field(status, 'token'));
  const cert = text(field(status, 'clientCertificateData'));
  const key = text(field(status, 'clientKeyData'));
  if (token === undefined && (cert === undefined || key === undefined))
    throw invalid(request, 'answered neither a token nor a certificate with its key');
  const until = Date.parse(text(field(status, 'expirationTimestamp')) ?? '');
  return {
    credentials: {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      origin: `${origin}, exec plugin ${exec.command ?? ''}`,
      ...(cert === undefined || key === undefined ? {} : { cert: Buffer.from(cert), key: Buffer.from(key) }),
    },
    until: Number.isNaN(until) ? Number.POSITIVE_INFINITY : until - EARLY_MS,
  };
}

function run(request: ExecRequest, signal: AbortSignal | undefined): Promise<string> {
  const { exec, user, cwd, cluster } = request;
  const command = exec.command ?? '';
  // A path with a separator is relative to the kubeconfig, a bare name is looked up in PATH (client-go does so too).
  const program = /[\\/]/.test(command) ? resolve(dirname(user.file), command) : command;
  const info = {
    apiVersion: exec.apiVersion,
    kind: 'ExecCredential',
    spec: {
      interactive: false,
      ...(exec.provideClusterInfo === true
        ? {
            cluster: {
              server: cluster.server.href,
              'insecure-skip-tls-verify': cluster.insecure,
              ...(cluster.serverName === undefined ? {} : { 'tls-server-name': cluster.serverName }),
              ...(cluster.ca === undefined
                ? {}
                : { 'certificate-authority-data': cluster.ca.toString('base64') }),
            },
          }
        : {}),
    },
  };
  const extra = Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value]));
  return new Promise((done, reject) => {
    const child = spawn(program, [...(exec.args ?? [])], {
      cwd,
      env: { ...request.env, ...extra, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal }),
    });
    // Not spawn's own `timeout`: its timer keeps the process alive when the program could not be started.
    const timer = setTimeout(() => child.kill(), TIME_LIMIT_MS);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (cause) => {
      clearTimeout(timer);
      const code = systemCode(cause);
      if (code === 'ABORT_ERR') reject(cause);
      else if (code === 'ENOENT') reject(missing(request));
      else reject(invalid(request, `cannot be started (${code ?? cause.message})`, cause));
    });
    child.once('close', (status, killedBy) => {
      clearTimeout(timer);
      if (status === 0) {
        done(Buffer.concat(out).toString('utf8'));
        return;
      }
      const said = printable(Buffer.concat(err).toString('utf8').trim().slice(-500));
      const how =
        killedBy === null
          ? `ended with status ${status}`
          : `did not end within ${TIME_LIMIT_MS / 1000} s (${killedBy})`;
      reject(invalid(request, `${how}${said === '' ? '' : `: ${said}`}`));
    });
  });
}

function missing({ exec, origin }: ExecRequest): SallyportError {
  const hint = exec.installHint?.trim();
  return new SallyportError(
    'CREDENTIALS_INVALID',
    `the exec plugin \`${exec.command ?? ''}\` is not installed here`,
    {
      subject: origin,
      hint:
        hint === undefined || hint === ''
          ? 'Install it or put it on the PATH; the kubeconfig names it under users[].user.exec.'
          : printable(hint),
    },
  );
}

function invalid({ exec, origin }: ExecRequest, what: string, cause?: unknown): SallyportError {
  return new SallyportError('CREDENTIALS_INVALID', `the exec plugin \`${exec.command ?? ''}\` ${what}`, {
    subject: origin,
    cause,
    hint: 'Run it by hand (users[].user.exec of the kubeconfig), or log in again with the tool that brought it.',
  });
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
