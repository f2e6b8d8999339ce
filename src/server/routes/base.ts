import { json, problem } from '../problem.ts';
import type { Handler } from './context.ts';
import type { Target } from './match.ts';
import { pageOf } from './paging.ts';

/** `GET /v2/`: whether this is a registry, and whether the client may speak to it. */
export const getBase: Handler<Target> = async () =>
  json(200, {}, { 'docker-distribution-api-version': 'registry/2.0' });

/** `GET /v2/_catalog`: not of the OCI specification; Docker's registry API has it and tools ask for it. */
export const getCatalog: Handler<Target> = async ({ request, context }) => {
  const all = await context.storage.repositories();
  const page = pageOf(all, request.query, '/v2/_catalog', context.pageSize, (name) => name);
  if (page === undefined) return problem('UNSUPPORTED', 'n is no number of entries', { status: 400 });
  return json(200, { repositories: page.items }, page.link === undefined ? {} : { link: page.link });
};
