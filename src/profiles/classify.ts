import { nameOf, parseReference } from '../oci/index.ts';
import type { ImageRow } from './che/images.ts';
import { readSelection } from './selection.ts';
import type { ImageClass, ProfileRequest } from './types.ts';

/** Marks a normalised reference by the table, and says whether the request wants it. `editors`: reference → editors that use it. */
export function classifier(
  rows: readonly ImageRow[],
  request: ProfileRequest,
  editors: ReadonlyMap<string, readonly string[]>,
  defaultEditor?: string,
): (reference: string) => ImageClass {
  const selection = readSelection(request, {
    groups: new Set(rows.map((row) => row.group)),
    editors: new Set([...editors.values()].flat()),
    ...(defaultEditor === undefined ? {} : { defaultEditor }),
  });
  return (reference) => {
    const repository = nameOf(parseReference(reference));
    const row = rows.find(
      (candidate) =>
        candidate.repository.test(repository) &&
        (candidate.platform === undefined || candidate.platform === request.platform),
    );
    const members = editors.get(reference);
    const known = withoutWish(row, members, defaultEditor);
    return { ...known, wanted: selection.wants(known, repository) };
  };
}

function withoutWish(
  row: ImageRow | undefined,
  members: readonly string[] | undefined,
  defaultEditor: string | undefined,
): Omit<ImageClass, 'wanted'> {
  // Every editor's definition carries the developer image as a placeholder; the table says more about it than its editors do.
  if (members !== undefined && (row === undefined || row.group === 'editors')) {
    const isDefault = defaultEditor !== undefined && members.includes(defaultEditor);
    return isDefault
      ? { mark: 'default', group: 'editors', members }
      : {
          mark: 'conditional',
          group: 'editors',
          condition: `when a user chooses ${members.length > 3 ? 'one of these editors' : members.join(' or ')}`,
          members,
        };
  }
  if (row === undefined) return { mark: 'always', group: 'control-plane' };
  return {
    mark: row.mark,
    group: row.group,
    ...(row.condition === undefined ? {} : { condition: row.condition }),
    ...(members === undefined ? {} : { members }),
  };
}
