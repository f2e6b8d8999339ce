import { describe, expect, it } from 'vitest';
import {
  formatPlatform,
  isUnknownPlatform,
  normalizePlatform,
  parsePlatform,
  platformMatches,
} from './platform.ts';

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['Linux/AMD64', 'linux/amd64'],
    [' linux/x86_64 ', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm64/8', 'linux/arm64'],
    ['linux/arm64/v9', 'linux/arm64/v9'],
    ['linux/arm/v7', 'linux/arm/v7'],
    ['linux/arm/7', 'linux/arm/v7'],
    ['linux/armhf', 'linux/arm/v7'],
    ['linux/armel', 'linux/arm/v6'],
    ['linux/arm', 'linux/arm'],
    ['linux/i386', 'linux/386'],
    ['linux/ppc64le', 'linux/ppc64le'],
    ['windows/amd64', 'windows/amd64'],
  ])('%s is %s', (text, shown) => {
    const platform = parsePlatform(text);
    expect(formatPlatform(platform)).toBe(shown);
    expect(normalizePlatform(platform)).toEqual(platform);
    expect(parsePlatform(shown)).toEqual(platform);
  });

  it.each(['', 'linux', 'linux/', '/amd64', 'linux/amd64/v1/x', 'linux amd64', 'linux/amd 64', 'linux/../x'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: 'USAGE', subject: text }));
    },
  );
});

describe('platformMatches', () => {
  it.each([
    ['linux/amd64', 'linux/amd64', true],
    ['linux/amd64', 'linux/arm64', false],
    ['linux/amd64', 'windows/amd64', false],
    ['linux/arm64', 'linux/arm64/v8', true],
    ['linux/arm64/v8', 'linux/arm64', true],
    ['linux/arm', 'linux/arm/v6', true],
    ['linux/arm/v7', 'linux/arm/v6', false],
    ['linux/arm/v7', 'linux/arm', true],
    ['linux/arm/v6', 'linux/arm', false],
    ['linux/amd64', 'linux/amd64/v3', true],
    ['linux/amd64/v3', 'linux/amd64', false],
  ])('a wish for %s and an image for %s: %s', (wanted, offered, matches) => {
    expect(platformMatches(parsePlatform(wanted), parsePlatform(offered))).toBe(matches);
  });

  it('takes any Windows build unless one is named', () => {
    const offered = { os: 'windows', architecture: 'amd64', osVersion: '10.0.17763.1' };
    expect(platformMatches({ os: 'windows', architecture: 'amd64' }, offered)).toBe(true);
    expect(platformMatches({ ...offered, osVersion: '10.0.20348.1' }, offered)).toBe(false);
  });

  it('knows the mark of attestations', () => {
    expect(isUnknownPlatform({ os: 'unknown', architecture: 'unknown' })).toBe(true);
    expect(isUnknownPlatform({ os: 'linux', architecture: 'unknown' })).toBe(false);
  });
});
