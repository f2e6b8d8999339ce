import fc from 'fast-check';

/**
 * Property tests look at the same examples in every run: what passed once passes everywhere. `npm run test:properties` looks at many more, and at
 * others each time; it prints the seed of what it finds, and the example becomes a row of a table.
 */
const TIMES = Number(process.env['SALLYPORT_PROPERTIES'] ?? 0);
const SEED = 20_261_125;
const USUAL = 100;

fc.configureGlobal({ numRuns: runs(USUAL), ...(TIMES > 0 ? {} : { seed: SEED }) });

/** How many examples a property is tried with, where the usual hundred are too few or too many. */
export function runs(usual: number): number {
  return usual * Math.max(TIMES, 1);
}

export { fc };
