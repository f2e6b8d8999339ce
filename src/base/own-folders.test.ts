import { describe, expect, it } from 'vitest';
import { cacheFolder, homeFolder, stateFolder } from './own-folders.ts';

const homeDir = '/home/u';

describe('folders of the program', () => {
  it.each([
    ['unset', undefined, '/home/u/.local/state/sallyport', '/home/u/.cache/sallyport'],
    ['empty', '', '/home/u/.local/state/sallyport', '/home/u/.cache/sallyport'],
    ['relative', 'x', '/home/u/.local/state/sallyport', '/home/u/.cache/sallyport'],
    ['absolute', '/x', '/x/sallyport', '/x/sallyport'],
  ])('with a variable that is %s', (_, value, state, cache) => {
    expect(stateFolder({ env: { XDG_STATE_HOME: value }, homeDir })).toBe(state);
    expect(cacheFolder({ env: { XDG_CACHE_HOME: value }, homeDir })).toBe(cache);
  });
});

describe('the home folder', () => {
  const known = () => '/home/known';
  const unknown = () => {
    throw new Error('uv_os_get_passwd returned ENOENT');
  };
  it.each([
    ['HOME', '/h', known, '/h'],
    ['no HOME', undefined, known, '/home/known'],
    ['an empty HOME', '', known, '/home/known'],
    ['a relative HOME', 'h', known, '/home/known'],
    ['no HOME and no such user', undefined, unknown, '/'],
    ['an empty HOME and a user without a home', '', () => '', '/'],
    ['HOME of no such user', '/h', unknown, '/h'],
  ])('%s', (_, HOME, passwd, expected) => {
    expect(homeFolder({ HOME }, passwd)).toBe(expected);
  });
});
