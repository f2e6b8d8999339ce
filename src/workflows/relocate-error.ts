import { combineErrors, type SallyportError } from '../base/index.ts';

/** All failures of a run as one error. */
export function relocateError(failures: readonly SallyportError[]): SallyportError {
  return combineErrors(
    failures,
    `${failures.length} images failed; what did not fail is at the target, and no manifest was written`,
  );
}
