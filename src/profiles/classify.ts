import { nameOf, parseReference } from '../oci/index.ts';
import type { ImageRow } from './image-row.ts';
import { readSelection } from './selection.ts';
import type { ImageClass, ProfileRequest } from './types.ts';

export interface Knowledge {
  readonly rows: readonly ImageRow[];
  readonly request: ProfileRequest;
  /** Normalised reference → the editors that use it. */
  readonly editors?: ReadonlyMap<string, readonly string[]>;
  readonly defaultEditor?: string;
  /** What manifests say by the names of variables, where no row knows the repository. */
  readonly purposes?: ReadonlyMap<string, keyof typeof PURPOSES>;
}

const PURPOSES = {
  samples: 'when a sample devfile of the internal devfile registry is started (before 7.90)',
  plugins: 'when a plugin of the internal plugin registry is used (before 7.64)',
} as const;

type Known = Omit<ImageClass, 'wanted'>;

/** Marks a normalised reference by the tables, and says whether the request wants it. Throws `USAGE` for a selection of what is not there. */
export function classifier(knowledge: Knowledge): (reference: string) => ImageClass {
  const { rows, request, editors = new Map<string, readonly string[]>(), defaultEditor } = knowledge;
  const purposes = knowledge.purposes ?? new Map<string, keyof typeof PURPOSES>();
  const selection = readSelection(request, {
    groups: new Set([...rows.map((row) => row.group), ...purposes.values()]),
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
    const purpose = purposes.get(reference);
    const known =
      // Every editor's definition carries the developer image as a placeholder; the table says more about it than its editors do.
      members !== undefined && (row === undefined || row.group === 'editors')
        ? editorImage(members, defaultEditor)
        : row === undefined && purpose !== undefined
          ? ({ mark: 'conditional', group: purpose, condition: PURPOSES[purpose] } as const)
          : byRow(row, members);
    return { ...known, wanted: selection.wants(known, repository) };
  };
}

function editorImage(members: readonly string[], defaultEditor: string | undefined): Known {
  if (defaultEditor !== undefined && members.includes(defaultEditor))
    return { mark: 'default', group: 'editors', members };
  const editors = members.length > 3 ? 'one of these editors' : members.join(' or ');
  return { mark: 'conditional', group: 'editors', condition: `when a user chooses ${editors}`, members };
}

function byRow(row: ImageRow | undefined, members: readonly string[] | undefined): Known {
  if (row === undefined) return { mark: 'always', group: 'control-plane' };
  return {
    mark: row.mark,
    group: row.group,
    ...(row.condition === undefined ? {} : { condition: row.condition }),
    ...(members === undefined ? {} : { members }),
  };
}
