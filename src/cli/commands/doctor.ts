import { buildCommand } from '@stricli/core';
import type { CliContext } from '../context.ts';
import {
  type CommonFlags,
  commonFlags,
  type FormatFlags,
  formatFlags,
  type RegistryFlags,
  registryFlags,
  text,
} from '../flags.ts';

export interface DoctorFlags extends CommonFlags, FormatFlags, RegistryFlags {
  readonly config?: string;
  readonly readOnly: boolean;
}

export const doctorCommand = buildCommand<DoctorFlags, [string], CliContext>({
  loader: async () => (await import('../handlers/doctor.ts')).doctor,
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          brief:
            'The registry, with the path below which repositories may be made: registry.corp.example/che',
          placeholder: 'REGISTRY',
          parse: text,
        },
      ],
    },
    flags: {
      config: {
        kind: 'parsed',
        parse: text,
        optional: true,
        placeholder: 'FILE',
        brief: 'Configuration file (default: sallyport.yaml, where it is there)',
      },
      readOnly: {
        kind: 'boolean',
        default: false,
        withNegated: false,
        brief: 'Write nothing: look only at what a source needs',
      },
      ...formatFlags,
      ...registryFlags,
      ...commonFlags,
    },
    aliases: { c: 'config', o: 'output', q: 'quiet', v: 'verbose' },
  },
  docs: {
    brief: 'Examine a registry: can it be reached, logged in to, written, and what does it support',
    fullDescription: [
      'Tries what a copy wants of a registry on two small repositories (sallyport-doctor-…) and removes them again: login, push, reading back, Range,',
      'continued uploads, mounts, referrers, sparse indexes, moving tags, deleting. Says what each result means and what to do about it.',
      'Exit status 3 when something is missing without which nothing can be copied.',
    ].join('\n'),
    customUsage: [
      { input: 'registry.corp.example/che', brief: 'A target, before the first copy' },
      { input: 'quay.io --read-only', brief: 'A source' },
    ],
  },
});
