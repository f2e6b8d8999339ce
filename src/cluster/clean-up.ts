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
  try {
    await remove();
  } catch (thrown) {
    emit({
      type: 'note',
      level: 'warning',
      subject: `Namespace ${namespace}`,
      message: `could not be removed: ${toSallyportError(thrown).message}. Remove it with: kubectl delete namespace ${namespace}`,
    });
  }
}
