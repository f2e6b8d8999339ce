/** Applies RFC 6902 operations to a copy of a value; throws where a test fails or a place is not there. */
export function applyOperations(
  value: unknown,
  operations: readonly { readonly op: string; readonly path: string; readonly value?: unknown }[],
): unknown {
  let root: unknown = structuredClone(value);
  for (const { op, path, value: operand } of operations) {
    const steps = path
      .split('/')
      .slice(1)
      .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
    const last = steps.pop();
    if (last === undefined) {
      root = operand;
      continue;
    }
    let holder: unknown = root;
    for (const step of steps) holder = (holder as Record<string, unknown>)[step];
    const place = holder as Record<string, unknown>;
    if (op === 'test') {
      if (JSON.stringify(place[last]) !== JSON.stringify(operand)) throw new Error(`test of ${path} failed`);
    } else if (Array.isArray(holder) && op === 'add')
      holder.splice(last === '-' ? holder.length : Number(last), 0, operand);
    else if (op === 'remove') {
      if (!(last in place)) throw new Error(`${path} is not there`);
      if (Array.isArray(holder)) holder.splice(Number(last), 1);
      else delete place[last];
    } else {
      if (op === 'replace' && !(last in place)) throw new Error(`${path} is not there`);
      place[last] = operand;
    }
  }
  return root;
}
