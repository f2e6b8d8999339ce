import { formatCount, SallyportError } from '../base/index.ts';
import type { Unresolved } from '../discovery/index.ts';
import type { WorkflowContext } from './context.ts';

const NEXT_STEP =
  'Fill templates and values in before (helm template, kustomize build, envsubst) and correct what is no reference; or name the images under sources.images, so that they are pinned and copied, and point the templates at the target yourself.';

/**
 * Says each place that names an image which cannot be known, and once what to do about them. `left` is what was not done to it: `not
 * locked`, `left as it is`.
 */
export function tellUnresolved(
  { emit }: Pick<WorkflowContext, 'emit'>,
  unresolved: readonly Unresolved[],
  left: string,
): void {
  if (unresolved.length === 0) return;
  for (const { text, reason, ...place } of unresolved)
    emit({
      type: 'note',
      level: 'warning',
      subject: placeOf(place),
      message: `“${text}” is ${left}: ${reason}`,
    });
  emit({
    type: 'note',
    level: 'warning',
    subject: `${formatCount(unresolved.length, 'image')} cannot be known`,
    message: `not covered by the proof. ${NEXT_STEP} With --strict, render and relocate refuse such images.`,
  });
}

/** Throws `CLOSURE_BROKEN` with every such place: what cannot be known cannot be proved to be private. */
export function refuseUnresolved(unresolved: readonly Unresolved[]): void {
  if (unresolved.length === 0) return;
  const parts = unresolved.map(
    ({ text, reason, path, ...place }) =>
      new SallyportError('CLOSURE_BROKEN', `“${text}” (${path}): ${reason}`, {
        subject: placeOf(place),
        hint: NEXT_STEP,
      }),
  );
  throw new SallyportError(
    'CLOSURE_BROKEN',
    `${formatCount(parts.length, 'image')} cannot be known, and --strict was asked for; nothing was copied or written`,
    { parts, hint: NEXT_STEP },
  );
}

function placeOf({ file, line, column }: Pick<Unresolved, 'file' | 'line' | 'column'>): string {
  return `${file === '-' ? '(standard input)' : file}:${line}:${column}`;
}
