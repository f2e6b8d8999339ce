import { isRepositoryPath } from '../../oci/index.ts';
import { problem } from '../problem.ts';
import type { ApiResponse } from '../types.ts';

/** What a path of the API names. The texts are decoded and, but for `name`, not yet checked. */
export type Target =
  | { readonly route: 'base' }
  | { readonly route: 'catalog' }
  | { readonly route: 'blob'; readonly name: string; readonly digest: string }
  | { readonly route: 'uploads'; readonly name: string }
  | { readonly route: 'upload'; readonly name: string; readonly id: string }
  | { readonly route: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly route: 'tags'; readonly name: string }
  | { readonly route: 'referrers'; readonly name: string; readonly digest: string };

/** distribution/reference caps a name with its host at 255; nothing longer can be pulled by its clients. */
const NAME_LIMIT = 255;

/**
 * Reads a path of distribution-spec v1.1 "Endpoints". Repository names contain slashes and may contain words such as `blobs`,
 * so it is read from its end. Returns an error answer for what is no path of the API.
 */
export function matchPath(path: string): Target | ApiResponse {
  const segments = decode(path);
  if (segments === undefined) return problem('NAME_INVALID', 'the path is not readable');
  if (segments[1] !== 'v2') return problem('UNSUPPORTED', 'there is nothing at this path', { status: 404 });
  const rest = segments.slice(2);
  if (rest.length === 0 || (rest.length === 1 && rest[0] === '')) return { route: 'base' };
  if (rest.length === 1 && rest[0] === '_catalog') return { route: 'catalog' };
  const [third, second, last] = [rest.at(-3), rest.at(-2), rest.at(-1)];
  if (last === undefined || second === undefined)
    return problem('UNSUPPORTED', 'there is nothing at this path', { status: 404 });
  if (third === 'blobs' && second === 'uploads')
    return named(rest.slice(0, -3), (name) =>
      last === '' ? { route: 'uploads', name } : { route: 'upload', name, id: last },
    );
  const names = rest.slice(0, -2);
  if (second === 'blobs')
    return named(names, (name) =>
      last === 'uploads' ? { route: 'uploads', name } : { route: 'blob', name, digest: last },
    );
  if (second === 'manifests') return named(names, (name) => ({ route: 'manifest', name, reference: last }));
  if (second === 'referrers') return named(names, (name) => ({ route: 'referrers', name, digest: last }));
  if (second === 'tags' && last === 'list') return named(names, (name) => ({ route: 'tags', name }));
  return problem('UNSUPPORTED', 'there is nothing at this path', { status: 404 });
}

export function isResponse(value: Target | ApiResponse): value is ApiResponse {
  return 'status' in value;
}

function named(segments: readonly string[], target: (name: string) => Target): Target | ApiResponse {
  const name = segments.join('/');
  return isRepositoryPath(name) && name.length <= NAME_LIMIT
    ? target(name)
    : problem('NAME_INVALID', 'the repository name is not one that the specification allows', {
        detail: { name },
      });
}

/** Decoded one by one, so that an encoded slash never makes a new segment (it fails the grammar of every segment instead). */
function decode(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent);
  } catch {
    return undefined;
  }
}
