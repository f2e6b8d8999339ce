import type { EmitEvent } from '../base/index.ts';
import type { Descriptor, Digest } from '../oci/index.ts';
import { canListReferrers } from '../store/index.ts';
import type { RunTools } from './run.ts';
import { referrersAtTarget } from './target-questions.ts';
import type { CopyRequest, PlannedImage } from './types.ts';

/**
 * Asks the target for what was just written with a subject: some registries take it and tell of it nowhere (Quay's list stays empty, tekton
 * #1691), and a signature that nobody finds is none. Gives what the target does not list; warns once per repository.
 */
export async function droppedReferrers(tools: RunTools, image: PlannedImage): Promise<readonly Digest[]> {
  const { to } = image.request;
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
  if (all.length > 0) tellDropped(tools.emit, image.request, all.length);
  return all;
}

/** Says it of what this run wrote, and again of what an earlier one did: it is not less true in the next run. */
export function tellDropped(
  emit: EmitEvent,
  { toRegistry, toRepository }: Pick<CopyRequest, 'toRegistry' | 'toRepository'>,
  count: number,
  when: 'now' | 'before' = 'now',
): void {
  const words = when === 'now' ? 'and does not list them' : 'in an earlier run and did not list them';
  emit({
    type: 'note',
    level: 'warning',
    subject: `${toRegistry}/${toRepository}`,
    message: `the registry took ${count} signatures, attestations or SBOMs ${words}; whoever verifies this image there will not find them${when === 'now' ? '' : ' (--recheck asks it again)'}`,
  });
}
