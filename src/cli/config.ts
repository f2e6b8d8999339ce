import { SallyportError, toSallyportError } from '../base/index.ts';
import { parsePrefix, parseReference } from '../oci/index.ts';
import {
  type Config,
  type ConfigFlags,
  DEFAULT_CONFIG,
  type ImageMark,
  parseRegistryFlag,
  resolveConfig,
} from '../workflows/index.ts';
import type { RenderOnlyFlags } from './commands/render.ts';
import type { RegistryFlags, SourceFlags, TargetFlags } from './flags.ts';
import type { Session } from './handlers/run.ts';

export { DEFAULT_CONFIG };

/** All flags that say what `sallyport.yaml` can say; each command has some of them. */
export type ConfiguringFlags = Partial<
  SourceFlags & RegistryFlags & TargetFlags & Omit<RenderOnlyFlags, 'output'>
>;

/** The configuration of this run, from the file and the flags; `lockedPullSecret` counts where neither names the secret. */
export function loadConfig(
  session: Session,
  flags: ConfiguringFlags,
  lockedPullSecret?: string,
): Promise<Config> {
  return resolveConfig(session.workflow, {
    ...(flags.config === undefined ? {} : { file: flags.config }),
    flags: configFlags(flags, lockedPullSecret),
  });
}

/** How registries are reached, for commands whose other flags say nothing of a configuration. */
export async function loadRegistries(
  session: Session,
  { config, registry }: Pick<ConfiguringFlags, 'config' | 'registry'>,
): Promise<Config['registries']> {
  return (await loadConfig(session, definedOf({ config, registry }))).registries;
}

/** What flags say of a configuration, only what they say. Throws `USAGE`, `CONFLICTING_OPTIONS`. */
export function configFlags(flags: ConfiguringFlags, lockedPullSecret?: string): ConfigFlags {
  checkPrefixes('--to', flags.to === undefined ? [] : [flags.to]);
  const platforms = splitPlatforms(flags.platform ?? []);
  const registries = registriesOf(flags.registry ?? []);
  const target = definedOf({
    prefix: flags.to,
    naming: flags.naming,
    reference: flags.reference,
    pullSecret: flags.pullSecret,
    lockedPullSecret,
  });
  const profile = definedOf({ name: flags.profile, version: flags.version });
  const render = definedOf({
    domain: flags.domain,
    openVSXURL: flags.openVsxUrl,
    externalDevfileRegistries: (flags.devfileRegistry ?? []).length === 0 ? undefined : flags.devfileRegistry,
    nodeConfig: (flags.nodeConfig ?? []).length === 0 ? undefined : flags.nodeConfig,
    annotateOriginals: flags.annotateOriginals === true ? true : undefined,
  });
  return definedOf({
    manifests: flags.file,
    exclude: flags.exclude?.map(exclusion),
    profile: isEmpty(profile) ? undefined : profile,
    devworkspaceOperator: flags.dwo,
    certManager: flags.certManager,
    upstream: flags.upstream,
    platform: platforms.cluster,
    imagePlatforms: platforms.image.length === 0 ? undefined : platforms.image,
    only: (flags.only ?? []).length === 0 ? undefined : (flags.only ?? []).map(mark),
    without: (flags.without ?? []).length === 0 ? undefined : flags.without,
    editors: (flags.editors ?? []).length === 0 ? undefined : flags.editors,
    registries: isEmpty(registries) ? undefined : registries,
    target: isEmpty(target) ? undefined : target,
    render: isEmpty(render) ? undefined : render,
  });
}

/** The keys of all flags for one host together; what two of them say differently is an error. */
function registriesOf(texts: readonly string[]): NonNullable<ConfigFlags['registries']> {
  const registries: Record<string, NonNullable<ConfigFlags['registries']>[string]> = {};
  for (const text of texts) {
    const [host, said] = parseRegistryFlag(text);
    const before = registries[host] ?? {};
    for (const key of Object.keys(said) as (keyof typeof said)[]) {
      if (before[key] !== undefined && before[key] !== said[key]) {
        throw new SallyportError('CONFLICTING_OPTIONS', `${key} is given twice with different values`, {
          subject: `--registry ${host}`,
        });
      }
    }
    registries[host] = { ...before, ...said };
  }
  return registries;
}

/** `kubernetes` and `openshift` are the cluster's platform, everything with a slash is an image's. */
export function splitPlatforms(values: readonly string[]): {
  readonly cluster: 'kubernetes' | 'openshift' | undefined;
  readonly image: readonly string[];
} {
  let cluster: 'kubernetes' | 'openshift' | undefined;
  const image: string[] = [];
  for (const value of values) {
    if (value.includes('/')) image.push(value);
    else if (value === 'kubernetes' || value === 'openshift') {
      if (cluster !== undefined && cluster !== value)
        throw new SallyportError('CONFLICTING_OPTIONS', 'the cluster is either kubernetes or openshift', {
          subject: '--platform',
        });
      cluster = value;
    } else
      throw new SallyportError('USAGE', 'is no platform', {
        subject: `--platform ${value}`,
        hint: 'Write kubernetes or openshift for the cluster, or os/architecture such as linux/amd64 for images.',
      });
  }
  return { cluster, image };
}

const MARKS: readonly ImageMark[] = ['always', 'default', 'conditional'];

function mark(text: string): ImageMark {
  const found = MARKS.find((known) => known === text);
  if (found === undefined)
    throw new SallyportError('USAGE', 'is no mark', {
      subject: `--only ${text}`,
      hint: `Marks: ${MARKS.join(', ')}.`,
    });
  return found;
}

/** `REF=REASON`; a reference itself holds no equals sign. */
function exclusion(text: string): { readonly reference: string; readonly reason?: string } {
  const at = text.indexOf('=');
  const reference = at === -1 ? text : text.slice(0, at);
  asTyped('--exclude', () => parseReference(reference));
  return at === -1 ? { reference } : { reference, reason: text.slice(at + 1) };
}

/** Throws `USAGE` for prefixes of references that are none. */
export function checkPrefixes(flag: '--to' | '--allow', prefixes: readonly string[]): void {
  for (const prefix of prefixes) asTyped(flag, () => parsePrefix(prefix));
}

/** What is wrong with a value that was typed is wrong usage, and names its flag; the same in a file is not. */
export function asTyped<T>(flag: string, read: () => T): T {
  try {
    return read();
  } catch (thrown) {
    const { message, subject = '', hint } = toSallyportError(thrown);
    throw new SallyportError('USAGE', message, { subject: `${flag} ${subject}`, hint, cause: thrown });
  }
}

/** The object without the keys that are undefined. */
export function definedOf<T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0;
}
