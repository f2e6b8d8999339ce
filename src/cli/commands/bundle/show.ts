import { buildCommand } from '@stricli/core';
import type { CliContext } from '../../context.ts';
import { type CommonFlags, commonFlags, type FormatFlags, formatFlags, text } from '../../flags.ts';
import { bundleFile } from './flags.ts';

export interface BundleShowFlags extends CommonFlags, FormatFlags {}

export const verifyCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleVerify,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: bundleFile,
  },
  docs: {
    brief: 'Read every byte of a bundle and find any that is not as it was made',
    fullDescription:
      'Needs no network. Exit status 3 when something is damaged; each place is named, and of a bundle in parts each part.',
  },
});

export const lsCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleList,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: bundleFile,
  },
  docs: { brief: 'List the images of a bundle' },
});

export const inspectCommand = buildCommand<BundleShowFlags, [string], CliContext>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleInspect,
  parameters: {
    flags: { ...formatFlags, ...commonFlags },
    aliases: { o: 'output', q: 'quiet', v: 'verbose' },
    positional: bundleFile,
  },
  docs: { brief: 'Show what a bundle is: digest, sizes, target, files that travel along' },
});

export const diffCommand = buildCommand<BundleShowFlags, [string, string], CliContext>({
  loader: async () => (await import('../../handlers/bundle-show.ts')).bundleDiff,
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
