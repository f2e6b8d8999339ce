import { equal, isObject, type Json } from '../edit/index.ts';

/** An operation of RFC 6902. */
export interface Operation {
  readonly op: 'test' | 'add' | 'replace' | 'remove';
  readonly path: string;
  readonly value?: Json;
}

/**
 * The operations that make one value of another. A text that is replaced is tested first, so that the patch fails on another
 * version of upstream's file instead of doing harm there.
 */
export function operationsFor(before: Json, after: Json, path = ''): Operation[] {
  if (equal(before, after)) return [];
  if (isObject(before) && isObject(after)) return objectOperations(before, after, path);
  if (Array.isArray(before) && Array.isArray(after) && after.length >= before.length)
    return listOperations(before, after, path);
  const replace: Operation = { op: 'replace', path, value: after };
  return typeof before === 'string' ? [{ op: 'test', path, value: before }, replace] : [replace];
}

function objectOperations(
  before: { readonly [key: string]: Json },
  after: { readonly [key: string]: Json },
  path: string,
): Operation[] {
  const operations: Operation[] = [];
  for (const key of Object.keys(before)) {
    const at = `${path}/${pointer(key)}`;
    const next = after[key];
    if (next === undefined) operations.push({ op: 'remove', path: at });
    else operations.push(...operationsFor(before[key] ?? null, next, at));
  }
  for (const [key, value] of Object.entries(after))
    if (!(key in before)) operations.push({ op: 'add', path: `${path}/${pointer(key)}`, value });
  return operations;
}

function listOperations(before: readonly Json[], after: readonly Json[], path: string): Operation[] {
  const common = before.flatMap((item, index) =>
    operationsFor(item, after[index] ?? null, `${path}/${index}`),
  );
  const added = after
    .slice(before.length)
    .map((value): Operation => ({ op: 'add', path: `${path}/-`, value }));
  return [...common, ...added];
}

/** RFC 6901. */
function pointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
