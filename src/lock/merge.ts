import { SallyportError, toSallyportError } from '../base/index.ts';
import type { ImageMark } from '../facts/index.ts';
import {
  formatPlatform,
  type Naming,
  normalizeReference,
  parsePlatform,
  parsePrefix,
  parseReference,
} from '../oci/index.ts';
import { DEFAULTS, emptyConfig, PROFILE_DEFAULTS, TARGET_DEFAULTS } from './defaults.ts';
import { checkName, NO_PULL_SECRET, RELOCATION_NAME, SECRET_NAME } from './names.ts';
import { openMerge, type PickValue } from './pick.ts';
import { registryHost } from './registry-flag.ts';
import { sumUp } from './sum-up.ts';
import type {
  Config,
  ProfileConfig,
  ReasonedReference,
  RegistryConfig,
  RenderConfig,
  TargetConfig,
} from './types.ts';

/** What flags say; each stands for the key of `sallyport.yaml` with the same meaning. Absent: nothing is said. */
export interface ConfigFlags {
  readonly name?: string;
  readonly manifests?: readonly string[];
  readonly images?: readonly FlaggedReference[];
  readonly exclude?: readonly FlaggedReference[];
  readonly profile?: { readonly name?: string; readonly version?: string };
  readonly devworkspaceOperator?: string;
  readonly certManager?: string;
  readonly upstream?: string;
  readonly platform?: ProfileConfig['platform'];
  readonly imagePlatforms?: readonly string[];
  readonly only?: readonly ImageMark[];
  readonly without?: readonly string[];
  readonly editors?: readonly string[];
  /** By host, as `parseRegistryFlag` reads them. */
  readonly registries?: Readonly<Record<string, RegistryConfig>>;
  readonly target?: {
    readonly prefix?: string;
    readonly naming?: Naming;
    readonly reference?: TargetConfig['reference'];
    /** Name of the secret. */
    readonly pullSecret?: string;
    /** The name that counts when neither flag nor file says one: the lock's. */
    readonly lockedPullSecret?: string;
  };
  readonly render?: Partial<Omit<RenderConfig, 'cheCluster'>>;
}

export interface FlaggedReference {
  readonly reference: string;
  /** Without one, the file's reason counts, or that it was asked for by a flag. */
  readonly reason?: string;
}

const BY_FLAG = 'asked for on the command line';

/**
 * File and flags as one configuration. Manifests, images and exclusions of both are joined; any other key that both say with
 * different values is `CONFLICTING_OPTIONS`, naming both places (all conflicts together). Also throws `USAGE` for flags that
 * lack what they speak of, `REFERENCE_INVALID` for prefixes and references that are none.
 */
export function mergeConfig(file: Config | undefined, flags: ConfigFlags): Config {
  validateFlags(flags);
  const { pick, conflicts } = openMerge(file?.written, file !== undefined);
  const base = file ?? emptyConfig();
  const profile = mergeProfile(pick, base.sources.profile, flags);
  const target = mergeTarget(pick, base.target, flags.target ?? {});
  const name = pick('/metadata/name', file?.metadata.name, flags.name) ?? profile?.name ?? DEFAULTS.name;
  const merged: Config = {
    apiVersion: base.apiVersion,
    kind: base.kind,
    metadata: { name },
    sources: {
      ...(profile === undefined ? {} : { profile }),
      manifests: [...new Set([...base.sources.manifests, ...(flags.manifests ?? [])])],
      images: joinReasoned(pick, 'images', base.sources.images, flags.images),
      exclude: joinReasoned(pick, 'exclude', base.sources.exclude, flags.exclude),
    },
    platforms:
      pick(
        '/platforms',
        base.platforms,
        flags.imagePlatforms?.map((text) => formatPlatform(parsePlatform(text))),
      ) ?? [],
    registries: mergeRegistries(pick, base.registries, flags.registries ?? {}),
    ...(target === undefined ? {} : { target }),
    render: mergeRender(pick, base.render, flags.render ?? {}),
  };
  if (conflicts.length > 0)
    throw sumUp(conflicts, `${conflicts.length} options are said twice with different values`);
  return merged;
}

function mergeProfile(
  pick: PickValue,
  file: ProfileConfig | undefined,
  flags: ConfigFlags,
): ProfileConfig | undefined {
  const at = '/sources/profile';
  const name = pick(`${at}/name`, file?.name, flags.profile?.name);
  const version = pick(`${at}/version`, file?.version, flags.profile?.version);
  if (name === undefined) {
    refuseWithout('--profile', {
      '--version': flags.profile?.version,
      '--dwo': flags.devworkspaceOperator,
      '--cert-manager': flags.certManager,
      '--upstream': flags.upstream,
      '--platform kubernetes|openshift': flags.platform,
      '--only': flags.only,
      '--without': flags.without,
      '--editors': flags.editors,
    });
    return undefined;
  }
  if (version === undefined) {
    throw new SallyportError('USAGE', 'needs a version', {
      subject: `--profile ${name}`,
      hint: `Add --version, for example --profile che --version 7.121.0.`,
    });
  }
  const base = file ?? PROFILE_DEFAULTS;
  const upstream = pick(`${at}/upstream`, base.upstream, flags.upstream);
  return {
    name,
    version,
    devworkspaceOperator:
      pick(`${at}/devworkspaceOperator`, base.devworkspaceOperator, flags.devworkspaceOperator) ??
      DEFAULTS.devworkspaceOperator,
    platform: pick(`${at}/platform`, base.platform, flags.platform) ?? DEFAULTS.platform,
    ...(upstream === undefined ? {} : { upstream }),
    certManager: pick(`${at}/certManager`, base.certManager, flags.certManager) ?? DEFAULTS.certManager,
    only: pick(`${at}/only`, base.only, flags.only) ?? [],
    without: pick(`${at}/without`, base.without, flags.without) ?? [],
    editors: pick(`${at}/editors`, base.editors, flags.editors) ?? [],
    settings: base.settings,
  };
}

function mergeTarget(
  pick: PickValue,
  file: TargetConfig | undefined,
  flags: NonNullable<ConfigFlags['target']>,
): TargetConfig | undefined {
  const prefix = pick('/target/prefix', file?.prefix, flags.prefix);
  if (prefix === undefined) {
    refuseWithout('--to', {
      '--naming': flags.naming,
      '--reference': flags.reference,
      '--pull-secret': flags.pullSecret,
    });
    return undefined;
  }
  const base = file ?? TARGET_DEFAULTS;
  const secret =
    pick('/target/pullSecret/name', base.pullSecret?.name, flags.pullSecret) ??
    flags.lockedPullSecret ??
    DEFAULTS.pullSecret;
  return {
    prefix,
    naming: pick('/target/naming', base.naming, flags.naming) ?? DEFAULTS.naming,
    reference: pick('/target/reference', base.reference, flags.reference) ?? DEFAULTS.reference,
    ...(secret === NO_PULL_SECRET ? {} : { pullSecret: { name: secret } }),
  };
}

function mergeRegistries(
  pick: PickValue,
  file: Config['registries'],
  flags: Config['registries'],
): Config['registries'] {
  const merged: Record<string, RegistryConfig> = { ...file };
  for (const [text, config] of Object.entries(flags)) {
    const host = registryHost(text) ?? text;
    const own: Record<string, unknown> = { ...merged[host] };
    for (const [key, value] of Object.entries(config))
      own[key] = pick(`/registries/${host}/${key}`, own[key], value);
    merged[host] = own;
  }
  return merged;
}

function mergeRender(
  pick: PickValue,
  file: RenderConfig,
  flags: NonNullable<ConfigFlags['render']>,
): RenderConfig {
  const at = '/render';
  const openVSXURL = pick(`${at}/openVSXURL`, file.openVSXURL, flags.openVSXURL);
  const registries = pick(
    `${at}/externalDevfileRegistries`,
    file.externalDevfileRegistries,
    flags.externalDevfileRegistries,
  );
  const domain = pick(`${at}/domain`, file.domain, flags.domain);
  return {
    ...(openVSXURL === undefined ? {} : { openVSXURL }),
    ...(registries === undefined ? {} : { externalDevfileRegistries: registries }),
    ...(domain === undefined ? {} : { domain }),
    ...(file.cheCluster === undefined ? {} : { cheCluster: file.cheCluster }),
    annotateOriginals:
      pick(`${at}/annotateOriginals`, file.annotateOriginals, flags.annotateOriginals) ??
      DEFAULTS.annotateOriginals,
    nodeConfig: pick(`${at}/nodeConfig`, file.nodeConfig, flags.nodeConfig) ?? [],
  };
}

/** Both lists, each image once; a reason is a value like any other, so two that differ are a conflict. */
function joinReasoned(
  pick: PickValue,
  key: 'images' | 'exclude',
  file: readonly ReasonedReference[],
  flags: readonly FlaggedReference[] = [],
): ReasonedReference[] {
  const own = new Map(file.map((entry) => [identity(entry.reference), entry]));
  const joined = new Map(own);
  for (const { reference, reason } of flags) {
    const old = own.get(identity(reference));
    const chosen = pick(`/sources/${key}`, old?.reason, reason) ?? BY_FLAG;
    joined.set(identity(reference), { reference: old?.reference ?? reference, reason: chosen });
  }
  return [...joined.values()];
}

function identity(reference: string): string {
  return normalizeReference(parseReference(reference));
}

function validateFlags(flags: ConfigFlags): void {
  const faults: SallyportError[] = [];
  const attempt = (check: () => unknown) => {
    try {
      check();
    } catch (thrown) {
      faults.push(toSallyportError(thrown));
    }
  };
  const { name, target: { prefix, pullSecret } = {} } = flags;
  if (name !== undefined) attempt(() => checkName(name, RELOCATION_NAME, '--name'));
  if (prefix !== undefined) attempt(() => parsePrefix(prefix));
  if (pullSecret !== undefined) attempt(() => checkName(pullSecret, SECRET_NAME, '--pull-secret'));
  for (const platform of flags.imagePlatforms ?? []) attempt(() => parsePlatform(platform));
  for (const { reference } of [...(flags.images ?? []), ...(flags.exclude ?? [])])
    attempt(() => parseReference(reference));
  if (faults.length > 0) throw sumUp(faults, `${faults.length} options have values that are none`);
}

/** A flag that speaks of something nobody named would be ignored silently. */
function refuseWithout(flag: string, dependents: Readonly<Record<string, unknown>>): void {
  const said = Object.keys(dependents).filter((name) => dependents[name] !== undefined);
  if (said.length === 0) return;
  throw new SallyportError('USAGE', `has no meaning without ${flag}`, {
    subject: said.join(', '),
    hint: `Add ${flag}, or leave ${said.length === 1 ? 'it' : 'them'} out.`,
  });
}
