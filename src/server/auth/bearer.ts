import { json, problem } from '../problem.ts';
import { readBody } from '../routes/body.ts';
import type { ApiRequest, ApiResponse } from '../types.ts';
import type { Permission } from './access.ts';
import type { Authenticator } from './authenticator.ts';
import { challenge } from './basic.ts';
import { type Passwords, readBasic } from './passwords.ts';
import { readScopes, type Tokens, writeScope } from './tokens.ts';

const TOKEN_PATH = '/token';
const SERVICE = 'sallyport registry';
const FORM_LIMIT = 16 * 1024;

/** Tokens as Docker's registries use them (distribution "Token Authentication Specification"), from an endpoint of our own. */
export function bearerAuthenticator(passwords: Passwords, tokens: Tokens): Authenticator {
  return {
    tokenPath: TOKEN_PATH,
    authorize: async (request, needed, wanted) => {
      const match = /^bearer +(\S+)$/i.exec(request.headers['authorization'] ?? '');
      if (match?.[1] === undefined) return demand(request, [needed, wanted], undefined);
      const access = tokens.read(match[1]);
      if (access === undefined) return demand(request, [needed, wanted], 'invalid_token');
      const lacksNeeded = needed !== undefined && !access.may(needed);
      // Whoever may never read the other repository just uploads; asking again would not end.
      const lacksWanted = wanted !== undefined && !access.may(wanted) && access.couldMay(wanted);
      // Whoever is known and has no such right would ask for tokens without end.
      if (lacksNeeded && access.user !== undefined && !access.couldMay(needed))
        return problem('DENIED', 'this user may not do this here');
      return lacksNeeded || lacksWanted ? demand(request, [needed, wanted], 'insufficient_scope') : access;
    },
    token: async (request) => {
      const asked = await readQuestion(request);
      if (asked === undefined)
        return problem('UNSUPPORTED', 'this is no question for a token', { status: 400 });
      const { login } = asked;
      if (login !== undefined && !(await passwords.check(login.user, login.password)))
        return challenge('user or password is wrong');
      const issued = tokens.issue(login?.user, readScopes(asked.scopes));
      return json(
        200,
        {
          token: issued.token,
          access_token: issued.token,
          expires_in: issued.seconds,
          issued_at: new Date(issued.issuedAt).toISOString(),
        },
        { 'cache-control': 'no-store' },
      );
    },
  };
}

interface Question {
  readonly login: { readonly user: string; readonly password: string } | undefined;
  readonly scopes: readonly string[];
}

/** GET with Basic, or POST with a form (OAuth 2 password grant, as containerd and others ask). */
async function readQuestion(request: ApiRequest): Promise<Question | undefined> {
  const header = request.headers['authorization'];
  const login = readBasic(header);
  if (header !== undefined && login === undefined) return undefined;
  if (request.method === 'GET') return { login, scopes: request.query.getAll('scope') };
  if (request.method !== 'POST') return undefined;
  const body = await readBody(request, FORM_LIMIT);
  if (body === undefined) return undefined;
  const form = new URLSearchParams(body.toString('utf8'));
  if (form.get('grant_type') !== 'password') return undefined;
  const [user, password] = [form.get('username'), form.get('password')];
  if (user === null || password === null) return undefined;
  return { login: { user, password }, scopes: form.getAll('scope') };
}

function demand(
  request: ApiRequest,
  permissions: readonly (Permission | undefined)[],
  error: string | undefined,
): ApiResponse {
  const scope = permissions.flatMap((one) => (one === undefined ? [] : writeScope(one))).join(' ');
  // A quotation mark would end the value; a host has none.
  const realm = `${request.scheme}://${request.host.replace(/["\\\s]/g, '')}${TOKEN_PATH}`;
  const parts = [`realm="${realm}"`, `service="${SERVICE}"`];
  if (scope !== '') parts.push(`scope="${scope}"`);
  if (error !== undefined) parts.push(`error="${error}"`);
  return problem('UNAUTHORIZED', 'a token for this is needed', {
    headers: { 'www-authenticate': `Bearer ${parts.join(',')}` },
    ...(scope === '' ? {} : { detail: { scope } }),
  });
}
