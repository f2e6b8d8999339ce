/** True when `a` is an older release than `b`; false where one of them is no version (a moving tag says nothing). */
export function isOlder(a: string, b: string): boolean {
  const [left, right] = [parts(a), parts(b)];
  if (left === undefined || right === undefined) return false;
  for (let index = 0; index < 3; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function parts(text: string): readonly number[] | undefined {
  const match = /^v?(\d+)\.(\d+)(?:\.(\d+))?$/.exec(text);
  return match === null ? undefined : match.slice(1).map((part) => Number(part ?? 0));
}
