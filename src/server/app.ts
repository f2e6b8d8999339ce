import { isRepositoryPath } from '../oci/index.ts';
import { type Access, OPEN_ACCESS, type Permission } from './auth/access.ts';
import type { Authenticator } from './auth/authenticator.ts';
import { problem, problemOf } from './problem.ts';
import type { Call, ReadContext, WriteContext } from './routes/context.ts';
import { isResponse, matchPath, type Target } from './routes/match.ts';
import { ENDPOINTS, type Endpoint } from './routes/table.ts';
import type { Counters } from './stats.ts';
import type { ApiRequest, ApiResponse } from './types.ts';

export interface AppOptions {
  readonly reading: ReadContext;
  /** Undefined: nothing can be changed. */
  readonly writing: WriteContext | undefined;
  readonly counters: Counters;
  /** Undefined: everybody may do everything. */
  readonly auth: Authenticator | undefined;
  /** Told of failures that the client only sees as a 5xx. */
  readonly onFailure: (failure: unknown, request: ApiRequest) => void;
}

export interface Answer {
  readonly response: ApiResponse;
  /** For counting; never a text from the client. */
  readonly route: string;
  readonly user: string | undefined;
}

/** The registry without sockets: one request in, one answer out. Never rejects. */
export async function answer(options: AppOptions, request: ApiRequest): Promise<Answer> {
  const done = (route: string, response: ApiResponse, user?: string): Answer => ({ response, route, user });
  if (request.path === '/healthz') return done('other', text('ok\n'));
  if (request.path === '/metrics')
    return done('other', text(options.counters.prometheus(options.writing?.storage.openUploads ?? 0)));
  let route = 'other';
  try {
    if (options.auth?.tokenPath !== undefined && request.path === options.auth.tokenPath)
      return done('token', await options.auth.token(request));
    const target = matchPath(request.path);
    if (isResponse(target)) return done(route, target);
    route = target.route;
    const endpoint = ENDPOINTS[target.route][request.method];
    if (endpoint === undefined) return done(route, notAllowed(Object.keys(ENDPOINTS[target.route])));
    const run = runner(options, endpoint);
    if (run === undefined)
      return done(
        route,
        problem('UNSUPPORTED', 'this registry is read-only', { headers: { allow: 'GET, HEAD' } }),
      );
    const access = await authorize(options.auth, request, target, endpoint.needs);
    if (isAnswer(access)) return done(route, access);
    return done(route, await run({ request, access }, target), access.user);
  } catch (thrown) {
    const response = problemOf(thrown);
    // A connection that the client broke is no failure of ours.
    if (response.status >= 500 && !request.signal.aborted) options.onFailure(thrown, request);
    return done(route, response);
  }
}

/** The endpoint's handler with what it works on; undefined for a change where nothing can be changed. */
function runner({ reading, writing }: AppOptions, endpoint: Endpoint) {
  type Rest = Pick<Call<unknown>, 'request' | 'access'>;
  if (endpoint.kind === 'read')
    return (rest: Rest, target: Target) => endpoint.run({ ...rest, context: reading }, target);
  if (writing === undefined) return undefined;
  return (rest: Rest, target: Target) => endpoint.run({ ...rest, context: writing }, target);
}

async function authorize(
  auth: Authenticator | undefined,
  request: ApiRequest,
  target: Target,
  needs: string,
): Promise<Access | ApiResponse> {
  if (auth === undefined) return OPEN_ACCESS;
  const from = target.route === 'uploads' && request.query.has('mount') ? request.query.get('from') : null;
  const wanted: Permission | undefined =
    from !== null && isRepositoryPath(from) ? { kind: 'repository', name: from, action: 'pull' } : undefined;
  return await auth.authorize(request, permissionOf(target, needs), wanted);
}

function permissionOf(target: Target, needs: string): Permission | undefined {
  if (needs === 'catalog') return { kind: 'catalog' };
  if ((needs !== 'pull' && needs !== 'push' && needs !== 'delete') || !('name' in target)) return undefined;
  return { kind: 'repository', name: target.name, action: needs };
}

function notAllowed(methods: readonly string[]): ApiResponse {
  return problem('UNSUPPORTED', 'this cannot be done here', { headers: { allow: methods.join(', ') } });
}

function text(body: string): ApiResponse {
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' },
    body: Buffer.from(body),
  };
}

function isAnswer(value: Access | ApiResponse): value is ApiResponse {
  return 'status' in value;
}
