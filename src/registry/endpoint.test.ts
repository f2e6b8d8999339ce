import { describe, expect, it } from 'vitest';
import { fakeClock } from '../../test/support/fake-clock.ts';
import { SallyportError } from '../base/index.ts';
import { createCapabilities } from './capabilities.ts';
import { endpointOf } from './endpoint.ts';
import { backoffMs, parseRetryAfter } from './retry.ts';

describe('endpointOf', () => {
  it.each<
    [
      registry: string,
      settings: Parameters<typeof endpointOf>[1],
      base: string,
      prefix: string,
      credentialHost: string,
    ]
  >([
    ['quay.io', {}, 'https://quay.io/', '', 'quay.io'],
    ['r.example:5000', { plainHttp: true }, 'http://r.example:5000/', '', 'r.example:5000'],
    ['localhost:5000', {}, 'https://localhost:5000/', '', 'localhost:5000'],
    ['docker.io', {}, 'https://registry-1.docker.io/', '', 'docker.io'],
    ['quay.io', { mirror: 'mirror.example/quay.io' }, 'https://mirror.example/', 'quay.io', 'mirror.example'],
    [
      'docker.io',
      { mirror: 'mirror.example:8443/a/b/' },
      'https://mirror.example:8443/',
      'a/b',
      'mirror.example:8443',
    ],
    ['quay.io', { mirror: 'docker.io/proxy' }, 'https://registry-1.docker.io/', 'proxy', 'docker.io'],
    ['[::1]:5000', { plainHttp: true }, 'http://[::1]:5000/', '', '[::1]:5000'],
  ])('%s with %j', (registry, settings, base, prefix, credentialHost) => {
    const endpoint = endpointOf(registry, settings);
    expect({ ...endpoint, base: endpoint.base.href }).toMatchObject({
      registry,
      base,
      prefix,
      credentialHost,
    });
  });

  it.each([
    'https://mirror.example',
    'mirror.example/../x',
    'mirror.example/a?b',
    'mirror.example/a#b',
    'user@mirror.example',
    '',
    '/x',
  ])('refuses the mirror “%s”', (mirror) => {
    expect(() => endpointOf('quay.io', { mirror })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', subject: 'registries.quay.io.mirror' }),
    );
  });
});

describe('parseRetryAfter', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  it.each<[value: string | undefined, expected: number | undefined]>([
    [undefined, undefined],
    ['', undefined],
    ['0', 0],
    ['30', 30_000],
    [' 30 ', 30_000],
    ['1.5', 1500],
    ['-1', undefined],
    ['Thu, 01 Jan 2026 00:01:00 GMT', 60_000],
    ['Thursday, 01-Jan-26 00:01:00 GMT', 60_000],
    ['Thu, 01 Jan 2025 00:00:00 GMT', 0],
    ['soon', undefined],
    ['99999999999', undefined],
  ])('%j: %j', (value, expected) => {
    expect(parseRetryAfter(value, now)).toBe(expected);
  });
});

describe('backoffMs', () => {
  it('doubles up to 30 s (2 s for a server that takes no connection) and takes a random part of it', () => {
    const failure = (reason: string) =>
      new SallyportError('CONNECTION_FAILED', 'failed', { facts: { reason } });
    const cut = failure('ECONNRESET');
    expect([1, 2, 3, 7, 8, 20].map((attempt) => backoffMs(attempt, 1, cut))).toEqual([
      250, 500, 1000, 16_000, 30_000, 30_000,
    ]);
    expect([backoffMs(8, 0, cut), backoffMs(8, 0.5, cut)]).toEqual([0, 15_000]);
    expect([2, 3, 20].map((attempt) => backoffMs(attempt, 1, failure('ECONNREFUSED')))).toEqual([
      500, 1000, 2000,
    ]);
  });
});

describe('capabilities', () => {
  it('are forgotten after a time of their own, or when the caller says', () => {
    const clock = fakeClock();
    const known = createCapabilities(clock);
    expect(known.get('mountFrom')).toBeUndefined();
    known.set('mountFrom', false);
    known.set('chunkMinimum', 5_000_000, 1000);
    expect(known.all()).toEqual({ mountFrom: false, chunkMinimum: 5_000_000 });
    clock.advance(1000);
    expect(known.get('chunkMinimum')).toBeUndefined();
    expect(known.get('mountFrom')).toBe(false);
    clock.advance(24 * 3_600_000);
    expect(known.all()).toEqual({});
  });

  it('come from earlier runs, but for what is too old, unknown, or believed for longer than it may be', () => {
    const clock = fakeClock();
    const before = createCapabilities(clock);
    before.set('rangeGet', true);
    before.set('referrersApi', false);
    const later = createCapabilities(clock, [
      ...before.learned(),
      { name: 'mountFrom', value: true, until: clock.now() },
      { name: 'maxBody', value: 5, until: clock.now() + 1e12 },
      JSON.parse('{"name":"constructor","value":true,"until":1e15}'),
    ]);
    expect(later.all()).toEqual({ rangeGet: true, referrersApi: false });
    clock.advance(3_600_000);
    expect(later.all()).toEqual({ rangeGet: true });
  });
});
