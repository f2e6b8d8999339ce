import {
  type Digest,
  isDigest,
  nameOf,
  normalizeReference,
  parseReference,
  tryParseReference,
} from '../../oci/index.ts';
import type { RunningContainer } from './running.ts';

/** One image that may run. */
export interface AllowedImage {
  /** As the inputs name it, for messages. */
  readonly source: string;
  /** `registry/repository` of the copy. */
  readonly repository: string;
  readonly tag: string;
  /** The image's own digest first, then those of its platforms. */
  readonly digests: readonly Digest[];
}

export interface AllowedImages {
  readonly images: readonly AllowedImage[];
  /** References that were left out of the relocation on purpose, with the reason: they may run and are named. */
  readonly excluded: readonly { readonly reference: string; readonly reason: string }[];
}

export type Verdict =
  /** From the target, at a locked digest. */
  | 'locked'
  /** Left out of the relocation on purpose. */
  | 'excluded'
  | 'other-registry'
  | 'not-in-lock'
  | 'wrong-digest'
  /** Never started, so nobody can say what runs. */
  | 'not-started';

export interface Judged extends RunningContainer {
  readonly verdict: Verdict;
  /** One sentence for all but `locked`. */
  readonly why?: string;
  /** The image of the lock that it is. */
  readonly source?: string;
}

/** Whether one container runs what the lock says. Judged by what the pod asks for, and by the digest that the runtime reports. */
export type Judge = (container: RunningContainer) => Judged;

/**
 * Makes the judge for a lock. A reference counts when its repository is one of the lock's targets and its digest (written, or reported by the
 * runtime for a mere tag) is the locked one or one of its platforms'.
 */
export function createJudge({ images, excluded }: AllowedImages): Judge {
  const byRepository = new Map<string, AllowedImage[]>();
  for (const image of images) {
    const list = byRepository.get(image.repository);
    if (list === undefined) byRepository.set(image.repository, [image]);
    else list.push(image);
  }
  const registries = new Set(images.map(({ repository }) => repository.split('/')[0] ?? ''));
  const leftOut = new Map(
    excluded.map(({ reference, reason }) => [normalizeReference(parseReference(reference)), reason]),
  );

  return (container) => {
    const verdict = (name: Verdict, why?: string, source?: string): Judged => ({
      ...container,
      verdict: name,
      ...(why === undefined ? {} : { why }),
      ...(source === undefined ? {} : { source }),
    });
    const reference = tryParseReference(container.image);
    if ('reason' in reference)
      return verdict('not-in-lock', `cannot be read as a reference: ${reference.reason}`);
    const reason = leftOut.get(normalizeReference(reference));
    if (reason !== undefined) return verdict('excluded', `left out on purpose: ${reason}`);
    const candidates = byRepository.get(nameOf(reference));
    if (candidates === undefined) {
      return registries.has(reference.registry)
        ? verdict('not-in-lock', 'is at the target registry, but the lock has no image in this repository')
        : verdict('other-registry', `comes from ${reference.registry}`);
    }
    const running = runningDigest(container.imageId);
    if (reference.digest !== undefined) {
      const image = candidates.find(({ digests }) => digests.includes(reference.digest as Digest));
      if (image === undefined)
        return verdict('wrong-digest', `asks for ${reference.digest}, locked is ${lockedOf(candidates)}`);
      if (running !== undefined && !image.digests.includes(running))
        return verdict('wrong-digest', `runs ${running}, locked is ${image.digests[0]}`, image.source);
      // No status tells of volumes, but a digest leaves the runtime no choice.
      if (container.imageId === undefined && container.sort !== 'volume')
        return verdict('not-started', 'asks for the locked digest and was never started', image.source);
      return verdict('locked', undefined, image.source);
    }
    const image = candidates.find(({ tag }) => tag === (reference.tag ?? 'latest'));
    if (image === undefined)
      return verdict(
        'not-in-lock',
        `the lock has another tag here: ${candidates.map(({ tag }) => tag).join(', ')}`,
      );
    if (running === undefined)
      return verdict(
        'not-started',
        container.sort === 'volume'
          ? 'is a volume by a tag only, and no status tells which digest was mounted'
          : container.imageId === undefined
            ? 'names a tag only and was never started'
            : 'names a tag only, and the runtime does not report the digest that it was pulled by',
        image.source,
      );
    return image.digests.includes(running)
      ? verdict('locked', undefined, image.source)
      : verdict('wrong-digest', `runs ${running}, locked is ${image.digests[0]}`, image.source);
  };
}

/** The digest that an image was pulled by. A bare one is the digest of its configuration, which no lock names. */
function runningDigest(imageId: string | undefined): Digest | undefined {
  const after = imageId?.split('@')[1];
  return after !== undefined && isDigest(after) ? after : undefined;
}

function lockedOf(candidates: readonly AllowedImage[]): string {
  return candidates.map(({ digests }) => digests[0]).join(' or ');
}
