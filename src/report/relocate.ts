import { formatCount } from '../base/index.ts';
import { notCovered, type RelocateResult } from '../workflows/index.ts';
import { mirrorSummary } from './mirror.ts';
import { paint, type Style } from './style.ts';

/** What was done and what to do next. */
export function relocateText(result: RelocateResult, folder: string, style: Style): string {
  const { rendered, mirror } = result;
  const { bold, yellow } = paint(style);
  if (rendered === undefined) return '';
  const unresolved = rendered.closure.unresolved.length;
  const chectl = rendered.files.some(({ path }) => path.startsWith('chectl/'));
  return [
    `${mirrorSummary(mirror, style)}`,
    proofLine(result, rendered, folder),
    '',
    `${bold('Next:')} read ${folder}/README.md; it has the pull secret${chectl ? ', the order to apply in and the chectl command' : ' and the order to apply in'}.`,
    // Last, because the exit status says nothing of it.
    ...(unresolved === 0
      ? []
      : [
          `${yellow('Not covered:')} ${formatCount(unresolved, 'image')} that cannot be known; ${folder}/README.md lists ${unresolved === 1 ? 'it' : 'them'}; --strict refuses such images.`,
        ]),
    '',
  ].join('\n');
}

/** What the closure proof covers, and what it does not. */
function proofLine(
  { lock }: RelocateResult,
  { files, closure }: NonNullable<RelocateResult['rendered']>,
  folder: string,
): string {
  const leftOut = new Set(closure.leftOut.map(({ reference }) => reference)).size;
  return [
    `${formatCount(files.length, 'file')} in ${folder}, none of which points outside of ${lock.target?.prefix ?? 'the target'}`,
    leftOut === 0
      ? ''
      : ` but for ${formatCount(leftOut, 'image')} left out on request, which ${folder}/README.md lists`,
    notCovered(closure.unresolved.length),
  ].join('');
}
