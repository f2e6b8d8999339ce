import type { ObjectPattern } from '../facts/index.ts';
import { groupOf } from './names.ts';
import type { KubeObject } from './types.ts';

export function matches(object: KubeObject, pattern: ObjectPattern): boolean {
  const { metadata } = object;
  if (pattern.group !== undefined && pattern.group !== groupOf(object.apiVersion)) return false;
  if (pattern.kind !== undefined && pattern.kind !== object.kind) return false;
  if (pattern.namespace !== undefined && pattern.namespace !== metadata.namespace) return false;
  if (pattern.name !== undefined && pattern.name !== metadata.name) return false;
  return Object.entries(pattern.labels ?? {}).every(([key, value]) => metadata.labels?.[key] === value);
}
