import { RULES } from '../rules.ts';
import { shapeOf } from '../shape.ts';
import type { PlaceKind, Spot } from '../spot.ts';
import { trimmed } from '../values.ts';
import { isPackage, isPath } from './compose.ts';
import { isRelease } from './shared.ts';

/**
 * A key for a repository whose value belongs to nothing beside it: `repository: quay.io/team/app:1.2` is whole, and the tag of
 * `dbRepository: quay.io/team/db`, or of a schema's default, is chosen elsewhere.
 */
export const repositoryAlone: PlaceKind = (spot: Spot): boolean => {
  const { search, facts, place, scalar, siblings } = spot;
  // Argo CD's `repoURL: ghcr.io/team/app` beside `chart`
  if (siblings?.has('chart') === true) return false;
  if (facts.role?.role !== 'repository' || facts.role.isWhole || place.forPeople || place.metadata)
    return false;
  const { text, at } = trimmed(scalar);
  if (isPackage(text) || isPackage(place.keyAbove) || isRelease(place.keyAbove)) return false;
  if (shapeOf(text, search.registries) === 'strong') {
    search.collector.use(RULES.wholeRepository, place, {
      reference: text,
      range: scalar.rangeOf(at, at + text.length),
    });
    return true;
  }
  if (!search.registries.isBelowOrganisation(text) || !isPath(text)) return false;
  search.collector.unknown('missing-tag', place, scalar, text, at);
  return true;
};
