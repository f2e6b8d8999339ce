import type { FlagParametersForType } from '@stricli/core';
import { checkPath, NOT_EMPTY, SallyportError } from '../base/index.ts';
import type { CliContext } from './context.ts';
import { parseDuration } from './duration.ts';

/** Flags that every command has. */
export interface CommonFlags {
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
  readonly events?: string;
}

/** A text; an empty one is that of a variable which is not set, and never meant. Throws `USAGE`. */
export function text(input: string): string {
  if (input === '') throw new SallyportError('USAGE', 'is empty', { hint: NOT_EMPTY });
  return input;
}

/** A file or folder of this machine. Throws `USAGE`. */
export const path = checkPath;

const PATHS: ReadonlySet<string> = new Set(['FILE', 'DIR|FILE', 'INVENTORY']);

/** A folder, without the slashes at its end that completion leaves there. Throws `USAGE`. */
const folder = (input: string): string => checkPath(input).replace(/(?<=.)\/+$/, '');

/** What stands for the value in the help says what it has to be. */
function parserOf(placeholder: string): (input: string) => string {
  if (placeholder === 'DIR') return folder;
  return PATHS.has(placeholder) ? path : text;
}

/** A count from 1 on. */
export function positive(input: string): number {
  const count = /^\d{1,6}$/.test(input) ? Number(input) : 0;
  if (count > 0) return count;
  throw new Error(`“${input}” is not a whole number from 1 on`);
}

/** A flag with a text, which may be left out. */
export function textFlag(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: parserOf(placeholder), optional: true, placeholder, brief } as const;
}

/** The same, without which the command is wrong usage. */
export function neededTextFlag(placeholder: string, brief: string) {
  return { kind: 'parsed', parse: parserOf(placeholder), placeholder, brief } as const;
}

/** The same with a value when nothing is said. */
export function defaultTextFlag(byDefault: string, placeholder: string, brief: string) {
  return { kind: 'parsed', parse: parserOf(placeholder), default: byDefault, placeholder, brief } as const;
}

/** A text that may be left out, repeatable; with a comma as `variadic` one may also hold several. */
export function textsFlag<V extends true | ','>(placeholder: string, brief: string, variadic: V = true as V) {
  return {
    kind: 'parsed',
    parse: parserOf(placeholder),
    optional: true,
    variadic,
    placeholder,
    brief,
  } as const;
}

/** A switch that is off when nothing is said. */
export function switchFlag(brief: string) {
  return { kind: 'boolean', default: false, withNegated: false, brief } as const;
}

/** A duration such as `30s`, in milliseconds. */
export function timeFlag(byDefault: string, brief: string) {
  return { kind: 'parsed', parse: parseDuration, default: byDefault, placeholder: 'TIME', brief } as const;
}

export const commonFlags: FlagParametersForType<CommonFlags, CliContext> = {
  quiet: switchFlag('Only results and problems'),
  verbose: switchFlag('Every request and decision'),
  color: { kind: 'boolean', default: true, brief: 'Colour on a terminal (NO_COLOR is honoured too)' },
  events: textFlag('FILE', 'Write every event there as JSON lines (- is standard error)'),
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
  config: textFlag('FILE', 'Configuration file (default: sallyport.yaml, where it is there)'),
  file: textsFlag('FILE', 'Manifest, folder or glob; - is standard input; repeatable'),
  profile: textFlag('NAME', 'Platform that is known: che, cert-manager'),
  version: textFlag('VERSION', 'Version of the profile, e.g. 7.121.0'),
  dwo: textFlag(
    'VERSION',
    'DevWorkspace Operator version (default: the one that belongs to the profile version)',
  ),
  certManager: textFlag('VERSION', 'cert-manager version, or none (default: the one that chectl installs)'),
  upstream: textFlag(
    'DIR|URL',
    'Where upstream manifests lie as OWNER/REPO/REF/PATH (default: the public raw file host)',
  ),
  platform: textsFlag(
    'PLATFORM',
    'kubernetes or openshift; or an image platform such as linux/amd64 (default: all); repeatable',
    ',',
  ),
  only: textsFlag('MARK', 'Take only images with these marks: always, default, conditional', ','),
  without: textsFlag(
    'GROUP[=MEMBER,…]',
    'Leave a group of images out, e.g. editors or editors=che-idea-server; repeatable',
  ),
  editors: textsFlag('EDITOR', 'Keep only these editors, e.g. che-code/latest', ','),
  exclude: textsFlag('REF[=REASON]', 'Leave an image as it is; repeatable'),
  force: switchFlag('Go on over what is known not to fit or to be in the way, and say so'),
};

/** Flags that say how registries are reached. */
export interface RegistryFlags {
  readonly registry?: readonly string[];
}

export const registryFlags: FlagParametersForType<RegistryFlags, CliContext> = {
  registry: textsFlag(
    'HOST,KEY=VALUE…',
    'How to reach a registry: mirror, plainHttp, caFile, certFile, keyFile, authFile, insecureSkipVerify, concurrency; repeatable',
  ),
};

/** Flags that say how much of an image is copied and looked at. */
export interface CopyFlags {
  readonly referrers: boolean;
  readonly recheck: boolean;
}

export const copyFlags: FlagParametersForType<CopyFlags, CliContext> = {
  referrers: { kind: 'boolean', default: true, brief: 'Copy signatures, attestations and SBOMs too' },
  recheck: switchFlag('Look at every blob even where the tag at the target is right already'),
};

/** Flags that say where images go. */
export interface TargetFlags {
  readonly to?: string;
  readonly naming?: 'nested' | 'path' | 'flat';
  readonly reference?: 'tag-and-digest' | 'digest' | 'tag';
  readonly pullSecret?: string;
}

export const targetFlags: FlagParametersForType<TargetFlags, CliContext> = {
  to: textFlag('HOST/PATH', 'Target prefix, e.g. registry.corp.example/che'),
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
  pullSecret: textFlag('NAME', 'Name of the pull secret for the target, or none (default: registry-pull)'),
};

/** The output form; a table on a terminal and in a pipe alike, so that a script asks for what it wants. */
export interface FormatFlags {
  readonly output: 'table' | 'json' | 'yaml' | 'name';
}

export const formatFlags: FlagParametersForType<FormatFlags, CliContext> = {
  output: {
    kind: 'enum',
    values: ['table', 'json', 'yaml', 'name'],
    default: 'table',
    brief: 'Form of the result',
  },
};

export interface LockFileFlags {
  readonly lock?: string;
}

export const lockFileFlags: FlagParametersForType<LockFileFlags, CliContext> = {
  lock: textFlag('FILE', 'The lock file (default: sallyport.lock.yaml)'),
};

/** Of what reads from registries that limit pulls. */
export const waitForPullsFlag = switchFlag(
  'At the end of Docker Hub’s pull limit wait for the window to pass instead of stopping',
);
