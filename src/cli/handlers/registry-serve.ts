import { SallyportError } from '../../base/index.ts';
import { type RegistryLimits, serveRegistry } from '../../workflows/index.ts';
import type { RegistryServeFlags } from '../commands/registry.ts';
import type { CliContext } from '../context.ts';
import { runCommand } from './run.ts';

export function registryServe(this: CliContext, flags: RegistryServeFlags): Promise<void> {
  return runCommand(this, flags, async (session) => {
    const { host, port } = parseListen(flags.listen);
    const running = await serveRegistry(session.workflow, {
      dir: flags.dir,
      host,
      port,
      readOnly: flags.readOnly,
      anonymousRead: flags.anonymousRead,
      tlsGenerate: flags.tlsGenerate,
      tlsNames: flags.tlsName ?? [],
      allow: flags.allow ?? [],
      writeLine: (line) => this.process.stderr.write(line),
      limits: limitsOf(flags),
      ...(flags.auth === undefined ? {} : { auth: flags.auth }),
      ...(flags.accessLog === undefined ? {} : { accessLog: flags.accessLog }),
      ...(flags.tlsCert === undefined ? {} : { tlsCert: flags.tlsCert }),
      ...(flags.tlsKey === undefined ? {} : { tlsKey: flags.tlsKey }),
      ...(flags.htpasswd === undefined ? {} : { htpasswd: flags.htpasswd }),
    });
    // One line that a script can wait for and read the address from.
    if (running.caFile !== undefined && !flags.quiet)
      this.process.stderr.write(`clients have to trust ${running.caFile}\n`);
    session.out(`serving ${flags.dir} at ${running.url}\n`);
    await new Promise<void>((stop) => {
      if (this.signal.aborted) stop();
      else this.signal.addEventListener('abort', () => stop(), { once: true });
    });
    await running.close({ graceMs: flags.grace });
    if (!flags.quiet) this.process.stderr.write('stopped\n');
    return 0;
  });
}

function limitsOf(flags: RegistryServeFlags): RegistryLimits {
  return {
    ...(flags.maxBlob === undefined ? {} : { blobBytes: flags.maxBlob }),
    ...(flags.maxManifest === undefined ? {} : { manifestBytes: flags.maxManifest }),
    ...(flags.maxUploads === undefined ? {} : { openUploads: flags.maxUploads }),
    ...(flags.uploadExpiry === undefined ? {} : { uploadExpiryMs: flags.uploadExpiry }),
    ...(flags.requestTimeout === undefined ? {} : { requestMs: flags.requestTimeout }),
    ...(flags.idleTimeout === undefined ? {} : { idleMs: flags.idleTimeout }),
  };
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
