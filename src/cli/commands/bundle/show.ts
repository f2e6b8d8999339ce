import { defineCommand } from '../../command.ts';
import { type CommonFlags, type FormatFlags, formatFlags, path } from '../../flags.ts';
import { bundleFile } from './flags.ts';

export interface BundleShowFlags extends CommonFlags, FormatFlags {}

export const verifyCommand = defineCommand<BundleShowFlags, [string]>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleVerify,
  parameters: {
    flags: formatFlags,
    positional: bundleFile,
  },
  docs: {
    brief: 'Read every byte of a bundle and find any that is not as it was made',
    fullDescription:
      'Needs no network. Exit status 3 when something is damaged; each place is named, and of a bundle in parts each part.',
  },
});

export const lsCommand = defineCommand<BundleShowFlags, [string]>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleList,
  parameters: {
    flags: formatFlags,
    positional: bundleFile,
  },
  docs: { brief: 'List the images of a bundle' },
});

export const inspectCommand = defineCommand<BundleShowFlags, [string]>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleInspect,
  parameters: {
    flags: formatFlags,
    positional: bundleFile,
  },
  docs: { brief: 'Show what a bundle is: digest, sizes, target, files that travel along' },
});

export const diffCommand = defineCommand<BundleShowFlags, [string, string]>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleDiff,
  parameters: {
    flags: formatFlags,
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'The older bundle', parse: path, placeholder: 'A' },
        { brief: 'The newer bundle', parse: path, placeholder: 'B' },
      ],
    },
  },
  docs: {
    brief: 'Show how two bundles differ, in images and bytes',
    fullDescription: 'Exit status 3 when they differ.',
  },
});
