import { defineCommand } from '../../command.ts';
import type { CommonFlags } from '../../flags.ts';
import { type ServeFlags, serveFlags } from '../serve-flags.ts';
import { bundleFile } from './flags.ts';

export interface BundleServeFlags extends CommonFlags, ServeFlags {}

export const serveCommand = defineCommand<BundleServeFlags, [string]>({
  loader: async () => (await import('../../handlers/bundle-serve.ts')).bundleServe,
  parameters: {
    flags: serveFlags,
    positional: bundleFile,
  },
  docs: {
    brief: 'Serve a bundle as a registry, from where it lies',
    fullDescription: [
      'Nothing is unpacked and nothing can be written. Nodes can pull from the carried disk minutes after it is plugged in.',
      'An image answers to its source name with and without the host, and to the path that the lock gives it at the target.',
      '/healthz and /metrics (Prometheus) answer without a login.',
    ].join('\n'),
    customUsage: [
      { input: 'che.bundle', brief: 'For this machine alone' },
      {
        input: 'che.bundle --listen :5000 --tls-generate --htpasswd users',
        brief: 'For a network: https, and only users read',
      },
    ],
  },
});
