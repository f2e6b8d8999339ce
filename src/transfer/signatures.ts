import { SallyportError } from '../base/index.ts';
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  isManifestType,
  type RawManifest,
} from '../oci/index.ts';
import { canListReferrers } from '../store/index.ts';
import { growTree } from './manifest-tree.ts';
import type { PlanTools } from './plan.ts';
import { referrersAtTarget, resolveAtTarget } from './target-questions.ts';
import type { CopyRequest, PlannedManifest } from './types.ts';

/** cosign's tag scheme, from before there were referrers (sigstore/cosign specs/SIGNATURE_SPEC.md). */
const TAG_FORMS = ['sig', 'att', 'sbom'] as const;

/** A signature of an SBOM of an image is as deep as it gets in practice. */
const MAX_DEPTH = 3;

/** Answers that mean "not for you" or "no such thing here", and not that the network failed. */
const REFUSALS = new Set([
  'FORBIDDEN',
  'UNAUTHORIZED',
  'REGISTRY_REFUSED',
  'REGISTRY_PROTOCOL',
  'REDIRECT_REFUSED',
]);

/**
 * What speaks of these manifests: referrers, what refers to those, and the `.sig`, `.att` and `.sbom` tags. Their stages begin after `stage`:
 * registries such as Harbor link a signature to its subject when it is pushed, and only when the subject is there.
 */
export async function planSignatures(
  tools: PlanTools,
  request: CopyRequest,
  subjects: readonly Digest[],
  stage: number,
): Promise<readonly PlannedManifest[]> {
  const tags = await tools.tags.ofSource(request);
  const planned = new Map<string, PlannedManifest>();
  const seen = new Set<Digest>(subjects);

  const listedThere = createTargetLists(tools, request);

  const add = async (manifest: RawManifest, at: number, tag?: string): Promise<number> => {
    const { descriptor } = manifest;
    const there = await tools.ask(() => resolveAtTarget(request.to, tag ?? descriptor.digest, tools.signal));
    if (there?.digest === descriptor.digest && !tools.recheck && (await listedThere(manifest))) {
      planned.set(tag ?? descriptor.digest, {
        descriptor,
        manifest,
        blobs: [],
        stage: at,
        present: true,
        ...tagged(tag),
      });
      return at;
    }
    const tree = await growTree(tools, request, manifest, { platforms: [], askTarget: false });
    for (const part of tree.below) planned.set(part.descriptor.digest, { ...part, stage: at + part.stage });
    const own = at + tree.stage;
    planned.set(tag ?? descriptor.digest, {
      descriptor,
      manifest,
      blobs: tree.blobs,
      stage: own,
      present: false,
      ...tagged(tag),
    });
    return own;
  };

  const follow = async (subject: Digest, at: number, depth: number): Promise<void> => {
    const names = TAG_FORMS.map((form) => `${digestAlgorithm(subject)}-${digestHex(subject)}.${form}`);
    const [listed, forms] = await Promise.all([
      listReferrers(tools, request, subject, tags),
      Promise.all(
        names
          .filter((name) => tags === undefined || tags.has(name))
          .map((name) => readForm(tools, request, name)),
      ),
    ]);
    const inTags = new Set<Digest>();
    for (const found of forms) {
      if (found === undefined) continue;
      inTags.add(found.manifest.descriptor.digest);
      await add(found.manifest, at, found.tag);
    }
    // Harbor shows one manifest both ways; it is stored once.
    const fresh = listed.filter(
      ({ digest, mediaType }) => isManifestType(mediaType) && !seen.has(digest) && !inTags.has(digest),
    );
    for (const { digest } of fresh) seen.add(digest);
    await Promise.all(
      fresh.map(async (referrer) => {
        const manifest = await tools.ask(() => tools.sources.child(request.from, referrer));
        const own = await add(manifest, at);
        if (depth < MAX_DEPTH) await follow(referrer.digest, own + 1, depth + 1);
      }),
    );
  };

  await Promise.all(subjects.map((subject) => follow(subject, stage + 1, 1)));
  return [...planned.values()];
}

function tagged(tag: string | undefined): { tag?: string } {
  return tag === undefined ? {} : { tag };
}

function listReferrers(
  tools: PlanTools,
  request: CopyRequest,
  subject: Digest,
  tags: ReadonlySet<string> | undefined,
): Promise<readonly Descriptor[]> {
  const { from } = request;
  if (!canListReferrers(from)) return Promise.resolve([]);
  return tools
    .ask(() => from.referrers(subject, { signal: tools.signal, ...(tags === undefined ? {} : { tags }) }))
    .catch(refusedAs(tools, request, []));
}

async function readForm(
  tools: PlanTools,
  request: CopyRequest,
  tag: string,
): Promise<{ readonly tag: string; readonly manifest: RawManifest } | undefined> {
  const { from } = request;
  const found = await tools
    .ask(() => from.resolve(tag, { signal: tools.signal }))
    .catch(refusedAs(tools, request, undefined));
  if (found === undefined) return undefined;
  // By the tag: what HEAD says of its digest is often wrong (go-containerregistry fetcher.go); the bytes are hashed here.
  return { tag, manifest: await tools.ask(() => tools.sources.root(from, tag)) };
}

/** An image whose signatures may not be asked for still is an image; but it is said. */
function refusedAs<T>(tools: PlanTools, { from }: CopyRequest, answer: T): (thrown: unknown) => T {
  return (thrown) => {
    if (!(thrown instanceof SallyportError) || !REFUSALS.has(thrown.code)) throw thrown;
    tools.once(`signatures ${from.name}`, () =>
      tools.emit({
        type: 'note',
        level: 'warning',
        subject: from.name,
        message: `the registry does not tell its signatures, so none are copied: ${thrown.message}`,
      }),
    );
    return answer;
  };
}

/**
 * Whether the target tells of a manifest that it has when it is asked what refers to its subject. A run that was killed between the manifest
 * and the fallback tag leaves one that nobody finds; writing it again puts it on the list.
 */
function createTargetLists(
  tools: PlanTools,
  { to }: CopyRequest,
): (manifest: RawManifest) => Promise<boolean> {
  const lists = new Map<Digest, Promise<ReadonlySet<Digest>>>();
  return async ({ view, descriptor }) => {
    const subject = view.subject?.digest;
    if (subject === undefined) return true;
    const list =
      lists.get(subject) ??
      tools
        .ask(() => referrersAtTarget(to, subject, tools.signal))
        .then((entries) => new Set(entries?.map(({ digest }) => digest)));
    lists.set(subject, list);
    return (await list).has(descriptor.digest);
  };
}
