import type { Descriptor, Digest } from '../oci/index.ts';
import { canListReferrers } from '../store/index.ts';
import type { RunTools } from './run.ts';
import { referrersAtTarget } from './target-questions.ts';
import type { PlannedImage } from './types.ts';

/**
 * Asks the target for what was just written with a subject: some registries take it and tell of it nowhere (Quay's list stays empty, tekton
 * #1691), and a signature that nobody finds is none. Gives what the target does not list; warns once per repository.
 */
export async function droppedReferrers(tools: RunTools, image: PlannedImage): Promise<readonly Digest[]> {
  const { to, toRegistry, toRepository } = image.request;
  const bySubject = new Map<Digest, Descriptor[]>();
  for (const { manifest, present } of image.manifests) {
    const subject = manifest?.view.subject?.digest;
    if (manifest === undefined || subject === undefined || present) continue;
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), manifest.descriptor]);
  }
  if (bySubject.size === 0 || !canListReferrers(to)) return [];
  const dropped = await Promise.all(
    [...bySubject].map(async ([subject, written]) => {
      const listed = await tools.ask(() => referrersAtTarget(to, subject, tools.signal));
      const known = new Set(listed?.map(({ digest }) => digest));
      return written.map(({ digest }) => digest).filter((digest) => !known.has(digest));
    }),
  );
  const all = dropped.flat();
  if (all.length > 0) {
    tools.emit({
      type: 'note',
      level: 'warning',
      subject: `${toRegistry}/${toRepository}`,
      message: `the registry took ${all.length} signatures, attestations or SBOMs and does not list them; whoever verifies this image there will not find them`,
    });
  }
  return all;
}
