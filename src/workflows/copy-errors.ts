import { combineErrors, formatCount, type SallyportError } from '../base/index.ts';
import type { MirrorResult } from './mirror.ts';
import type { RelocateResult } from './relocate.ts';

/**
 * The failures of a copy as one error, which says where the other images are; a single failure speaks for itself. `done` is what was to
 * happen to an image (`copied`, `loaded`).
 */
export function copyError(result: MirrorResult, done: string): SallyportError {
  const { plan, copied, shard, failures } = result;
  if (shard !== undefined)
    return combineErrors(
      failures,
      `${failures.length} failures in shard ${shard.index} of ${shard.count}; what else it has to bring is at the target`,
    );
  if (copied === undefined)
    return combineErrors(
      failures,
      `${formatCount(failures.length, 'image')} cannot be ${done} as things are`,
    );
  const all = plan.failed.length + copied.images.length;
  return combineErrors(
    failures,
    atTarget(result) === 0
      ? `none of ${formatCount(all, 'image')} was ${done}`
      : `${all - atTarget(result)} of ${formatCount(all, 'image')} were not ${done}; the others are at the target`,
  );
}

/** All failures of a run as one error. */
export function relocateError({
  mirror,
  failures,
}: Pick<RelocateResult, 'mirror' | 'failures'>): SallyportError {
  const others =
    mirror.copied === undefined
      ? 'nothing was copied or written'
      : atTarget(mirror) === 0
        ? 'no image is at the target, and no manifest was written'
        : 'the others are at the target, and no manifest was written';
  return combineErrors(failures, `${formatCount(failures.length, 'image')} failed; ${others}`);
}

function atTarget({ copied }: MirrorResult): number {
  return (copied?.images ?? []).filter(({ state }) => state !== 'failed').length;
}
