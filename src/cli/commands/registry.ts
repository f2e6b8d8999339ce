import { buildCommand, buildRouteMap } from '@stricli/core';
import type { CliContext } from '../context.ts';
import { type CommonFlags, commonFlags, text } from '../flags.ts';

export interface RegistryServeFlags extends CommonFlags {
  readonly dir: string;
  readonly listen: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly htpasswd?: string;
  readonly anonymousRead: boolean;
  readonly readOnly: boolean;
}

const serveCommand = buildCommand<RegistryServeFlags, [], CliContext>({
  loader: async () => (await import('../handlers/registry-serve.ts')).registryServe,
  parameters: {
    flags: {
      dir: {
        kind: 'parsed',
        parse: text,
        placeholder: 'DIR',
        brief: 'Folder that holds the content; made when it is not there',
      },
      listen: {
        kind: 'parsed',
        parse: text,
        default: '127.0.0.1:5000',
        placeholder: 'HOST:PORT',
        brief: 'Address to listen on; port 0 takes a free one',
      },
      tlsCert: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'Certificate (PEM); with it the registry speaks https',
      },
      tlsKey: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'Key of the certificate (PEM)',
      },
      htpasswd: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'Users that may log in, as htpasswd -B writes them',
      },
      anonymousRead: { kind: 'boolean', default: false, withNegated: false, brief: 'Reading needs no login' },
      readOnly: { kind: 'boolean', default: false, withNegated: false, brief: 'Refuse every write' },
      ...commonFlags,
    },
    aliases: { q: 'quiet', v: 'verbose' },
  },
  docs: {
    brief: 'Serve a folder as an OCI registry',
    fullDescription:
      'Serves a folder as an OCI distribution registry until it is stopped by Ctrl-C or SIGTERM.',
  },
});

export const registryRoutes = buildRouteMap({
  routes: { serve: serveCommand },
  docs: { brief: 'The embedded OCI registry' },
});
