import { buildCommand, buildRouteMap, type FlagParametersForType } from '@stricli/core';
import type { CliContext } from '../context.ts';
import {
  type CommonFlags,
  commonFlags,
  type FormatFlags,
  formatFlags,
  type LockFileFlags,
  lockFileFlags,
  type RegistryFlags,
  registryFlags,
  type SourceFlags,
  sourceAliases,
  sourceFlags,
  type TargetFlags,
  targetFlags,
  text,
} from '../flags.ts';

export interface BundleCreateFlags
  extends CommonFlags,
    SourceFlags,
    RegistryFlags,
    TargetFlags,
    LockFileFlags {
  readonly output: string;
  readonly format: 'oci' | 'docker-archive';
  readonly split?: string;
  readonly since?: string;
  readonly reuse?: readonly string[];
  readonly referrers: boolean;
  readonly manifests: boolean;
  readonly dryRun: boolean;
}

export interface BundleLoadFlags extends CommonFlags, RegistryFlags, FormatFlags {
  readonly config?: string;
  readonly to?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly referrers: boolean;
  readonly recheck: boolean;
  readonly dryRun: boolean;
}

export interface BundleInventoryFlags extends CommonFlags, RegistryFlags, LockFileFlags {
  readonly config?: string;
  readonly target?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly output?: string;
}

export interface BundleShowFlags extends CommonFlags, FormatFlags {}

export interface BundleServeFlags extends CommonFlags {
  readonly listen: string;
}

const file = {
  kind: 'tuple',
  parameters: [
    { brief: 'The bundle, the index of its parts, or one part', parse: text, placeholder: 'FILE' },
  ],
} as const;

const configFlag: FlagParametersForType<{ readonly config?: string }, CliContext> = {
  config: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'FILE',
    brief: 'Configuration file (default: sallyport.yaml, where it is there)',
  },
};

const namingFlag: FlagParametersForType<Pick<TargetFlags, 'naming'>, CliContext> = {
  naming: {
    kind: 'enum',
    values: ['nested', 'path', 'flat'],
    optional: true,
    brief: 'Target names (default: as the lock says)',
  },
};

const transferFlags: FlagParametersForType<
  { readonly dryRun: boolean; readonly referrers: boolean },
  CliContext
> = {
  dryRun: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Say what would move, in bytes; write nothing',
  },
  referrers: { kind: 'boolean', default: true, brief: 'Signatures, attestations and SBOMs travel too' },
};

const createCommand = buildCommand<BundleCreateFlags, [], CliContext>({
  loader: async () => (await import('../handlers/bundle-create.ts')).bundleCreate,
  parameters: {
    flags: {
      output: { kind: 'parsed', parse: text, placeholder: 'FILE', brief: 'Where the bundle goes' },
      ...sourceFlags,
      ...lockFileFlags,
      ...targetFlags,
      format: {
        kind: 'enum',
        values: ['oci', 'docker-archive'],
        default: 'oci',
        brief: 'oci: an OCI image layout; docker-archive: docker load takes it too, one platform an image',
      },
      split: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'SIZE',
        brief: 'Write parts of this size, for example 4GB or 700MiB, with a hash each',
      },
      since: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'INVENTORY',
        brief: 'Leave out what the target has, as `bundle inventory` wrote it there',
      },
      reuse: {
        kind: 'parsed',
        parse: text,
        optional: true,
        variadic: true,
        placeholder: 'DIR|FILE',
        brief: 'Take content from an OCI layout or an earlier bundle first; repeatable',
      },
      manifests: {
        kind: 'boolean',
        default: true,
        brief: 'The manifests travel too, as they were read and as they are rendered',
      },
      ...transferFlags,
      ...registryFlags,
      ...commonFlags,
    },
    aliases: { ...sourceAliases, o: 'output', q: 'quiet', v: 'verbose' },
  },
  docs: {
    brief: 'Write everything into one file that can be carried over',
    fullDescription: [
      'Writes one tar that is an OCI image layout: after `tar x` every OCI tool reads it. The lock, the configuration and the rendered manifests are in it too.',
      'The same lock gives the same bytes. What an interrupted run has read is kept, and the same command continues.',
    ].join('\n'),
    customUsage: [
      { input: '-o che.bundle', brief: 'From the lock' },
      { input: '-o che.bundle --profile che --version 7.121.0', brief: 'Lock and bundle at once' },
      { input: '-o che.bundle --split 4GB', brief: 'In parts, for small media' },
      { input: '-o update.bundle --since inventory.json', brief: 'Only what the target lacks' },
    ],
  },
});

const loadCommand = buildCommand<BundleLoadFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/bundle-load.ts')).bundleLoad,
  parameters: {
    flags: {
      to: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'HOST/PATH',
        brief: 'Target prefix (default: the one in the lock)',
      },
      ...namingFlag,
      ...configFlag,
      recheck: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Look at every blob even where the tag at the target is right already',
      },
      ...transferFlags,
      ...formatFlags,
      ...registryFlags,
      ...commonFlags,
    },
    aliases: { c: 'config', o: 'output', q: 'quiet', v: 'verbose' },
    positional: file,
  },
  docs: {
    brief: 'Push what the target lacks from a bundle, digests unchanged',
    fullDescription:
      'Every byte is hashed on its way; blobs before manifests, manifests before the tag. A second run moves nothing, and one that was interrupted continues.',
    customUsage: [
      { input: 'che.bundle --to registry.corp.example/che', brief: 'Into the registry of the other side' },
    ],
  },
});

const verifyCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/bundle-show.ts')).bundleVerify,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: file,
  },
  docs: {
    brief: 'Read every byte of a bundle and find any that is not as it was made',
    fullDescription:
      'Needs no network. Exit status 3 when something is damaged; each place is named, and of a bundle in parts each part.',
  },
});

const lsCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/bundle-show.ts')).bundleList,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: file,
  },
  docs: { brief: 'List the images of a bundle' },
});

const inspectCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/bundle-show.ts')).bundleInspect,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: file,
  },
  docs: { brief: 'Show what a bundle is: digest, sizes, target, files that travel along' },
});

const diffCommand = buildCommand<BundleShowFlags, [string, string], CliContext>({
  loader: async () => (await import('../handlers/bundle-show.ts')).bundleDiff,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The older bundle', parse: text, placeholder: 'A' },
        { brief: 'The newer bundle', parse: text, placeholder: 'B' },
      ],
    },
  },
  docs: {
    brief: 'Show how two bundles differ, in images and bytes',
    fullDescription: 'Exit status 3 when they differ.',
  },
});

const inventoryCommand = buildCommand<BundleInventoryFlags, [string?], CliContext>({
  loader: async () => (await import('../handlers/bundle-inventory.ts')).bundleInventory,
  parameters: {
    flags: {
      target: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'HOST/PATH',
        brief: 'Target prefix (default: the one in the lock)',
      },
      ...namingFlag,
      ...configFlag,
      ...lockFileFlags,
      output: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'File to write (default: standard output)',
      },
      ...registryFlags,
      ...commonFlags,
    },
    aliases: { c: 'config', o: 'output', q: 'quiet', v: 'verbose' },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief: 'A bundle that came over earlier (default: the lock)',
          parse: text,
          placeholder: 'FILE',
          optional: true,
        },
      ],
    },
  },
  docs: {
    brief: 'Write down what the target has already, for `bundle create --since`',
    fullDescription:
      'Run it on the isolated side: it asks the repositories that the lock, or the lock in an earlier bundle, leads to.',
    customUsage: [
      {
        input: 'che.bundle --target registry.corp.example/che -o inventory.json',
        brief: 'After an earlier bundle was loaded',
      },
    ],
  },
});

const serveCommand = buildCommand<BundleServeFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/bundle-serve.ts')).bundleServe,
  parameters: {
    flags: {
      listen: {
        kind: 'parsed',
        parse: text,
        default: '127.0.0.1:5000',
        placeholder: 'HOST:PORT',
        brief: 'Address to listen on; port 0 takes a free one',
      },
      ...commonFlags,
    },
    aliases: { q: 'quiet', v: 'verbose' },
    positional: file,
  },
  docs: {
    brief: 'Serve a bundle as a registry, from where it lies',
    fullDescription: [
      'Nothing is unpacked and nothing can be written. Nodes can pull from the carried disk minutes after it is plugged in.',
      'An image answers to its source name with and without the host, and to the path that the lock gives it at the target.',
    ].join('\n'),
    customUsage: [{ input: 'che.bundle --listen :5000', brief: 'On every address of this machine' }],
  },
});

export const bundleRoutes = buildRouteMap({
  routes: {
    create: createCommand,
    load: loadCommand,
    verify: verifyCommand,
    ls: lsCommand,
    inspect: inspectCommand,
    diff: diffCommand,
    inventory: inventoryCommand,
    serve: serveCommand,
  },
  docs: { brief: 'Everything in one file, to be carried over an air gap' },
});
