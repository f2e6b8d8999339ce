import type { ImageUse, ManifestFile } from '../discovery/index.ts';
import { type Edit, parseDocument } from '../yaml/index.ts';
import { editedText, nodeAt, patchEdits } from './edit/index.ts';
import { itemPlaces, placeOfValue } from './edit/place.ts';
import { entryOf } from './edit/value.ts';
import { openFile } from './objects.ts';
import type { NewReference } from './types.ts';

const ENTRY = /^images\[(\d+)\]$/;

/**
 * An entry of a kustomization's `images:` that has no `newName`. Its `name` is what kustomize searches for: rewritten, it would
 * match nothing any more.
 */
export function isKustomizeSelector(bytes: Buffer, use: ImageUse): boolean {
  if (use.kind !== 'Kustomization' && use.kind !== 'Component') return false;
  if (use.how !== 'split' || !ENTRY.test(use.path)) return false;
  const before = bytes.toString('latin1', Math.max(0, use.range[0] - 40), use.range[0]);
  return /(?:^|[\s{,"-])name"?:\s*["']?$/.test(before);
}

/** Gives such an entry the new name, tag and digest beside the name that it searches for. */
export function kustomizeEdits(file: ManifestFile, use: ImageUse, target: NewReference): Edit[] {
  const { source, documents } = openFile(file);
  const document = documents[use.document];
  const index = Number(ENTRY.exec(use.path)?.[1]);
  const root = document === undefined ? undefined : parseDocument(source, document);
  const images = entryOf(root, 'images');
  const list = images?.value;
  const item = nodeAt(list, [index]);
  if (images === undefined || list?.type !== 'seq' || item?.type !== 'map') return [];
  const place = placeOfValue(source.text, images);
  const block = place.form === 'block' ? itemPlaces(source.text, list, place.start)[index] : undefined;
  const first = item.entries[0]?.keyRange[0] ?? 0;
  const from = block === undefined ? source.text.lastIndexOf('{', first) : block.dash + 1;
  return patchEdits(editedText(source.text), item, from, {
    newName: `${target.registry}/${target.repository}`,
    ...(target.tag === undefined ? {} : { newTag: target.tag }),
    ...(target.digest === undefined ? {} : { digest: target.digest }),
  });
}
