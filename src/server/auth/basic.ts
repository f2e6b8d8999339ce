import { problem } from '../problem.ts';
import type { ApiResponse } from '../types.ts';
import type { Authenticator } from './authenticator.ts';
import { type Passwords, readBasic } from './passwords.ts';
import type { AccessOf } from './rules.ts';

/** HTTP Basic (RFC 7617) with every request. */
export function basicAuthenticator(passwords: Passwords, accessOf: AccessOf): Authenticator {
  return {
    tokenPath: undefined,
    token: async () => problem('UNSUPPORTED', 'this registry gives no tokens', { status: 404 }),
    authorize: async (request, needed) => {
      const header = request.headers['authorization'];
      const given = readBasic(header);
      // Tools of the containers/image family answer a Basic challenge with an empty name when they have no login.
      const isAnonymous = given?.user === '' && given.password === '';
      if (header === undefined || isAnonymous) {
        const anonymous = accessOf(undefined);
        // `GET /v2/` always asks: it is how clients learn how to log in.
        return needed !== undefined && anonymous.may(needed) ? anonymous : challenge('log in first');
      }
      if (given === undefined || !(await passwords.check(given.user, given.password)))
        return challenge('user or password is wrong');
      const access = accessOf(given.user);
      return needed === undefined || access.may(needed)
        ? access
        : problem('DENIED', 'this user may not do this here');
    },
  };
}

export function challenge(message: string): ApiResponse {
  return problem('UNAUTHORIZED', message, {
    headers: { 'www-authenticate': 'Basic realm="sallyport registry", charset="UTF-8"' },
  });
}
