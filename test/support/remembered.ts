import type { Brought, CopyMemory } from '../../src/transfer/index.ts';

/** Remembers what one run has brought, and nothing else. */
export function memoryOf(brought: readonly Brought[]): CopyMemory {
  type Place = Pick<Brought, 'toRegistry' | 'toRepository'>;
  const at = ({ toRegistry, toRepository }: Place) =>
    brought.filter((one) => one.toRegistry === toRegistry && one.toRepository === toRepository);
  return {
    recall: (place, digest) => at(place).find((one) => one.digest === digest),
    lastOf: (place, tag) => at(place).find((one) => one.tag === tag)?.digest,
  };
}
