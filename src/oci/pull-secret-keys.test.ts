import { describe, expect, it } from 'vitest';
import { pullSecretKeys } from './pull-secret-keys.ts';
import { parseReference } from './reference.ts';

describe('the keys of a pull secret that the kubelet takes', () => {
  it.each<[string, string, boolean]>([
    ['registry.corp.test', 'registry.corp.test/che/x:1', true],
    ['https://registry.corp.test', 'registry.corp.test/che/x:1', true],
    ['https://registry.corp.test/v2/', 'registry.corp.test/che/x:1', true],
    ['registry.corp.test/che', 'registry.corp.test/che/x:1', true],
    ['registry.corp.test/che', 'registry.corp.test/cheese/x:1', true],
    ['registry.corp.test/che/', 'registry.corp.test/cheese/x:1', false],
    ['registry.corp.test/other', 'registry.corp.test/che/x:1', false],
    ['*.corp.test', 'registry.corp.test/che/x:1', true],
    ['reg*.corp.test/che', 'registry.corp.test/che/x:1', true],
    ['registr?.corp.test', 'registry.corp.test/che/x:1', true],
    ['*.test', 'registry.corp.test/che/x:1', false],
    ['*', 'registry.corp.test/che/x:1', false],
    ['registry.corp.test', 'registry.corp.test:5443/che/x:1', false],
    ['*.corp.test:5443', 'registry.corp.test:5443/che/x:1', true],
    ['*.corp.test:5443', 'registry.corp.test/che/x:1', false],
    ['[::1]:5000', '[::1]:5000/x:1', true],
    ['https://index.docker.io/v1/', 'nginx', true],
    ['docker.io', 'nginx', true],
    ['quay.io', 'nginx', false],
  ])('%s for %s: %s', (key, image, fits) => {
    expect(pullSecretKeys(['other.test', key], parseReference(image))).toEqual(fits ? [key] : []);
  });

  it('come in the order in which it tries them', () => {
    const keys = [
      '*.corp.test',
      'registry.corp.test',
      'registry.corp.test/che/deep',
      'registry.corp.test/che',
    ];
    expect(pullSecretKeys(keys, parseReference('registry.corp.test/che/deep/x'))).toEqual([
      'registry.corp.test/che/deep',
      'registry.corp.test/che',
      'registry.corp.test',
      '*.corp.test',
    ]);
  });
});
