import { isFields, listAt, textAt } from '../../base/index.ts';
import type { KubeObject } from '../types.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(object: KubeObject, type: string): Condition | undefined {
  const found = listAt(object, 'status', 'conditions').find(
    (condition) => textAt(condition, 'type') === type,
  );
  if (!isFields(found)) return undefined;
  return {
    type,
    status: textAt(found, 'status') ?? 'Unknown',
    reason: textAt(found, 'reason') ?? '',
    message: textAt(found, 'message') ?? '',
  };
}

/** `Reason: message`, whichever of both there is. */
export function said({ type, reason, message }: Condition): string {
  const both = [reason, message].filter((text) => text !== '').join(': ');
  return both === '' ? type : both;
}
