/**
 * Which DevWorkspace Operator a Che release was made with: chectl's package.json of the release branch, up to 7.114 its git dependencies.
 * Each row holds from its Che minor on. Source: che-incubator/chectl branches 7.62.x–7.121.x, read on 2026-11-23.
 */
const FROM: readonly (readonly [cheMinor: number, dwo: string])[] = [
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

const LAST_KNOWN_MINOR = 121;

/** The DWO version for a Che version (`7.121.0`), or undefined outside of the table. */
export function pairedDwo(che: string): string | undefined {
  const [major, minor] = che.split('.').map(Number);
  if (major !== 7 || minor === undefined || minor > LAST_KNOWN_MINOR) return undefined;
  return FROM.findLast(([from]) => from <= minor)?.[1];
}

/**
 * che-operator's go.mod lags one DWO minor behind the release that it ships with (7.121 builds against v0.42.0), so one minor older is
 * known to fit; older ones lack fields of the API. OLM asks only for >=0.11.0, which says nothing.
 */
export const OLDER_MINORS_THAT_FIT = 1;
