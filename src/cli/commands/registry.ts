import { buildRouteMap } from '@stricli/core';
import { defineCommand } from '../command.ts';
import {
  type CommonFlags,
  type FormatFlags,
  formatFlags,
  neededTextFlag,
  positive,
  switchFlag,
} from '../flags.ts';
import { optionalSize, optionalTime, type ServeFlags, serveFlags } from './serve-flags.ts';

export interface RegistryServeFlags extends CommonFlags, ServeFlags {
  readonly dir: string;
  readonly readOnly: boolean;
  readonly maxBlob?: number;
  readonly maxManifest?: number;
  readonly maxUploads?: number;
  readonly uploadExpiry?: number;
}

const dirFlag = neededTextFlag('DIR', 'Folder of the registry, as `registry serve` was given it');

const serveCommand = defineCommand<RegistryServeFlags>({
  loader: async () => (await import('../handlers/registry-serve.ts')).registryServe,
  parameters: {
    flags: {
      dir: neededTextFlag('DIR', 'Folder that holds the content; made when it is not there'),
      ...serveFlags,
      readOnly: switchFlag('Refuse every write'),
      maxBlob: optionalSize('Refuse larger blobs, e.g. 20GiB (default: no limit)'),
      maxManifest: optionalSize('Refuse larger manifests (default: 8MiB; at most 64MiB)'),
      maxUploads: {
        kind: 'parsed',
        parse: positive,
        optional: true,
        placeholder: 'COUNT',
        brief: 'Uploads that may be open at once (default: 1000)',
      },
      uploadExpiry: optionalTime('Remove uploads that nobody continues for so long (default: 24h)'),
    },
  },
  docs: {
    brief: 'Serve a folder as an OCI registry',
    fullDescription: [
      'Serves a folder as an OCI distribution registry until it is stopped by Ctrl-C or SIGTERM. The folder is an OCI image layout that other tools can read.',
      '/healthz and /metrics (Prometheus) answer without a login.',
    ].join('\n'),
    customUsage: [
      { input: '--dir /srv/registry', brief: 'For this machine alone' },
      {
        input: '--dir /srv/registry --listen :5000 --tls-generate --htpasswd users --anonymous-read',
        brief: 'For a network: https, everybody reads, users write',
      },
    ],
  },
});

export interface RegistryGcFlags extends CommonFlags, FormatFlags {
  readonly dir: string;
  readonly minAge?: number;
  readonly untagged: boolean;
  readonly dryRun: boolean;
}

const gcCommand = defineCommand<RegistryGcFlags>({
  loader: async () => (await import('../handlers/registry-folder.ts')).registryGc,
  parameters: {
    flags: {
      dir: dirFlag,
      dryRun: switchFlag('Only say what would be removed'),
      untagged: switchFlag(
        'Also remove manifests that no tag leads to; what is used by digest alone goes too',
      ),
      minAge: optionalTime(
        'Leave what is younger or was asked for since: pushes under way need it (default: 1h beside a running registry, else 0s)',
      ),
      ...formatFlags,
    },
  },
  docs: {
    brief: 'Remove what nothing refers to',
    fullDescription: [
      'Removes blobs that no manifest names from a registry folder, and repositories in which nothing is left. When a registry runs on the folder it does the work itself, between its requests:',
      'pushes go on, and what they may be about to refer to stays.',
    ].join('\n'),
    customUsage: [{ input: '--dir /srv/registry --dry-run', brief: 'What would go' }],
  },
});

export interface RegistryVerifyFlags extends CommonFlags, FormatFlags {
  readonly dir: string;
  readonly children: boolean;
}

const verifyCommand = defineCommand<RegistryVerifyFlags>({
  loader: async () => (await import('../handlers/registry-folder.ts')).registryVerify,
  parameters: {
    flags: {
      dir: dirFlag,
      children: switchFlag(
        'Also miss the images of an index that were never pushed (images copied for some platforms lack some)',
      ),
      ...formatFlags,
    },
  },
  docs: {
    brief: 'Hash everything in a registry folder again',
    fullDescription: [
      'Reads every file of a registry folder, compares it with its digest, follows every manifest, and names what is damaged or missing and which images need it.',
      'Changes nothing; a registry may go on running. Exit status 3 when something is wrong.',
    ].join('\n'),
  },
});

export const registryRoutes = buildRouteMap({
  routes: { serve: serveCommand, gc: gcCommand, verify: verifyCommand },
  docs: { brief: 'The embedded OCI registry' },
});
