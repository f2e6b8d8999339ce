import { isDigest } from '../../oci/index.ts';
import type { ScalarNode, SeqNode } from '../../yaml/index.ts';
import type { Place } from '../place.ts';
import { RULES } from '../rules.ts';
import type { Search } from '../search.ts';
import { commonAmong, withCommon } from './common.ts';
import { isPath } from './compose.ts';
import { Nameless } from './nameless.ts';
import { type Pieces, partRange, piecesByStem } from './pieces.ts';
import { saysImage, tell } from './split.ts';

/** What the keys around variables say: nothing. */
const ALONE = { aboutImage: false, isImage: false, isOther: false, hasOpenTag: false };

/**
 * References spread over the variables of a list: `X_IMAGE_REPOSITORY` beside `X_VERSION`, `X_REPO` beside `X_IMAGE`; and with what others
 * say for all, `REGISTRY` and `PROJECT` beside `X_REPO` and `X_TAG`.
 */
export function splitVariables(search: Search, place: Place, list: SeqNode): void {
  const variables = variablesOf(list);
  if (variables.size === 0) return;
  const stems = piecesByStem(search.keys, variables);
  const common = commonAmong(variables);
  let isCommonUsed = false;
  for (const own of common === undefined ? [] : stems.values()) {
    const pieces = common === undefined ? undefined : withCommon(own, common, search.registries);
    if (pieces === undefined) continue;
    tell(search, place, RULES.commonVariables, pieces, { ...ALONE, aboutImage: true });
    isCommonUsed = true;
  }
  const nameless = new Nameless(search, variables);
  for (const [stem, own] of stems) {
    const pieces = nameless.complete(stem, own);
    if (isTold(search, pieces) || (isCommonUsed && isOf(own, common))) continue;
    if (!besideEachOther(search, place, pieces)) digestAlone(search, place, pieces);
  }
}

function variablesOf(list: SeqNode): ReadonlyMap<string, ScalarNode> {
  const variables = new Map<string, ScalarNode>();
  for (const item of list.items) {
    if (item?.type !== 'map') continue;
    const [name, value] = ['name', 'value'].map(
      (key) => item.entries.find((entry) => entry.key === key)?.value,
    );
    if (name?.type === 'scalar' && value?.type === 'scalar') variables.set(name.value, value);
  }
  return variables;
}

/** True when the pieces of one stem are a reference's. */
function besideEachOther(search: Search, place: Place, own: Pieces): boolean {
  const name = own.get('name');
  const repository = own.get('repository')?.value;
  // `X_IMAGE` with a whole reference needs nothing of the others
  if (name !== undefined && !isPath(name.value)) return true;
  const isNameless = own.get('repository')?.isWhole === true && (own.has('digest') || own.has('tag'));
  if (!saysImage(own) && !isNameless) return false;
  const version = own.get('version');
  // the version of a program beside its image is no tag
  const isTag = version === undefined || version.saysImage || own.has('repository');
  const pieces = isTag ? own : new Map([...own].filter(([role]) => role !== 'version'));
  if (pieces.size > 1 || search.registries.isBelowOrganisation(repository))
    tell(search, place, RULES.splitVariables, pieces, ALONE);
  return name !== undefined || repository !== undefined;
}

/** `VIRT_API_SHASUM`: which image it is of, the program knows that reads it. */
function digestAlone({ collector }: Search, place: Place, own: Pieces): void {
  const digest = own.get('digest');
  if (digest !== undefined && isDigest(digest.value) && !own.has('name') && !own.has('repository'))
    collector.unknownAt('missing-name', place, partRange(digest), digest.value);
}

function isTold({ collector }: Search, own: Pieces): boolean {
  return [...own.values()].some(({ role, scalar }) => isNameRole(role) && collector.isTaken(scalar));
}

function isNameRole(role: string): boolean {
  return role === 'name' || role === 'repository';
}

/** The variables that are said for all are no image of their own. */
function isOf(own: Pieces, common: Pieces | undefined): boolean {
  const scalars = new Set([...(common?.values() ?? [])].map(({ scalar }) => scalar));
  return [...own.values()].every(({ scalar }) => scalars.has(scalar));
}
