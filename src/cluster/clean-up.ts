import { type EmitEvent, toSallyportError } from '../base/index.ts';

/**
 * Takes a namespace away that something was tried in, after the trial failed. Never throws: the first failure is what somebody looks for, and what
 * this one meets is told as a warning beside it.
 */
export async function removeQuietly(
  namespace: string,
  remove: () => Promise<void>,
  emit: EmitEvent,
): Promise<void> {
  const subject = `Namespace ${namespace}`;
  emit({
    type: 'note',
    level: 'info',
    subject,
    message: 'is being removed; Ctrl-C now would leave it there',
  });
  try {
    await remove();
  } catch (thrown) {
    emit({
      type: 'note',
      level: 'warning',
      subject,
      message: `could not be removed: ${toSallyportError(thrown).message}. Remove it with: kubectl delete namespace ${namespace}`,
    });
  }
}
