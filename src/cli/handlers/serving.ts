import { formatCount, SallyportError } from '../../base/index.ts';
import type { OfferOptions, Serving } from '../../workflows/index.ts';
import type { ServeFlags } from '../commands/serve-flags.ts';
import type { CliContext } from '../context.ts';
import type { Session } from './run.ts';

/** What the flags say of how a registry is offered. Throws `USAGE`. */
export function offerOf(context: CliContext, flags: ServeFlags): OfferOptions {
  return {
    ...parseListen(flags.listen),
    anonymousRead: flags.anonymousRead,
    tlsGenerate: flags.tlsGenerate,
    tlsNames: flags.tlsName ?? [],
    allow: flags.allow ?? [],
    writeLine: (line) => context.process.stderr.write(line),
    ...(flags.auth === undefined ? {} : { auth: flags.auth }),
    ...(flags.accessLog === undefined ? {} : { accessLog: flags.accessLog }),
    ...(flags.tlsCert === undefined ? {} : { tlsCert: flags.tlsCert }),
    ...(flags.tlsKey === undefined ? {} : { tlsKey: flags.tlsKey }),
    ...(flags.htpasswd === undefined ? {} : { htpasswd: flags.htpasswd }),
  };
}

/** In milliseconds. */
export function timesOf(flags: ServeFlags): { readonly requestMs?: number; readonly idleMs?: number } {
  return {
    ...(flags.requestTimeout === undefined ? {} : { requestMs: flags.requestTimeout }),
    ...(flags.idleTimeout === undefined ? {} : { idleMs: flags.idleTimeout }),
  };
}

/** Says where `what` is served, and serves it until the process is told to stop. */
export async function serveUntilStopped(
  context: CliContext,
  session: Session,
  {
    what,
    running,
    flags,
  }: {
    readonly what: string;
    readonly running: Serving;
    readonly flags: ServeFlags & { readonly quiet: boolean };
  },
): Promise<void> {
  if (running.caFile !== undefined && !flags.quiet)
    context.process.stderr.write(`clients have to trust ${running.caFile}\n`);
  // One line that a script can wait for and read the address from.
  session.out(`serving ${what} at ${running.url}\n`);
  await new Promise<void>((stop) => {
    if (context.signal.aborted) stop();
    else context.signal.addEventListener('abort', () => stop(), { once: true });
  });
  const waitingFor = running.inFlight();
  if (waitingFor > 0 && !flags.quiet)
    context.process.stderr.write(
      `stopping; ${formatCount(waitingFor, 'request')} in flight may take ${flags.grace / 1000} s to end; Ctrl-C again stops at once\n`,
    );
  await running.close({ graceMs: flags.grace });
  if (!flags.quiet) context.process.stderr.write('stopped\n');
}

/** `HOST:PORT`, `[::1]:PORT`, `:PORT` (every address) or `PORT` (loopback). */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(\[[0-9a-fA-F:]+\]|[^:[\]]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65535) {
    throw new SallyportError('USAGE', 'is not an address to listen on', {
      subject: text,
      hint: 'Write it as HOST:PORT, for example 127.0.0.1:5000; port 0 takes a free one.',
    });
  }
  const host = match[1]?.replace(/^\[|\]$/g, '');
  return { host: host === undefined ? '127.0.0.1' : host === '' ? '0.0.0.0' : host, port };
}
