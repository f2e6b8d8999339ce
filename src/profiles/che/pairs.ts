/**
 * Which DevWorkspace Operator a Che release was made with: chectl's package.json of the release branch.
 * Each row holds from its Che minor on. Source: che-incubator/chectl branches 7.62.x–7.121.x, read on 2026-11-23.
 */
const RELEASED_WITH: readonly Row[] = [
  [62, '0.19.1'],
  [64, '0.20.0'],
  [68, '0.21.0'],
  [69, '0.21.1'],
  [70, '0.21.2'],
  [72, '0.22.0'],
  [74, '0.23.0'],
  [77, '0.24.0'],
  [81, '0.25.0'],
  [83, '0.26.0'],
  [85, '0.27.0'],
  [87, '0.28.0'],
  [88, '0.29.0'],
  [90, '0.30.0'],
  [92, '0.31.0'],
  [94, '0.31.1'],
  [95, '0.31.2'],
  [97, '0.32.1'],
  [100, '0.33.0'],
  [104, '0.34.0'],
  [105, '0.35.0'],
  [106, '0.35.1'],
  [108, '0.36.0'],
  [110, '0.37.0'],
  [112, '0.38.0'],
  [114, '0.39.0'],
  [115, '0.40.0'],
  [117, '0.40.1'],
  [118, '0.41.0'],
  [120, '0.42.0'],
  [121, '0.43.0'],
];

/**
 * The DevWorkspace Operator whose API the code of a Che release is compiled against, hence the oldest that has every field it may use. 7.110
 * and 7.114 name commits between two releases; the row has the first release that contains them.
 * Source: eclipse-che/che-operator 7.62.0–7.121.0, go.mod, read on 2026-11-23.
 */
const COMPILED_AGAINST: readonly Row[] = [
  [62, '0.18.0'],
  [64, '0.20.0'],
  [68, '0.21.0'],
  [72, '0.22.0'],
  [77, '0.23.0'],
  [81, '0.25.0'],
  [88, '0.29.0'],
  [92, '0.31.0'],
  [107, '0.35.1'],
  [110, '0.36.0'],
  [114, '0.39.0'],
  [117, '0.40.0'],
  [119, '0.41.0'],
  [121, '0.42.0'],
];

type Row = readonly [cheMinor: number, dwo: string];

export const OLDEST_KNOWN_MINOR = 62;
export const NEWEST_KNOWN_MINOR = 121;

/** The DevWorkspace Operator that a Che version (`7.121.0`) was released with; undefined outside of the table. */
export function releasedWith(che: string): string | undefined {
  return lookUp(RELEASED_WITH, che);
}

/** The oldest DevWorkspace Operator with the API that a Che version is compiled against; undefined outside of the table. */
export function compiledAgainst(che: string): string | undefined {
  return lookUp(COMPILED_AGAINST, che);
}

function lookUp(rows: readonly Row[], che: string): string | undefined {
  const [major, minor] = che.split('.').map(Number);
  if (major !== 7 || minor === undefined || minor > NEWEST_KNOWN_MINOR) return undefined;
  return rows.findLast(([from]) => from <= minor)?.[1];
}
