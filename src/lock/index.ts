export { checkInputs, type InputDigest } from './check-inputs.ts';
export { diffLocks, type LockDiff } from './diff.ts';
export { readLock } from './read-lock.ts';
export { type ImageToPlace, type TargetPlace, targetsFor } from './targets.ts';
export type * from './types.ts';
export { writeLock } from './write-lock.ts';
