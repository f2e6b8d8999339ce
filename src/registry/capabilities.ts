import type { Clock } from '../base/index.ts';
import type { Capabilities, CapabilityValues } from './types.ts';

/** Long enough for a run, short enough for a long-lived process to notice that a registry was changed. */
const TTL_MS = 3_600_000;

/** What was learned of one registry, forgotten after a while. In memory only. */
export function createCapabilities(clock: Clock): Capabilities {
  const known = new Map<
    keyof CapabilityValues,
    { readonly value: boolean | number; readonly until: number }
  >();
  const get = (name: keyof CapabilityValues): boolean | number | undefined => {
    const entry = known.get(name);
    return entry === undefined || entry.until <= clock.now() ? undefined : entry.value;
  };
  const underWay = new Map<keyof CapabilityValues, Promise<void>>();
  return {
    findOut: async (name, ask) => {
      const first = get(name) === undefined ? underWay.get(name) : undefined;
      if (get(name) !== undefined || first !== undefined) {
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
    get: <Name extends keyof CapabilityValues>(name: Name) => get(name) as CapabilityValues[Name] | undefined,
    set: (name, value, ttlMs = TTL_MS) => void known.set(name, { value, until: clock.now() + ttlMs }),
    all: () =>
      Object.fromEntries(
        [...known.keys()].map((name) => [name, get(name)]).filter(([, value]) => value !== undefined),
      ),
  };
}
