import type { Check } from '../check.ts';
import type { Scratch } from '../scratch.ts';
import { login, pullLimit, reach } from './access.ts';
import { mount, range, resume } from './blobs.ts';
import { push, readBack } from './content.ts';
import { moveTag, referrers, sparseIndex } from './manifests.ts';
import { removal } from './removal.ts';

/** What a copy wants of a registry, in the order in which one thing needs the other. The last one cleans up. */
export const REGISTRY_CHECKS: readonly Check<Scratch>[] = [
  reach,
  login,
  push,
  readBack,
  range,
  resume,
  mount,
  referrers,
  sparseIndex,
  moveTag,
  pullLimit,
  removal,
];
