export type Action = 'pull' | 'push' | 'delete';

/** What one request needs, or a token grants. */
export type Permission =
  | { readonly kind: 'repository'; readonly name: string; readonly action: Action }
  | { readonly kind: 'catalog' };

/** What the client of one request may do. */
export interface Access {
  /** Undefined: nobody has said who it is. */
  readonly user: string | undefined;
  may(permission: Permission): boolean;
  /** What the same client may do when it asks with other tokens; the same as `may` where there are none. */
  couldMay(permission: Permission): boolean;
}

/** For a registry without accounts. */
export const OPEN_ACCESS: Access = { user: undefined, may: () => true, couldMay: () => true };
