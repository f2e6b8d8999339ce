import { looksLikeHost } from '../../oci/index.ts';
import type { ScalarNode } from '../../yaml/index.ts';
import type { Place } from '../place.ts';
import type { Registries } from '../registries.ts';
import type { Role } from '../roles.ts';
import type { Unresolved } from '../types.ts';
import { isPath } from './compose.ts';
import type { TemplatedHead } from './open.ts';
import type { Piece, Pieces } from './pieces.ts';
import type { Shared } from './shared.ts';
import { holdsContainers } from './workloads.ts';

const PINS: readonly Role[] = ['tag', 'digest', 'version'];

/** What the map and the keys around it say. */
export interface Asking {
  readonly aboutImage: boolean;
  readonly isImage: boolean;
  /** It has an empty key for a registry. */
  readonly asksForRegistry: boolean;
}

/** With what stands further out: the registry, and where there is no tag the release's. */
export function withShared(
  pieces: Pieces,
  place: Place,
  { aboutImage, isImage, asksForRegistry }: Asking,
  registries: Registries,
): Pieces {
  const { shared, release } = place;
  const label = isImage && pieces.has('tag') ? pieces.get('label') : undefined;
  const name = pieces.get('repository') ?? pieces.get('name') ?? label;
  const isPinned = PINS.some((role) => pieces.has(role));
  if (release !== undefined && pieces.get('repository')?.isWhole === true && !isPinned)
    return new Map([...pieces, ['version', pieceOf('version', release)]]);
  if (shared === undefined || shared.scope === 'choice' || name === undefined || pieces.has('registry'))
    return pieces;
  if (registries.isWhole(name.value, shared.registry.value) || !isPath(name.value)) return pieces;
  // a folder, such as that of a backup
  if (name.scalar.value.trim().startsWith('/') && !aboutImage && !name.saysImage) return pieces;
  const registry = new Map<Role, Piece>([...pieces, ['registry', pieceOf('registry', shared.registry)]]);
  // what has a tag of its own beside a release's is another project's image, but for an empty key that asks for the registry
  if (pieces.has('tag')) return shared.scope === 'below' || asksForRegistry ? registry : pieces;
  // a pod's containers are whole, whatever stands around them
  const isOfRelease =
    shared.tag !== undefined && (aboutImage || name.saysImage) && !holdsContainers(place.key);
  if (!isOfRelease || pieces.has('digest') || (shared.scope === 'asked' && !asksForRegistry)) return pieces;
  return pieces.has('version') ? registry : registry.set('tag', pieceOf('tag', shared.tag));
}

/** With what is said for all, piece by piece, where an empty key asks for it. */
export function withDefaults(
  pieces: Pieces,
  shared: Shared,
  asksForRegistry: boolean,
  hasOpenTag: boolean,
  registries: Registries,
): Pieces {
  const name = pieces.get('repository') ?? pieces.get('name') ?? pieces.get('label');
  if (name === undefined || !asksForRegistry || pieces.has('registry') || !isPath(name.value)) return pieces;
  if (registries.isWhole(name.value, shared.registry.value)) return pieces;
  const whole = new Map<Role, Piece>([...pieces, ['registry', pieceOf('registry', shared.registry)]]);
  if (shared.path !== undefined && !name.value.includes('/')) whole.set('path', pieceOf('path', shared.path));
  const isPinned = PINS.some((role) => pieces.has(role));
  if (hasOpenTag && !isPinned && shared.tag !== undefined) whole.set('tag', pieceOf('tag', shared.tag));
  return whole;
}

/**
 * The name that cannot be known behind a head that is a template. A whole reference needs none, and beside a name without tag or digest a
 * repository is more likely a program's.
 */
export function behindHead(
  pieces: Pieces,
  { role, why }: TemplatedHead,
): { readonly name: Piece; readonly why: Unresolved['why'] } | undefined {
  const name = pieces.get(role === 'registry' ? 'repository' : 'name');
  if (name === undefined || !isPath(name.value) || looksLikeHost(name.value.split('/')[0] ?? ''))
    return undefined;
  return role === 'registry' || PINS.some((pin) => pieces.has(pin)) ? { name, why } : undefined;
}

/** Pieces of a name that a registry must stand before: a whole reference is one without. */
export function isWithoutHost(pieces: Pieces, main: Piece): boolean {
  const isPiece = PINS.some((role) => pieces.has(role)) || main.role === 'repository';
  return (
    isPiece && !pieces.has('registry') && isPath(main.value) && !looksLikeHost(main.value.split('/')[0] ?? '')
  );
}

function pieceOf(role: Role, scalar: ScalarNode): Piece {
  return { role, scalar, value: scalar.value.trim(), saysImage: false, isWhole: false };
}
