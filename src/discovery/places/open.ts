import type { MapNode, ScalarNode, YamlNode } from '../../yaml/index.ts';
import type { KeyBook } from '../keys.ts';
import type { Role } from '../roles.ts';
import { isNull } from '../shape.ts';
import { templateIn } from '../templates.ts';
import type { Unresolved } from '../types.ts';

/** `tag: ""` or `registry: ""`, by the stem of the keys; for a tag also a version, where it can be nothing else. */
export function openRoles(
  keys: KeyBook,
  map: MapNode,
  isImage: boolean,
): ReadonlyMap<string, ReadonlySet<Role>> {
  const open = new Map<string, Set<Role>>();
  for (const { key, value } of map.entries) {
    const known = keys.of(key).role;
    // Helm's `tag: {{ tag }}` without quotes is a map to YAML
    const isTemplated = known?.role === 'tag' && value?.type === 'map';
    if (known === undefined || !(isTemplated || isEmpty(value))) continue;
    const roles = open.get(known.stem) ?? new Set<Role>();
    open.set(known.stem, roles.add(known.role));
    if (known.role === 'version' && (known.saysImage || isImage)) roles.add('tag');
  }
  return open;
}

/** Nothing, or what only somebody else can complete. */
function isEmpty(node: YamlNode | undefined): boolean {
  if (node?.type !== 'scalar') return node === undefined;
  return node.value === '' || isNull(node) || templateIn(node.value) !== undefined;
}

/** What is known elsewhere and stands before the name in a reference: `registry: ${REGISTRY}`, `dbRepo: "{{ base }}/db"`. */
export interface TemplatedHead {
  readonly role: 'registry' | 'repository';
  readonly why: Unresolved['why'];
}

/** Those of each stem. */
export function templatedHeads(
  keys: KeyBook,
  siblings: ReadonlyMap<string, ScalarNode>,
): ReadonlyMap<string, readonly TemplatedHead[]> {
  const heads = new Map<string, TemplatedHead[]>();
  for (const [key, { value }] of siblings) {
    const known = keys.of(key).role;
    if (known === undefined) continue;
    const { role, stem, isWhole } = known;
    if (role !== 'registry' && (role !== 'repository' || isWhole)) continue;
    const why = templateIn(value);
    if (why !== undefined) heads.set(stem, [...(heads.get(stem) ?? []), { role, why }]);
  }
  return heads;
}
