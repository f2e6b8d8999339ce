import { SallyportError } from '../base/index.ts';
import type { ImageMark } from '../facts/index.ts';
import type { ImageClass, ProfileRequest } from './types.ts';

/** What --only, --without and --editors ask for. */
export interface Selection {
  wants(image: Omit<ImageClass, 'wanted'>, repository: string): boolean;
}

/** Throws `USAGE` for a group or editor that the profile does not know, and for leaving out the default editor by name. */
export function readSelection(
  request: Pick<ProfileRequest, 'only' | 'without' | 'editors'>,
  known: {
    readonly groups: ReadonlySet<string>;
    readonly editors: ReadonlySet<string>;
    readonly defaultEditor?: string;
  },
): Selection {
  const only = new Set<ImageMark>(request.only);
  const groups = new Set<string>();
  const members = new Map<string, string[]>();
  for (const text of request.without) {
    const [group = '', list] = text.split('=', 2);
    if (!known.groups.has(group)) {
      throw new SallyportError('USAGE', 'is no group of images of this profile', {
        subject: `--without ${text}`,
        hint: `Groups: ${[...known.groups].sort().join(', ')}.`,
      });
    }
    if (list === undefined) groups.add(group);
    else
      members.set(group, [
        ...(members.get(group) ?? []),
        ...list.split(',').filter((member) => member !== ''),
      ]);
  }
  const left = members.get('editors') ?? [];
  if (known.defaultEditor !== undefined && left.includes(known.defaultEditor)) {
    throw new SallyportError(
      'USAGE',
      'is the default editor, without which workspaces that name none do not start',
      {
        subject: `--without editors=${known.defaultEditor}`,
        hint: 'Choose another default first: render.cheCluster with spec.devEnvironments.defaultEditor in sallyport.yaml.',
      },
    );
  }
  for (const editor of [...request.editors, ...left]) {
    if (known.editors.size > 0 && ![...known.editors].some((one) => matchesEditor(one, editor))) {
      throw new SallyportError('USAGE', 'is no editor of this release', {
        subject: editor,
        hint: `Editors: ${[...known.editors].sort().join(', ')}.`,
      });
    }
  }
  const keepsEditor = (editor: string): boolean => {
    if (editor === known.defaultEditor) return true;
    if (left.some((pattern) => matchesEditor(editor, pattern))) return false;
    if (request.editors.length > 0) return request.editors.some((pattern) => matchesEditor(editor, pattern));
    return !groups.has('editors');
  };
  return {
    wants: (image, repository) => {
      if (only.size > 0 && !only.has(image.mark)) return false;
      if (image.members !== undefined && image.members.length > 0 && image.group === 'editors')
        return image.members.some(keepsEditor);
      if (groups.has(image.group)) return false;
      const lastSegment = repository.slice(repository.lastIndexOf('/') + 1);
      return !(members.get(image.group) ?? []).includes(lastSegment);
    },
  };
}

/** `che-code` is every version of it, `che-code/latest` one. */
export function matchesEditor(editor: string, pattern: string): boolean {
  return editor === pattern || editor.startsWith(`${pattern}/`);
}
