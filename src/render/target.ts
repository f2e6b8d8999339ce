import { parsePrefix, tryParseReference } from '../oci/index.ts';

/** Whether a reference names something below the target prefix. */
export function insideOf(prefix: string): (reference: string) => boolean {
  const { registry, path } = parsePrefix(prefix);
  return (reference) => {
    const parsed = tryParseReference(reference);
    if ('reason' in parsed) return false;
    return parsed.registry === registry && (path === '' || parsed.repository.startsWith(`${path}/`));
  };
}
