import type { ApiRequest, ApiResponse } from '../types.ts';
import type { Access, Permission } from './access.ts';

/** Says what the client of a request may do. */
export interface Authenticator {
  /**
   * The client's access when it includes what is needed (undefined: only to be known, where that is required), else the refusal.
   * `wanted` is asked for along, when the client could have it: a mount reads a second repository.
   */
  authorize(
    request: ApiRequest,
    needed: Permission | undefined,
    wanted: Permission | undefined,
  ): Promise<Access | ApiResponse>;
  /** Path of the token endpoint, when tokens are used. */
  readonly tokenPath: string | undefined;
  token(request: ApiRequest): Promise<ApiResponse>;
}
