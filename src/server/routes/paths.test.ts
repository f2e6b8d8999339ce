import { describe, expect, it } from 'vitest';
import { isResponse, matchPath } from './match.ts';
import { pageOf } from './paging.ts';
import { readChunkRange, readRange } from './range.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('paths', () => {
  it.each([
    ['/v2/', { route: 'base' }],
    ['/v2', { route: 'base' }],
    ['/v2/_catalog', { route: 'catalog' }],
    [`/v2/redis/blobs/${DIGEST}`, { route: 'blob', name: 'redis', digest: DIGEST }],
    [`/v2/redis/blobs/${DIGEST.replace(':', '%3A')}`, { route: 'blob', name: 'redis', digest: DIGEST }],
    ['/v2/a/b/c/manifests/latest', { route: 'manifest', name: 'a/b/c', reference: 'latest' }],
    ['/v2/quay.io/eclipse/che--x/tags/list', { route: 'tags', name: 'quay.io/eclipse/che--x' }],
    ['/v2/a/blobs/uploads/', { route: 'uploads', name: 'a' }],
    ['/v2/a/blobs/uploads', { route: 'uploads', name: 'a' }],
    ['/v2/a/blobs/uploads/123', { route: 'upload', name: 'a', id: '123' }],
    [`/v2/a/referrers/${DIGEST}`, { route: 'referrers', name: 'a', digest: DIGEST }],
    // Words of the API may be part of a name; the end decides.
    ['/v2/a/blobs/uploads/manifests/v1', { route: 'manifest', name: 'a/blobs/uploads', reference: 'v1' }],
    ['/v2/tags/list/tags/list', { route: 'tags', name: 'tags/list' }],
    ['/v2/manifests/manifests/manifests', { route: 'manifest', name: 'manifests', reference: 'manifests' }],
  ])('%s', (path, target) => {
    expect(matchPath(path)).toEqual(target);
  });

  it.each([
    ['/', 404],
    ['/v1/search', 404],
    ['/v2/a', 404],
    ['/v2/a/unknown/b', 404],
    ['/v2/A/manifests/latest', 400],
    ['/v2/../manifests/latest', 400],
    ['/v2/a%2f..%2fb/manifests/latest', 400],
    ['/v2/a/%2e%2e/manifests/latest', 400],
    ['/v2/_uploads/manifests/latest', 400],
    ['/v2/a//manifests/latest', 400],
    ['/v2/%zz/manifests/latest', 400],
    ['/v2/%00/manifests/latest', 400],
    [`/v2/${'a/'.repeat(150)}b/manifests/latest`, 400],
  ])('%s is answered with %i', (path, status) => {
    const answer = matchPath(path);
    expect(isResponse(answer) ? answer.status : answer).toBe(status);
  });
});

describe('ranges', () => {
  it.each([
    [undefined, undefined],
    ['bytes=0-', { start: 0, end: 99 }],
    ['bytes=10-19', { start: 10, end: 19 }],
    ['bytes=90-500', { start: 90, end: 99 }],
    ['bytes=-10', { start: 90, end: 99 }],
    ['bytes=-500', { start: 0, end: 99 }],
    ['bytes=100-', 'invalid'],
    ['bytes=20-10', 'invalid'],
    ['bytes=-0', 'invalid'],
    ['bytes=0-1,5-6', undefined],
    ['items=0-1', undefined],
    ['bytes=-', undefined],
    ['nonsense', undefined],
  ])('%s of 100 bytes', (header, range) => {
    expect(readRange(header, 100)).toEqual(range);
  });

  it('of an empty blob there is none', () => {
    expect(readRange('bytes=0-', 0)).toBe('invalid');
  });

  it.each([
    ['0-9', { start: 0, end: 9 }],
    ['bytes 10-19/100', { start: 10, end: 19 }],
    ['bytes 10-19/*', { start: 10, end: 19 }],
    ['9-0', undefined],
    ['-9', undefined],
    ['0-', undefined],
    ['0-9999999999999999999', undefined],
  ])('chunk %s', (header, range) => {
    expect(readChunkRange(header)).toEqual(range);
  });
});

describe('pages', () => {
  const items = ['a', 'b', 'c', 'd'];
  const page = (query: string, limit = 100) =>
    pageOf(items, new URLSearchParams(query), '/x', limit, (item) => item);

  it.each([
    ['', 100, items, undefined],
    ['n=2', 100, ['a', 'b'], '</x?n=2&last=b>; rel="next"'],
    ['n=2&last=b', 100, ['c', 'd'], undefined],
    ['last=b', 100, ['c', 'd'], undefined],
    ['last=bb', 100, ['c', 'd'], undefined],
    ['n=0', 100, [], undefined],
    ['n=1000', 3, ['a', 'b', 'c'], '</x?n=3&last=c>; rel="next"'],
    ['', 3, ['a', 'b', 'c'], '</x?n=3&last=c>; rel="next"'],
    ['last=z', 100, [], undefined],
  ])('%s with at most %i', (query, limit, expected, link) => {
    expect(page(query, limit)).toEqual({ items: expected, link });
  });

  it.each(['n=x', 'n=-1', 'n=1e9', 'n='])('%s is no number', (query) => {
    expect(page(query)).toBeUndefined();
  });

  it('are cut when they would be too long to read, and never empty', () => {
    const long = Array.from({ length: 5 }, (_, index) => `${index}${'x'.repeat(1_500_000)}`);
    const first = pageOf(long, new URLSearchParams(), '/x', 100, (item) => item.slice(0, 1));
    expect(first?.items).toHaveLength(1);
    expect(first?.link).toBe('</x?n=100&last=0>; rel="next"');
  });
});
