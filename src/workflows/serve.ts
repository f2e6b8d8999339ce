import { createWriteStream, openSync, type WriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError, systemCode } from '../base/index.ts';
import {
  type AccessEntry,
  type AccessRule,
  type Action,
  type AuthOptions,
  combinedLogLine,
  createRegistryServer,
  isCertificateName,
  type RegistryLimits,
  type RegistryServerOptions,
  type RunningRegistry,
  STORED_LIMITS,
} from '../server/index.ts';
import type { WorkflowContext } from './context.ts';

export type { RegistryLimits };

export interface ServeOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** Make a certificate, for the names of this machine and these. */
  readonly tlsGenerate: boolean;
  readonly tlsNames: readonly string[];
  readonly htpasswd?: string;
  /** How a login is shown with each request. Default `basic`. */
  readonly auth?: 'basic' | 'token';
  /** `WHO:ACTIONS:REPOSITORIES`, see `parseRule`. None: every user everything. */
  readonly allow: readonly string[];
  readonly anonymousRead: boolean;
  readonly readOnly: boolean;
  /** File to which a line for each request is added; `-` gives them to `writeLine`. */
  readonly accessLog?: string;
  readonly writeLine: (line: string) => void;
  readonly limits?: RegistryLimits;
}

/**
 * Starts the embedded registry on a folder. Throws `USAGE` for options that do not go together, `FILE_NOT_FOUND` and
 * `FILE_UNREADABLE` for files that are named, and what the server throws.
 */
export async function serveRegistry(
  context: WorkflowContext,
  options: ServeOptions,
): Promise<RunningRegistry> {
  refuseContradictions(options);
  const tls = await tlsOf(context, options);
  const auth = await authOf(context, options);
  warnOfOpenDoors(context, options, tls !== undefined);
  const log = openAccessLog(context, options);
  try {
    const running = await createRegistryServer({
      dir: resolve(context.cwd, options.dir),
      host: options.host,
      port: options.port,
      readOnly: options.readOnly,
      emit: context.emit,
      ...(tls === undefined ? {} : { tls }),
      ...(auth === undefined ? {} : { auth }),
      ...(log === undefined ? {} : { onAccess: log.write }),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    return {
      ...running,
      close: async (asked) => {
        await running.close(asked);
        await log?.close();
      },
    };
  } catch (cause) {
    await log?.close();
    throw cause;
  }
}

function refuseContradictions(options: ServeOptions): void {
  const { tlsCert, tlsKey, htpasswd } = options;
  const needsUsers = options.anonymousRead
    ? '--anonymous-read'
    : options.allow.length > 0
      ? '--allow'
      : options.auth === undefined
        ? undefined
        : '--auth';
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new SallyportError('USAGE', 'a certificate and its key belong together', {
      subject: tlsCert ?? tlsKey ?? '',
      hint: 'Give both --tls-cert and --tls-key.',
    });
  if (options.tlsGenerate && tlsCert !== undefined)
    throw new SallyportError('CONFLICTING_OPTIONS', 'a certificate is given and one is to be made', {
      subject: '--tls-generate',
      hint: 'Keep --tls-generate, or --tls-cert with --tls-key.',
    });
  if (options.tlsNames.length > 0 && !options.tlsGenerate)
    throw new SallyportError('USAGE', 'only a certificate that is made here can be given names', {
      subject: '--tls-name',
      hint: 'Give --tls-generate too.',
    });
  const odd = options.tlsNames.find((name) => !isCertificateName(name));
  if (odd !== undefined)
    throw new SallyportError('USAGE', 'is neither a host name nor an IP address', {
      subject: odd,
      hint: 'Write it without scheme and port, for example registry.corp.example.',
    });
  if ((options.limits?.manifestBytes ?? 0) > STORED_LIMITS.bytes)
    throw new SallyportError('USAGE', 'is more than the registry takes', {
      subject: '--max-manifest',
      hint: 'Give 64MiB or less; clients refuse manifests far below that.',
    });
  if (needsUsers !== undefined && htpasswd === undefined)
    throw new SallyportError('USAGE', 'without users everybody may read and write', {
      subject: needsUsers,
      hint: 'Give --htpasswd FILE too.',
    });
}

async function tlsOf(
  context: WorkflowContext,
  { tlsCert, tlsKey, tlsGenerate, tlsNames }: ServeOptions,
): Promise<RegistryServerOptions['tls']> {
  if (tlsGenerate) return { generateFor: tlsNames };
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: await readText(context, tlsCert), key: await readText(context, tlsKey) };
}

async function authOf(context: WorkflowContext, options: ServeOptions): Promise<AuthOptions | undefined> {
  if (options.htpasswd === undefined) return undefined;
  return {
    htpasswd: await readText(context, options.htpasswd),
    mode: options.auth === 'token' ? 'bearer' : 'basic',
    anonymousRead: options.anonymousRead,
    ...(options.allow.length === 0 ? {} : { rules: options.allow.map(parseRule) }),
  };
}

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

/**
 * A rule as the command line has it: `WHO:ACTIONS:REPOSITORIES`, for example `alice,bob:pull,push:team-a/**`. WHO is `anyone`
 * (without a login too), `users` (every login) or names; ACTIONS are pull, push, delete or `all`. Throws `USAGE`.
 */
export function parseRule(text: string): AccessRule {
  const [who = '', actions = '', repositories = '', ...rest] = text.split(':');
  const names = who.split(',');
  const asked = actions === 'all' ? ACTIONS : ACTIONS.filter((action) => actions.split(',').includes(action));
  const isWrong =
    rest.length > 0 ||
    names.includes('') ||
    asked.length === 0 ||
    (actions !== 'all' && asked.length !== new Set(actions.split(',')).size) ||
    !/^[a-z0-9._\-/*]+$/.test(repositories);
  if (isWrong)
    throw new SallyportError('USAGE', 'is not a rule', {
      subject: `--allow ${text}`,
      hint: 'Write WHO:ACTIONS:REPOSITORIES, for example --allow ci:pull,push:team-a/** or --allow anyone:pull:public/*.',
    });
  return { who: who === 'anyone' || who === 'users' ? who : names, actions: asked, repositories };
}

/** What is easily overlooked when a registry is opened to others. */
function warnOfOpenDoors({ emit }: WorkflowContext, options: ServeOptions, hasTls: boolean): void {
  const isLocal = options.host === 'localhost' || options.host === '::1' || options.host.startsWith('127.');
  if (isLocal) return;
  const warn = (message: string) => emit({ type: 'note', level: 'warning', subject: options.host, message });
  if (options.htpasswd === undefined && !options.readOnly)
    warn('everybody who reaches this address may push and delete; --htpasswd or --read-only changes that');
  if (options.htpasswd !== undefined && !hasTls)
    warn('passwords cross the network in the clear; --tls-generate or --tls-cert changes that');
}

interface AccessLog {
  readonly write: (entry: AccessEntry) => void;
  readonly close: () => Promise<void>;
}

/** Opened at once, so that a wrong path is an error before the registry starts. */
function openAccessLog(context: WorkflowContext, options: ServeOptions): AccessLog | undefined {
  const { accessLog, writeLine } = options;
  if (accessLog === undefined) return undefined;
  if (accessLog === '-')
    return { write: (entry) => writeLine(combinedLogLine(entry)), close: () => Promise.resolve() };
  const subject = resolve(context.cwd, accessLog);
  let stream: WriteStream;
  try {
    stream = createWriteStream(subject, { fd: openSync(subject, 'a') });
  } catch (cause) {
    throw new SallyportError(
      'FILE_WRITE_FAILED',
      `cannot be written (${systemCode(cause) ?? 'unknown reason'})`,
      { subject: accessLog, cause },
    );
  }
  let hasFailed = false;
  stream.on('error', (cause) => {
    // A full disk must not end the registry; it is told once.
    if (!hasFailed)
      context.emit({
        type: 'note',
        level: 'warning',
        subject: accessLog,
        message: `the access log ends here: ${cause.message}`,
      });
    hasFailed = true;
  });
  return {
    write: (entry) => {
      if (!hasFailed) stream.write(combinedLogLine(entry));
    },
    close: () => (hasFailed ? Promise.resolve() : new Promise((done) => stream.end(done))),
  };
}

async function readText(context: WorkflowContext, file: string): Promise<string> {
  try {
    return await readFile(resolve(context.cwd, file), 'utf8');
  } catch (cause) {
    const code = systemCode(cause) === 'ENOENT' ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE';
    throw new SallyportError(code, `cannot be read (${systemCode(cause) ?? 'unknown reason'})`, {
      subject: file,
      cause,
    });
  }
}
