import { type Digest, formatPlatform } from '../oci/index.ts';
import type { CopyRequest, CopyResult, Plan } from './types.ts';

/** What a run has brought of an image to a repository, or found there. */
export interface Brought extends Remembered {
  readonly toRegistry: string;
  readonly toRepository: string;
  readonly digest: Digest;
  /** That names it there. */
  readonly tag?: string;
  /** The root was written now, so that nothing remembered of it counts any more: its repository may have been emptied. */
  readonly anew: boolean;
}

export interface Remembered {
  /** All that the image has. */
  readonly whole: boolean;
  /** Those that were asked for by name and that it has, `os/arch[/variant]`. */
  readonly platforms: readonly string[];
  /** With signatures, attestations and SBOMs. */
  readonly referrers: boolean;
  /** Of these, those that the repository took and does not list; absent where nobody has looked. */
  readonly dropped?: readonly Digest[];
}

/** What earlier runs have brought, so that the next one knows what a tag stands for. It may forget, and must not know more than was there. */
export interface CopyMemory {
  /** What a tag at a target named last. */
  lastOf(place: Pick<CopyRequest, 'toRegistry' | 'toRepository'>, tag: string): Digest | undefined;
  recall(place: Pick<CopyRequest, 'toRegistry' | 'toRepository'>, digest: Digest): Remembered | undefined;
}

/** What is worth remembering of a run: every image that is at its target now. */
export function broughtBy(plan: Plan, { images: copied }: Pick<CopyResult, 'images'>): readonly Brought[] {
  // Results stand in the order of the plan.
  return plan.images.flatMap(({ request, digest, state, manifests, sparse, missing }, index) => {
    const result = copied[index];
    if (result === undefined || result.state === 'failed') return [];
    const { toRegistry, toRepository, tag, platforms, referrers } = request;
    const looked = referrers && manifests.length > 0;
    const lacks = new Set(missing.map(formatPlatform));
    return [
      {
        toRegistry,
        toRepository,
        digest,
        ...(tag === undefined ? {} : { tag }),
        // Of what its tag told, nobody has looked at the platforms that were not asked for.
        whole: !sparse && (manifests.length > 0 || platforms.length === 0),
        platforms: platforms.map(formatPlatform).filter((platform) => !lacks.has(platform)),
        referrers,
        ...(looked ? { dropped: result.dropped ?? [] } : {}),
        anew:
          state === 'copy' && manifests.some((root) => root.descriptor.digest === digest && !root.present),
      },
    ];
  });
}
