import type { FlagParametersForType } from '@stricli/core';
import type { CliContext } from './context.ts';

/** Flags that every command has. */
export interface CommonFlags {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly events?: string;
}

export const text = (input: string): string => input;

/** A count from 1 on. */
export function positive(input: string): number {
  const count = /^\d{1,6}$/.test(input) ? Number(input) : 0;
  if (count > 0) return count;
  throw new Error(`“${input}” is not a whole number from 1 on`);
}

export const commonFlags: FlagParametersForType<CommonFlags, CliContext> = {
  quiet: { kind: 'boolean', default: false, withNegated: false, brief: 'Only results and problems' },
  verbose: { kind: 'boolean', default: false, withNegated: false, brief: 'Every request and decision' },
  color: { kind: 'boolean', default: true, brief: 'Colour on a terminal (NO_COLOR is honoured too)' },
  events: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'FILE',
    brief: 'Write every event there as JSON lines (- is standard error)',
  },
};

/** Flags that say what to work on; they do once what `sources` of sallyport.yaml does always. */
export interface SourceFlags {
  readonly config?: string;
  readonly file?: readonly string[];
  readonly profile?: string;
  readonly version?: string;
  readonly dwo?: string;
  readonly certManager?: string;
  readonly upstream?: string;
  readonly platform?: readonly string[];
  readonly only?: readonly string[];
  readonly without?: readonly string[];
  readonly editors?: readonly string[];
  readonly exclude?: readonly string[];
  readonly force: boolean;
}

export const sourceFlags: FlagParametersForType<SourceFlags, CliContext> = {
  config: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'FILE',
    brief: 'Configuration file (default: sallyport.yaml, where it is there)',
  },
  file: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: true,
    placeholder: 'FILE',
    brief: 'Manifest, folder or glob; - is standard input; repeatable',
  },
  profile: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'NAME',
    brief: 'Platform that is known: che, cert-manager',
  },
  version: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'VERSION',
    brief: 'Version of the profile, e.g. 7.121.0',
  },
  dwo: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'VERSION',
    brief: 'DevWorkspace Operator version (default: the one that belongs to the profile version)',
  },
  certManager: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'VERSION',
    brief: 'cert-manager version, or none (default: the one that chectl installs)',
  },
  upstream: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'DIR|URL',
    brief: 'Where upstream manifests lie as OWNER/REPO/REF/PATH (default: the public raw file host)',
  },
  platform: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: ',',
    placeholder: 'PLATFORM',
    brief: 'kubernetes or openshift; or an image platform such as linux/amd64 (default: all); repeatable',
  },
  only: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: ',',
    placeholder: 'MARK',
    brief: 'Take only images with these marks: always, default, conditional',
  },
  without: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: true,
    placeholder: 'GROUP[=MEMBER,…]',
    brief: 'Leave a group of images out, e.g. editors or editors=che-idea-server; repeatable',
  },
  editors: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: ',',
    placeholder: 'EDITOR',
    brief: 'Keep only these editors, e.g. che-code/latest',
  },
  exclude: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: true,
    placeholder: 'REF[=REASON]',
    brief: 'Leave an image as it is; repeatable',
  },
  force: {
    kind: 'boolean',
    default: false,
    withNegated: false,
    brief: 'Go on over what is known not to fit or to be in the way, and say so',
  },
};

export const sourceAliases = { f: 'file', c: 'config' } as const;

/** Flags that say how registries are reached. */
export interface RegistryFlags {
  readonly registry?: readonly string[];
}

export const registryFlags: FlagParametersForType<RegistryFlags, CliContext> = {
  registry: {
    kind: 'parsed',
    parse: text,
    optional: true,
    variadic: true,
    placeholder: 'HOST,KEY=VALUE…',
    brief:
      'How to reach a registry: mirror, plainHttp, caFile, certFile, keyFile, authFile, insecureSkipVerify, concurrency; repeatable',
  },
};

/** Flags that say where images go. */
export interface TargetFlags {
  readonly to?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly reference?: 'tag-and-digest' | 'digest' | 'tag';
  readonly pullSecret?: string;
}

export const targetFlags: FlagParametersForType<TargetFlags, CliContext> = {
  to: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'HOST/PATH',
    brief: 'Target prefix, e.g. registry.corp.example/che',
  },
  naming: {
    kind: 'enum',
    values: ['nested', 'path', 'flat'],
    optional: true,
    brief: 'Target names: nested keeps the source host (default), path drops it, flat has one level',
  },
  reference: {
    kind: 'enum',
    values: ['tag-and-digest', 'digest', 'tag'],
    optional: true,
    brief: 'How references are written into manifests (default: tag-and-digest)',
  },
  pullSecret: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'NAME',
    brief: 'Name of the pull secret for the target, or none (default: registry-pull)',
  },
};

/** The output form; the default is a table on a terminal and in a pipe alike, so that a script asks for what it wants. */
export interface FormatFlags {
  readonly output?: 'table' | 'json' | 'yaml' | 'name';
}

export const formatFlags: FlagParametersForType<FormatFlags, CliContext> = {
  output: {
    kind: 'enum',
    values: ['table', 'json', 'yaml', 'name'],
    optional: true,
    brief: 'Form of the result (default: table)',
  },
};

export interface LockFileFlags {
  readonly lock?: string;
}

export const lockFileFlags: FlagParametersForType<LockFileFlags, CliContext> = {
  lock: {
    kind: 'parsed',
    parse: text,
    optional: true,
    placeholder: 'FILE',
    brief: 'The lock file (default: sallyport.lock.yaml)',
  },
};
