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
  isCertificateName,
  type ServeStorageOptions,
  type Serving,
} from '../server/index.ts';
import type { WorkflowContext } from './context.ts';

/** How a registry is offered to clients, whatever it serves: a folder or a bundle. */
export interface OfferOptions {
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
  /** File to which a line for each request is added; `-` gives them to `writeLine`. */
  readonly accessLog?: string;
  readonly writeLine: (line: string) => void;
}

/** What the server is given, and what is to be closed after it. */
export interface Offer {
  readonly server: Pick<ServeStorageOptions, 'host' | 'port' | 'tls' | 'auth' | 'onAccess'>;
  close(): Promise<void>;
}

/**
 * Looks through what the user said and opens what it names; `writable`: the registry takes pushes; `tlsFolder` keeps a certificate that is made.
 * Throws `USAGE` and `CONFLICTING_OPTIONS` for options that do not go together, `FILE_NOT_FOUND`, `FILE_UNREADABLE` and `FILE_WRITE_FAILED`.
 */
export async function openOffer(
  context: WorkflowContext,
  options: OfferOptions,
  { writable, tlsFolder }: { readonly writable: boolean; readonly tlsFolder: string },
): Promise<Offer> {
  refuseContradictions(options);
  const tls = await tlsOf(context, options, tlsFolder);
  const auth = await authOf(context, options);
  warnOfOpenDoors(context, options, { writable, hasTls: tls !== undefined });
  const log = openAccessLog(context, options);
  return {
    server: {
      host: options.host,
      port: options.port,
      ...(tls === undefined ? {} : { tls }),
      ...(auth === undefined ? {} : { auth }),
      ...(log === undefined ? {} : { onAccess: log.write }),
    },
    close: async () => log?.close(),
  };
}

/** Starts a server on an offer; what that opened is closed after the server, also when it does not start. */
export async function serveOffer<T extends Pick<Serving, 'close'>>(
  offer: Offer,
  start: (server: Offer['server']) => Promise<T>,
): Promise<T> {
  try {
    const running = await start(offer.server);
    return {
      ...running,
      close: async (asked) => {
        await running.close(asked);
        await offer.close();
      },
    };
  } catch (cause) {
    await offer.close();
    throw cause;
  }
}

function refuseContradictions(options: OfferOptions): void {
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
  if (needsUsers !== undefined && htpasswd === undefined)
    throw new SallyportError('USAGE', 'says who may do what, and nobody can log in', {
      subject: needsUsers,
      hint: 'Give --htpasswd FILE too.',
    });
}

async function tlsOf(
  context: WorkflowContext,
  { tlsCert, tlsKey, tlsGenerate, tlsNames }: OfferOptions,
  folder: string,
): Promise<ServeStorageOptions['tls']> {
  if (tlsGenerate) return { generateFor: tlsNames, folder };
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  return { cert: await readText(context, tlsCert), key: await readText(context, tlsKey) };
}

async function authOf(context: WorkflowContext, options: OfferOptions): Promise<AuthOptions | undefined> {
  if (options.htpasswd === undefined) return undefined;
  const htpasswd = await readText(context, options.htpasswd);
  const rules = options.allow.map(parseRule);
  warnOfUnknownNames(context, rules, { file: options.htpasswd, text: htpasswd });
  return {
    htpasswd,
    htpasswdFile: options.htpasswd,
    mode: options.auth === 'token' ? 'bearer' : 'basic',
    anonymousRead: options.anonymousRead,
    ...(rules.length === 0 ? {} : { rules }),
  };
}

/** A misspelt name in a rule would only show as a refusal, somewhere else and later. */
function warnOfUnknownNames(
  { emit }: WorkflowContext,
  rules: readonly AccessRule[],
  htpasswd: { readonly file: string; readonly text: string },
): void {
  const known = new Set(htpasswd.text.split('\n').map((line) => line.split(':')[0]));
  const named = new Set(rules.flatMap(({ who }) => (typeof who === 'string' ? [] : who)));
  for (const name of named)
    if (!known.has(name))
      emit({
        type: 'note',
        level: 'warning',
        subject: `--allow ${name}`,
        message: `${htpasswd.file} has no such user, so the rule lets nobody in`,
      });
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
function warnOfOpenDoors(
  { emit }: WorkflowContext,
  options: OfferOptions,
  { writable, hasTls }: { readonly writable: boolean; readonly hasTls: boolean },
): void {
  const isLocal = options.host === 'localhost' || options.host === '::1' || options.host.startsWith('127.');
  if (isLocal) return;
  const warn = (message: string) => emit({ type: 'note', level: 'warning', subject: options.host, message });
  if (options.htpasswd === undefined && writable)
    warn('everybody who reaches this address may push and delete; --htpasswd or --read-only changes that');
  if (options.htpasswd !== undefined && !hasTls)
    warn('passwords cross the network in the clear; --tls-generate or --tls-cert changes that');
}

interface AccessLog {
  readonly write: (entry: AccessEntry) => void;
  readonly close: () => Promise<void>;
}

/** Opened at once, so that a wrong path is an error before the registry starts. */
function openAccessLog(context: WorkflowContext, options: OfferOptions): AccessLog | undefined {
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
