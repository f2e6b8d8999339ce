import { toSallyportError } from '../../../base/index.ts';
import { describeLimit } from '../../../registry/index.ts';
import type { Check } from '../check.ts';
import type { Scratch } from '../scratch.ts';
import { asking } from './asking.ts';

export const reach: Check<Scratch> = {
  name: 'reach',
  needed: true,
  after: [],
  well: 'an OCI registry answers there',
  unwell: 'nothing can be copied to or from it',
  next: 'Check the address, and what stands before it (a proxy, an ingress).',
  run: async ({ session, host, signal }) => {
    const response = await session
      .send({ ...asking(signal), method: 'GET', url: '/v2/', expect: [200, 401, 403] })
      // A login that fails is the next check's affair.
      .catch((thrown: unknown) => {
        if (
          toSallyportError(thrown).facts['status'] === 401 ||
          toSallyportError(thrown).code === 'CREDENTIALS_INVALID'
        )
          return undefined;
        throw thrown;
      });
    response?.body.resume();
    const behind = session.server === host ? '' : ` (asked at ${session.server})`;
    return { ok: true, found: `answers at /v2/${behind}` };
  },
};

export const login: Check<Scratch> = {
  name: 'login',
  needed: true,
  after: ['reach'],
  well: 'the credentials are good',
  unwell: 'private repositories cannot be read and nothing can be written',
  run: async ({ session, signal }) => {
    const response = await session.send({ ...asking(signal), method: 'GET', url: '/v2/', expect: [200] });
    response.body.resume();
    const use = session.credentialUse('');
    if (use.kind === 'used') return { ok: true, found: `with the credentials of ${use.origin}` };
    const found =
      use.kind === 'none found' ? 'no credentials were found, and none are needed' : 'none is asked for';
    return { ok: true, found, meaning: 'everybody may ask this registry' };
  },
};

export const pullLimit: Check<Scratch> = {
  name: 'pull limit',
  needed: false,
  after: ['reach'],
  well: 'there is room for pulls',
  unwell: 'the registry will refuse to be read',
  next: 'Log in, wait, or read through a mirror: --registry HOST,mirror=HOST/PATH.',
  run: async ({ session }) => {
    const limit = session.pullGate.known();
    return limit === undefined
      ? undefined
      : { ok: limit.remaining > 0, found: `${limit.remaining} left of ${describeLimit(limit)}` };
  },
};
