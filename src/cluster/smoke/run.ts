import { toSallyportError } from '../../base/index.ts';
import { removeQuietly } from '../clean-up.ts';
import { cleanUp, removal } from './remove.ts';
import { type Step, trial } from './trial.ts';
import type { SmokeRequest, SmokeStep } from './types.ts';

/**
 * Starts a workspace from a mirrored image, runs a command in it, deletes it and sees that the job that cleans up after it ran; then removes
 * its namespace, whatever happened. Ends with the first step that fails; that something could not be removed is a step too. Throws `ABORTED`
 * after cleaning up.
 */
export async function runSmoke(request: SmokeRequest): Promise<readonly SmokeStep[]> {
  const { namespace } = request;
  const steps: SmokeStep[] = [];
  const step: Step = async (name, work) => {
    request.signal?.throwIfAborted();
    request.emit({ type: 'step', step: `smoke: ${name}`, state: 'start' });
    try {
      steps.push({ name, state: 'done', message: await work() });
      request.emit({ type: 'step', step: `smoke: ${name}`, state: 'done' });
    } catch (thrown) {
      request.emit({ type: 'step', step: `smoke: ${name}`, state: 'failed' });
      request.signal?.throwIfAborted();
      steps.push({ name, state: 'failed', message: toSallyportError(thrown).message });
      throw new Stopped();
    }
  };
  try {
    await trial(request, step, (name, message) => steps.push({ name, state: 'skipped', message }));
  } catch (thrown) {
    if (!(thrown instanceof Stopped)) {
      await removeQuietly(namespace, () => cleanUp(request), request.emit);
      throw thrown;
    }
  }
  steps.push(await removal(request));
  return steps;
}

class Stopped extends Error {}
