import type { Clock } from '../base/index.ts';
import type { Capabilities, CapabilityValues, LearnedCapability } from './types.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * How long an answer is believed, milliseconds. What only costs a detour when it is wrong lives long; what would hide content does not.
 * Registries are upgraded without telling anybody.
 */
const BELIEVED: Readonly<Record<keyof CapabilityValues, { readonly ms: number; readonly why: string }>> = {
  rangeGet: { ms: 7 * DAY, why: 'each read sees at once when it no longer holds' },
  spreadReads: { ms: DAY, why: 'lines and limits change; one connection works too' },
  referrersApi: { ms: HOUR, why: 'a registry that got one would hide what it lists' },
  mountFrom: { ms: DAY, why: 'a refused mount is followed by a copy' },
  mountAnywhere: { ms: DAY, why: 'the same' },
  monolithicUpload: { ms: DAY, why: 'the other ways work too, only slower' },
  chunkedUpload: { ms: DAY, why: 'the same' },
  chunkMinimum: { ms: DAY, why: 'said anew with each upload' },
  maxBody: { ms: DAY, why: 'proxies are configured anew; smaller pieces work too' },
  putByDigest: { ms: 7 * DAY, why: 'for the report only' },
  headDigest: { ms: 7 * DAY, why: 'for the report only' },
  digestEtag: { ms: DAY, why: 'a server compares with the digest that is named, or answers as always' },
  sparseIndex: { ms: 7 * DAY, why: 'for the report only' },
  delete: { ms: DAY, why: 'for the report only' },
  immutableTags: { ms: DAY, why: 'for the report only; a rule of a project, which its owner may change' },
};

/** What was learned of one registry, forgotten after a while. `known`: what earlier runs have learned; what is too old is left out. */
export function createCapabilities(clock: Clock, known: readonly LearnedCapability[] = []): Capabilities {
  const entries = new Map<keyof CapabilityValues, LearnedCapability>(
    known
      .filter(({ name, until }) => Object.hasOwn(BELIEVED, name) && until <= clock.now() + BELIEVED[name].ms)
      .map((entry) => [entry.name, entry]),
  );
  const current = (name: keyof CapabilityValues): LearnedCapability | undefined => {
    const entry = entries.get(name);
    return entry === undefined || entry.until <= clock.now() ? undefined : entry;
  };
  const learned = (): LearnedCapability[] =>
    [...entries.keys()].map(current).filter((entry) => entry !== undefined);
  const underWay = new Map<keyof CapabilityValues, Promise<void>>();
  return {
    findOut: async (name, ask) => {
      const first = current(name) === undefined ? underWay.get(name) : undefined;
      if (current(name) !== undefined || first !== undefined) {
        await first;
        return ask();
      }
      const mine = ask();
      underWay.set(
        name,
        mine.then(
          () => void underWay.delete(name),
          () => void underWay.delete(name),
        ),
      );
      return mine;
    },
    // `set` is the only writer, so that each name holds a value of its own type.
    get: <Name extends keyof CapabilityValues>(name: Name) =>
      current(name)?.value as CapabilityValues[Name] | undefined,
    set: (name, value, ttlMs = BELIEVED[name].ms) =>
      void entries.set(name, { name, value, until: clock.now() + ttlMs }),
    all: () => Object.fromEntries(learned().map(({ name, value }) => [name, value])),
    learned,
  };
}
