import { SallyportError } from '../base/index.ts';
import {
  type Confidence,
  type Discovery,
  discover,
  type ImageUse,
  type ManifestFile,
} from '../discovery/index.ts';
import type { Config } from '../lock/index.ts';
import { normalizeReference, parseReference } from '../oci/index.ts';
import type { ImageClass, ResolvedProfile } from '../profiles/index.ts';
import type { WorkflowContext } from './context.ts';
import { readManifestFiles } from './manifest-files.ts';

/** Everything the wish in the configuration names, read and looked through. */
export interface Inputs {
  /** Upstream files of the profile first, then the user's own, each once. */
  readonly files: readonly ManifestFile[];
  readonly profile?: ResolvedProfile;
  readonly discovery: Discovery;
  /** Files that could not be read as manifests; the others were looked through all the same. */
  readonly failures: readonly SallyportError[];
}

export interface InputOptions {
  readonly config: Config;
  readonly minConfidence?: Confidence;
  /** Goes on over incompatible versions. */
  readonly force?: boolean;
}

/** Reads the profile's and the user's manifests and finds every image in them. Throws what reading throws; unreadable manifests are collected. */
export async function gatherInputs(context: WorkflowContext, options: InputOptions): Promise<Inputs> {
  const { config } = options;
  const wished = config.sources.profile;
  const profile = wished === undefined ? undefined : await resolveWishedProfile(context, options);
  const own = await readManifestFiles(context, config.sources.manifests);
  const files = [...(profile?.inputs ?? []).map(({ path, bytes }) => ({ path, bytes })), ...own];
  if (files.length === 0 && config.sources.images.length === 0) {
    throw new SallyportError('NO_INPUT', 'nothing names any manifest or image');
  }
  const { discovery, failures } = discover(files, {
    minConfidence: options.minConfidence ?? 'likely',
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  });
  return { files, discovery, failures, ...(profile === undefined ? {} : { profile }) };
}

async function resolveWishedProfile(
  context: WorkflowContext,
  options: InputOptions,
): Promise<ResolvedProfile> {
  const wished = options.config.sources.profile;
  if (wished === undefined) throw new SallyportError('PROFILE_UNKNOWN', 'no profile is named');
  // Loaded on use: without a profile nothing is asked of any network.
  const [{ openUpstreamFor }, { resolveProfile }] = await Promise.all([
    import('./upstream.ts'),
    import('../profiles/index.ts'),
  ]);
  const upstream = openUpstreamFor(context, wished.upstream, options.config.registries);
  const defaultEditor = textIn(options.config.render.cheCluster, 'spec', 'devEnvironments', 'defaultEditor');
  try {
    const profile = await resolveProfile(
      wished.name,
      { ...wished, force: options.force ?? false, ...(defaultEditor === undefined ? {} : { defaultEditor }) },
      upstream.reader,
      {
        ...(context.signal === undefined ? {} : { signal: context.signal }),
      },
    );
    for (const message of profile.notes)
      context.emit({ type: 'note', level: 'warning', subject: `profile ${profile.name}`, message });
    return profile;
  } finally {
    upstream.close();
  }
}

function textIn(value: unknown, ...path: readonly string[]): string | undefined {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return typeof here === 'string' && here !== '' ? here : undefined;
}

/** One image of the wish: everything that names it, and what the profile knows about it. */
export interface WantedImage {
  /** Normalised reference: the identity. */
  readonly normalized: string;
  /** Spelling variants found, sorted. */
  readonly references: readonly string[];
  readonly uses: readonly ImageUse[];
  /** Why it is wanted although no manifest names it: from the profile or from the user's list. */
  readonly given?: { readonly how: 'profile' | 'list'; readonly reason: string };
  readonly class?: ImageClass;
  /** Set when it is left out on request; the reason. */
  readonly left?: string;
}

/** All images of the inputs, sorted by normalised reference, with those marked that are left out on request. */
export function wantedImages(inputs: Inputs, config: Config): WantedImage[] {
  const found = new Map<
    string,
    { references: Set<string>; uses: ImageUse[]; given?: { how: 'profile' | 'list'; reason: string } }
  >();
  const at = (reference: string) => {
    const normalized = normalizeReference(parseReference(reference));
    let entry = found.get(normalized);
    if (entry === undefined) {
      entry = { references: new Set(), uses: [] };
      found.set(normalized, entry);
    }
    entry.references.add(reference);
    return entry;
  };
  for (const use of inputs.discovery.uses) at(use.reference).uses.push(use);
  for (const image of inputs.profile?.images ?? []) {
    at(image.reference).given ??= { how: 'profile', reason: `${image.reason} (${image.source})` };
  }
  for (const image of config.sources.images)
    at(image.reference).given ??= { how: 'list', reason: image.reason };
  const excluded = new Map(
    config.sources.exclude.map(({ reference, reason }) => [
      normalizeReference(parseReference(reference)),
      reason,
    ]),
  );
  const listed = new Set(
    config.sources.images.map(({ reference }) => normalizeReference(parseReference(reference))),
  );
  return [...found]
    .map(([normalized, { references, uses, given }]) => {
      const known = inputs.profile?.classify(normalized);
      const left =
        excluded.get(normalized) ??
        (known?.wanted === false && !listed.has(normalized) ? leftOutReason(known) : undefined);
      return {
        normalized,
        references: [...references].sort(),
        uses,
        ...(given === undefined ? {} : { given }),
        ...(known === undefined ? {} : { class: known }),
        ...(left === undefined ? {} : { left }),
      };
    })
    .sort((a, b) => (a.normalized < b.normalized ? -1 : 1));
}

function leftOutReason(known: ImageClass): string {
  return known.condition === undefined
    ? `left out on request (${known.group})`
    : `left out on request (${known.group}: needed only ${known.condition})`;
}
