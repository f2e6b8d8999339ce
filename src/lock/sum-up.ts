import { combineErrors, SallyportError } from '../base/index.ts';

/** Several faults of one input as one error. It keeps their code when they share it, because the exit status follows the code. */
export function sumUp(parts: readonly SallyportError[], message: string, subject?: string): SallyportError {
  const [first] = parts;
  if (first === undefined || parts.length === 1 || parts.some(({ code }) => code !== first.code))
    return combineErrors(parts, message);
  return new SallyportError(first.code, message, { parts, ...(subject === undefined ? {} : { subject }) });
}
