import { formatCount } from '../base/index.ts';
import type { Lock } from '../lock/index.ts';
import type { RenderResult } from './render.ts';

/** What the closure proof has shown, in a few words; what was left out on request still points outside and is counted. */
export function proofText({ leftOut, unresolved }: RenderResult['closure'], lock: Lock): string {
  const images = new Set(leftOut.map(({ reference }) => reference)).size;
  const but = images === 0 ? '' : ` but for ${formatCount(images, 'image')} left out on request`;
  return `nothing in them points outside of ${lock.target?.prefix ?? 'the target'}${but}${notCovered(unresolved.length)}`;
}

/** What cannot be known is no part of the proof, and nobody may think that it is. */
export function notCovered(unresolved: number): string {
  return unresolved === 0
    ? ''
    : `; ${formatCount(unresolved, 'image')} cannot be known and ${unresolved === 1 ? 'is' : 'are'} not covered`;
}
