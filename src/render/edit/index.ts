export { documentText } from './block-text.ts';
export { appendEdits, type EditedText, editedText, joinEdits, patchEdits } from './patch.ts';
export { CannotPlace } from './place.ts';
export {
  entryOf,
  equal,
  isObject,
  type Json,
  mergePatch,
  nodeAt,
  readValue,
  textAt,
  toJson,
} from './value.ts';
