import type { Edit } from '../../yaml/index.ts';
import { type OperatorContainer, setVariables } from '../che/operator-env.ts';
import {
  appendEdits,
  type EditedText,
  isObject,
  type Json,
  nodeAt,
  patchEdits,
  readValue,
  textAt,
} from '../edit/index.ts';
import { itemPlaces, placeOfValue } from '../edit/place.ts';
import { entryOf } from '../edit/value.ts';
import { type OpenFile, objectsOf } from '../objects.ts';
import type { DeploymentChange } from './plan.ts';

/** A container of a Deployment by both names; by the Deployment's alone, its first. */
export function findContainer(
  file: OpenFile,
  deployment: string,
  container?: string,
): OperatorContainer | undefined {
  const { text } = file.source;
  for (const object of objectsOf(file, new Set(['Deployment']))) {
    if (object.name !== deployment) continue;
    const entry = entryOf(nodeAt(object.node, ['spec', 'template', 'spec']), 'containers');
    const list = entry?.value;
    if (entry === undefined || list?.type !== 'seq') continue;
    const place = placeOfValue(text, entry);
    const index =
      container === undefined ? 0 : list.items.findIndex((item) => textAt(item, 'name') === container);
    const found = list.items[index];
    const from = place.form === 'block' ? itemPlaces(text, list, place.start)[index] : undefined;
    if (found?.type === 'map' && from !== undefined) return { object, container: found, from: from.dash + 1 };
  }
  return undefined;
}

/** The edits of a Deployment where it stands. Throws `CannotPlace`. */
export function deploymentEdits(
  edited: EditedText,
  found: OperatorContainer,
  change: DeploymentChange,
): Edit[] {
  const { object, container, from } = found;
  const spread =
    change.spread.length === 0
      ? {}
      : { spec: { template: { spec: { topologySpreadConstraints: constraints(found, change.spread) } } } };
  return [
    ...setVariables(edited, found, change.variables),
    ...patchEdits(edited, container, from, change.ofContainer),
    ...patchEdits(edited, object.node, object.from, both(change.object, spread)),
  ];
}

/** As far as that goes: a pod that finds no better place still runs. */
function constraints({ object }: OperatorContainer, keys: readonly string[]): Json {
  const labels = readValue(nodeAt(object.node, ['spec', 'selector', 'matchLabels']));
  return keys.map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  }));
}

function both(a: Json, b: Json): Json {
  if (!isObject(a) || !isObject(b)) return b;
  const joined: Record<string, Json> = { ...a };
  for (const [key, value] of Object.entries(b))
    joined[key] = key in joined ? both(joined[key] ?? null, value) : value;
  return joined;
}

/** The argument at the end of the list, unless the container has it in either form. */
export function argumentEdits(
  edited: EditedText,
  { container, from }: OperatorContainer,
  flag: string,
  value: string,
): Edit[] {
  const list = nodeAt(container, ['args']);
  const has = list?.type === 'seq' && list.items.some((item) => isFlag(textAt(item), flag));
  return has ? [] : appendEdits(edited, container, from, 'args', [`${flag}=${value}`]);
}

function isFlag(word: string | undefined, flag: string): boolean {
  return word === flag || word?.startsWith(`${flag}=`) === true;
}
