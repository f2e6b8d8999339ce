import type { Edit, MapNode, SeqNode } from '../../yaml/index.ts';
import { appendEdits, type EditedText, nodeAt, patchEdits, textAt } from '../edit/index.ts';
import { itemPlaces, placeOfValue } from '../edit/place.ts';
import { entryOf } from '../edit/value.ts';
import { type KubeObject, type OpenFile, objectsOf } from '../objects.ts';

/** Every manifest of che-operator since 7.60 has it, and its process does not start without it. */
const MARK = 'RELATED_IMAGE_che_server';

/** The operator's Deployment in a file, with the container that reads the environment. */
export interface OperatorContainer {
  readonly object: KubeObject;
  readonly container: MapNode;
  /** Where the container's text begins: behind its dash. */
  readonly from: number;
}

export function findOperator(file: OpenFile): OperatorContainer | undefined {
  const { text } = file.source;
  for (const object of objectsOf(file, new Set(['Deployment']))) {
    const pod = nodeAt(object.node, ['spec', 'template', 'spec']);
    const entry = entryOf(pod, 'containers');
    const list = entry?.value;
    if (entry === undefined || list?.type !== 'seq') continue;
    const place = placeOfValue(text, entry);
    const index = list.items.findIndex((item) => envItem(item, MARK) !== undefined);
    const container = list.items[index];
    const from = place.form === 'block' ? itemPlaces(text, list, place.start)[index] : undefined;
    if (container?.type === 'map' && from !== undefined) return { object, container, from: from.dash + 1 };
  }
  return undefined;
}

export interface Variable {
  readonly name: string;
  readonly value: string;
}

/**
 * Sets variables of the container: those that are there get the value, others come at the end of the list. `ifPresent` are only
 * changed where they stand.
 */
export function envEdits(
  edited: EditedText,
  operator: OperatorContainer,
  set: readonly Variable[],
  ifPresent: readonly Variable[],
): Edit[] {
  const entry = entryOf(operator.container, 'env');
  const list = entry?.value;
  if (entry === undefined || list?.type !== 'seq') return [];
  const places = itemPlaces(edited.text, list, placeOfValue(edited.text, entry).start);
  const edits: Edit[] = [];
  const added: Variable[] = [];
  for (const [variable, always] of [
    ...set.map((one) => [one, true] as const),
    ...ifPresent.map((one) => [one, false] as const),
  ]) {
    const index = indexOfVariable(list, variable.name);
    const item = list.items[index];
    const place = places[index];
    if (item !== undefined && place !== undefined)
      edits.push(...patchEdits(edited, item, place.dash + 1, { value: variable.value }));
    else if (always) added.push(variable);
  }
  const appended = appendEdits(
    edited,
    operator.container,
    operator.from,
    'env',
    added.map(({ name, value }) => ({ name, value })),
  );
  return [...edits, ...appended];
}

/** Sets variables of any container, whether or not they are there. */
export function setVariables(
  edited: EditedText,
  container: OperatorContainer,
  variables: readonly Variable[],
): Edit[] {
  if (variables.length === 0) return [];
  return entryOf(container.container, 'env') === undefined
    ? appendEdits(
        edited,
        container.container,
        container.from,
        'env',
        variables.map(({ name, value }) => ({ name, value })),
      )
    : envEdits(edited, container, variables, []);
}

function envItem(container: KubeObject['node'] | SeqNode['items'][number], name: string): number | undefined {
  const list = nodeAt(container, ['env']);
  const index = list?.type === 'seq' ? indexOfVariable(list, name) : -1;
  return index === -1 ? undefined : index;
}

function indexOfVariable(list: SeqNode, name: string): number {
  return list.items.findIndex((item) => textAt(item, 'name') === name);
}
