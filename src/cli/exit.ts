import { type ErrorCode, toSallyportError } from '../base/index.ts';
import type { ExitStatus } from './context.ts';

/** Failures that lie in what was typed or configured, not in what was tried. */
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'USAGE',
  'CONFIG_INVALID',
  'CONFIG_NOT_FOUND',
  'CONFLICTING_OPTIONS',
  'NO_INPUT',
  'PROFILE_UNKNOWN',
  'KUBECONFIG_INVALID',
]);

/** Failures that are an answer: what was asked is not so. */
const ANSWER_CODES: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CLOSURE_BROKEN', 'CHANGE_BREAKS']);

export function exitStatusOf(thrown: unknown): ExitStatus {
  const { code } = toSallyportError(thrown);
  if (code === 'ABORTED') return 130;
  if (USAGE_CODES.has(code)) return 2;
  return ANSWER_CODES.has(code) ? 3 : 1;
}
