import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SallyportError, systemCode } from '../base/index.ts';
import { createRegistryServer, type RunningRegistry } from '../server/index.ts';
import type { WorkflowContext } from './context.ts';

export interface ServeOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly anonymousRead: boolean;
  readonly readOnly: boolean;
  /** Emits a `request` event for each request. */
  readonly accessLog: boolean;
}

/** Starts the embedded registry on a folder. Throws `USAGE` for half a TLS pair and what the server throws. */
export async function serveRegistry(
  context: WorkflowContext,
  options: ServeOptions,
): Promise<RunningRegistry> {
  const { tlsCert, tlsKey, htpasswd } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new SallyportError('USAGE', 'a certificate and its key belong together', {
      subject: tlsCert ?? tlsKey ?? '',
      hint: 'Give both --tls-cert and --tls-key.',
    });
  }
  if (options.anonymousRead && htpasswd === undefined) {
    throw new SallyportError('USAGE', 'without users everybody may read and write', {
      subject: '--anonymous-read',
      hint: 'Give --htpasswd FILE too.',
    });
  }
  const text = (file: string) => readText(context, file);
  return createRegistryServer({
    dir: resolve(context.cwd, options.dir),
    host: options.host,
    port: options.port,
    readOnly: options.readOnly,
    emit: (event) => {
      if (event.type !== 'request' || options.accessLog) context.emit(event);
    },
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : { tls: { cert: await text(tlsCert), key: await text(tlsKey) } }),
    ...(htpasswd === undefined
      ? {}
      : { auth: { htpasswd: await text(htpasswd), anonymousRead: options.anonymousRead } }),
  });
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
