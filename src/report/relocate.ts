import type { RelocateResult } from '../workflows/index.ts';
import { mirrorSummary } from './mirror.ts';
import { paint, type Style } from './style.ts';

/** What was done and what to do next. */
export function relocateText(result: RelocateResult, folder: string, style: Style): string {
  const { rendered, lock, mirror } = result;
  const { bold } = paint(style);
  if (rendered === undefined) return '';
  const unresolved = rendered.closure.unresolved.length;
  return [
    `${mirrorSummary(mirror, style)}`,
    `${rendered.files.length} files in ${folder}, none of which points outside of ${lock.target?.prefix ?? 'the target'}${unresolved === 0 ? '' : `; ${unresolved} templates name images that cannot be known`}`,
    '',
    `${bold('Next:')} read ${folder}/README.md; it has the pull secret, the order to apply in${lock.madeFrom.profile?.name === 'che' ? ' and the chectl command' : ''}.`,
    '',
  ].join('\n');
}
