import { describe, expect, it } from 'vitest';
import { fc } from '../../test/support/properties.ts';
import { isHost, isRepositoryPath, parseReference, tryParseReference } from './reference.ts';
import { type Naming, parsePrefix, targetRepository } from './target.ts';

describe('parsePrefix', () => {
  it.each([
    ['registry.corp', 'registry.corp', ''],
    ['registry.corp/', 'registry.corp', ''],
    ['registry.corp/che', 'registry.corp', 'che'],
    [' registry.corp:5000/a/b// ', 'registry.corp:5000', 'a/b'],
    ['localhost/x', 'localhost', 'x'],
    ['[::1]:5000/x', '[::1]:5000', 'x'],
  ])('%s', (text, registry, path) => {
    expect(parsePrefix(text)).toEqual({ registry, path });
  });

  it.each([
    '',
    '/',
    'che',
    'che/x',
    'https://registry.corp/che',
    'registry.corp/Che',
    'registry.corp//che',
    'registry.corp/che:v1',
    'registry.corp/che@sha256:0',
    'registry.corp:port/che',
    'registry.corp/../x',
    'registry.corp/a b',
  ])('refuses %j', (text) => {
    expect(() => parsePrefix(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', subject: text }),
    );
  });

  it.each([
    [
      'https://r.example:5000/x/',
      'https://r.example:5000/x',
      /^Write r\.example:5000\/x; registries are spoken to with TLS/,
    ],
    [
      'http://r.example:5000/x',
      'http://r.example:5000/x',
      /^Write r\.example:5000\/x, .*--registry r\.example:5000,plainHttp\.$/,
    ],
    ['https://u:hush@r.example/x', 'https://r.example/x', /^Write r\.example\/x;/],
  ])('says of %j what to write instead', (text, subject, hint) => {
    expect(() => parsePrefix(text)).toThrow(
      expect.objectContaining({ subject, hint: expect.stringMatching(hint) }),
    );
  });
});

describe('targetRepository', () => {
  it.each<[source: string, naming: Naming, repository: string]>([
    ['quay.io/eclipse/che-server:1', 'nested', 'che/quay.io/eclipse/che-server'],
    ['quay.io/eclipse/che-server:1', 'path', 'che/eclipse/che-server'],
    ['quay.io/eclipse/che-server:1', 'flat', 'che/quay-io-eclipse-che-server'],
    ['redis', 'nested', 'che/docker.io/library/redis'],
    ['redis', 'path', 'che/library/redis'],
    ['Corp:5000/a__b/c.d', 'nested', 'che/corp-5000/a__b/c.d'],
    ['Corp:5000/a__b/c.d', 'flat', 'che/corp-5000-a-b-c-d'],
    ['[::1]:5000/a', 'nested', 'che/0--1-5000/a'],
    ['[1::]/a', 'nested', 'che/1--0/a'],
    ['[::]/a', 'nested', 'che/0--0/a'],
    ['[2001:db8::1]/a', 'flat', 'che/2001-db8--1-a'],
  ])('%s, %s: %s', (source, naming, repository) => {
    const prefix = { registry: 'registry.corp', path: 'che' };
    expect(targetRepository(prefix, naming, parseReference(source))).toEqual({
      registry: 'registry.corp',
      repository,
    });
  });

  it('needs no path below the host', () => {
    expect(
      targetRepository({ registry: 'r.corp', path: '' }, 'path', parseReference('quay.io/a/b')).repository,
    ).toBe('a/b');
  });

  it('is a name that registries accept, whatever the source', () => {
    const source = fc
      .tuple(
        fc.constantFrom(
          'quay.io',
          'a--b.example',
          'Corp',
          'localhost',
          'r:5000',
          '[::1]:5000',
          '[fe80::]',
          '[::]',
          '10.0.0.1',
          'X.y:1',
        ),
        fc.array(fc.stringMatching(/^[a-z0-9]{1,3}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,2}){0,2}$/), {
          minLength: 1,
          maxLength: 3,
        }),
      )
      .map(([host, path]) => `${host}/${path.join('/')}`);
    fc.assert(
      fc.property(
        source,
        fc.constantFrom<Naming>('nested', 'path', 'flat'),
        fc.constantFrom('r.corp', 'r.corp/a/b'),
        (text, naming, prefix) => {
          const reference = parseReference(text);
          const { registry, repository } = targetRepository(parsePrefix(prefix), naming, reference);
          expect(isHost(registry)).toBe(true);
          expect(isRepositoryPath(repository)).toBe(true);
          expect(tryParseReference(`${registry}/${repository}`)).toEqual({ registry, repository });
          if (naming === 'flat') expect(repository.replace(/^a\/b\//, '')).not.toContain('/');
        },
      ),
    );
  });
});
