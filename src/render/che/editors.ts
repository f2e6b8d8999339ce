import { parseDocument } from '../../yaml/index.ts';
import { nodeAt, textAt } from '../edit/index.ts';
import type { OpenFile } from '../objects.ts';

/** An environment variable of the operator that replaces one image of an editor definition. */
export interface EditorOverride {
  readonly name: string;
  readonly image: string;
  /** `che-code/latest`. */
  readonly editor: string;
}

/**
 * The overrides for a rewritten editor definition. The definitions are inside the operator's image, so no manifest can change
 * them; the operator reads `RELATED_IMAGE_editor_definition_<name>_<version>_<component>` with every run of other characters as
 * one `_`. Source: che-operator 7.121.0 pkg/deploy/editors-definitions/editors_definitions.go.
 */
export function editorOverrides(file: OpenFile): EditorOverride[] {
  return file.documents.flatMap((document) => {
    const root = parseDocument(file.source, document);
    const name = textAt(root, 'metadata', 'name');
    const version = textAt(root, 'metadata', 'attributes', 'version');
    const components = nodeAt(root, ['components']);
    if (name === undefined || version === undefined || components?.type !== 'seq') return [];
    return components.items.flatMap((component) => {
      const image = textAt(component, 'container', 'image');
      const part = textAt(component, 'name');
      if (image === undefined || image === '' || part === undefined) return [];
      const variable = `RELATED_IMAGE_editor_definition_${name}_${version}_${part}`.replace(
        /[^a-zA-Z0-9]+/g,
        '_',
      );
      return [{ name: variable, image, editor: `${name}/${version}` }];
    });
  });
}
