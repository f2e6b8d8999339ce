import { createHmac, randomBytes } from 'node:crypto';
import { at, isFields, sameJson } from '../../base/index.ts';
import { withoutServerFields } from '../manifests.ts';
import type { KubeObject } from '../types.ts';

/** One place that changes. */
export interface Difference {
  /** As people write it: `spec.template.spec.containers[name=che].image`. */
  readonly path: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** What kind of change it is, for grouping. */
  readonly about: 'image' | 'schema' | 'rights' | 'environment' | 'metadata' | 'secret' | 'other';
}

/**
 * By which key a list of maps is a set (x-kubernetes-list-map-keys of Kubernetes' own types): items are compared with the one of the same
 * key, so that one more container does not change all behind it. The first key that every item has, with different values, is taken.
 */
const ITEM_KEYS = [
  'name',
  'mountPath',
  'containerPort',
  'port',
  'ip',
  'key',
  'type',
  'uid',
  'topologyKey',
] as const;

/** Some place in a list whose items have no names. */
const ANY = Symbol('any');

const MASK = '(masked)';

/**
 * What would change from one state of an object to another, by meaning: key order, lists that are sets, and what only the server
 * writes do not matter. Values of Secrets are masked, but it is told that they change.
 */
export function differencesOf(before: KubeObject, after: KubeObject): readonly Difference[] {
  const found: Difference[] = [];
  const { kind } = after;
  // Masks of one comparison are alike where the values are; nobody can try values against them, because the salt is forgotten.
  const salt = randomBytes(16);
  compare(comparable(before, salt), comparable(after, salt), [], (path, old, now) => {
    const secret = kind === 'Secret' && path[0] === 'data';
    found.push({
      path: pathText(path),
      ...(old === undefined ? {} : { before: unsalted(old) }),
      ...(now === undefined ? {} : { after: unsalted(now) }),
      about: secret ? 'secret' : aboutOf(kind, path),
    });
  });
  return found;
}

function comparable(object: KubeObject, salt: Buffer): unknown {
  const clean = withoutServerFields(object);
  const annotations = { ...clean.metadata.annotations };
  // A copy of the whole manifest; what changes in it changes elsewhere too.
  delete annotations['kubectl.kubernetes.io/last-applied-configuration'];
  const { annotations: _all, ...rest } = clean.metadata;
  const metadata = Object.keys(annotations).length === 0 ? rest : { ...rest, annotations };
  if (clean.kind !== 'Secret') return { ...clean, metadata };
  const { stringData, data, ...others } = clean;
  const masked: Record<string, string> = {};
  const mask = (text: string): string => `${MASK} ${createHmac('sha256', salt).update(text).digest('hex')}`;
  for (const [key, value] of Object.entries(isFields(data) ? data : {})) masked[key] = mask(String(value));
  // The server stores stringData as data.
  for (const [key, value] of Object.entries(isFields(stringData) ? stringData : {}))
    masked[key] = mask(Buffer.from(String(value)).toString('base64'));
  return { ...others, metadata, ...(Object.keys(masked).length === 0 ? {} : { data: masked }) };
}

function unsalted(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MASK) ? MASK : value;
  if (Array.isArray(value)) return (value as unknown[]).map(unsalted);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unsalted(item)]));
}

type Path = readonly (string | { readonly key: string; readonly value: string } | number | typeof ANY)[];
type Tell = (path: Path, before: unknown, after: unknown) => void;

function compare(before: unknown, after: unknown, path: Path, tell: Tell): void {
  if (sameJson(before, after)) return;
  if (isFields(before) && isFields(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      compare(before[key], after[key], [...path, key], tell);
    return;
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    compareLists(before as unknown[], after as unknown[], path, tell);
    return;
  }
  tell(path, before, after);
}

function compareLists(before: readonly unknown[], after: readonly unknown[], path: Path, tell: Tell): void {
  const key = itemKey([before, after]);
  if (key === undefined) {
    if (before.length === after.length)
      before.forEach((item, index) => {
        compare(item, after[index], [...path, index], tell);
      });
    else tellMembers(before, after, path, tell);
    return;
  }
  const byKey = (items: readonly unknown[]): Map<string, unknown> =>
    new Map(items.map((item) => [String(at(item, key)), item]));
  const [old, now] = [byKey(before), byKey(after)];
  for (const value of new Set([...old.keys(), ...now.keys()]))
    compare(old.get(value), now.get(value), [...path, { key, value }], tell);
}

/** Lists without keys: what went and what came; when that is nothing, the order changed. */
function tellMembers(before: readonly unknown[], after: readonly unknown[], path: Path, tell: Tell): void {
  const without = (from: readonly unknown[], items: readonly unknown[]): unknown[] => {
    const left = items.map((item) => JSON.stringify(item));
    return from.filter((item) => {
      const index = left.indexOf(JSON.stringify(item));
      if (index !== -1) left.splice(index, 1);
      return index === -1;
    });
  };
  for (const item of without(before, after)) tell([...path, ANY], item, undefined);
  for (const item of without(after, before)) tell([...path, ANY], undefined, item);
}

function itemKey(lists: readonly (readonly unknown[])[]): string | undefined {
  return ITEM_KEYS.find((key) =>
    lists.every((items) => {
      const values = items.map((item) => (isFields(item) ? item[key] : undefined));
      return (
        values.every((value) => typeof value === 'string' || typeof value === 'number') &&
        new Set(values).size === values.length
      );
    }),
  );
}

function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (step === ANY) text += '[]';
    else if (typeof step === 'number') text += `[${step}]`;
    else if (typeof step !== 'string') text += `[${step.key}=${step.value}]`;
    else if (/^[A-Za-z0-9_-]+$/.test(step)) text += `${text === '' ? '' : '.'}${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}

const RIGHTS = /^(?:Cluster)?Role(?:Binding)?$/;

function aboutOf(kind: string, path: Path): Difference['about'] {
  const last = path.at(-1);
  const keys = path.map((step) => (typeof step === 'string' ? step : ''));
  if (keys[0] === 'metadata') return 'metadata';
  if (kind === 'CustomResourceDefinition') return 'schema';
  if (RIGHTS.test(kind)) return 'rights';
  const variable = keys.includes('env');
  const name = path.find((step, index) => typeof step === 'object' && keys[index - 1] === 'env');
  if (
    last === 'image' ||
    (variable && typeof name === 'object' && /(?:^RELATED_IMAGE_|_IMAGE$)/.test(name.value))
  )
    return 'image';
  return variable ? 'environment' : 'other';
}
