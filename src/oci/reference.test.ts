import { describe, expect, it } from 'vitest';
import { fc, runs } from '../../test/support/properties.ts';
import {
  formatReference,
  isHost,
  isRepositoryPath,
  isTag,
  looksLikeHost,
  nameOf,
  normalizeReference,
  parseReference,
  type Reference,
  selectorOf,
  spellingsOf,
  tryParseReference,
} from './reference.ts';

const SHA256 = `sha256:${'0123456789abcdef'.repeat(4)}`;
const SHA512 = `sha512:${'0123456789abcdef'.repeat(8)}`;
const HEX64 = 'a'.repeat(64);

describe('parseReference', () => {
  it.each<[text: string, registry: string, repository: string, tag?: string, digest?: string]>([
    ['redis', 'docker.io', 'library/redis'],
    ['redis:7', 'docker.io', 'library/redis', '7'],
    ['bitnami/redis', 'docker.io', 'bitnami/redis'],
    ['docker.io/redis', 'docker.io', 'library/redis'],
    ['index.docker.io/library/redis:7', 'docker.io', 'library/redis', '7'],
    ['registry-1.docker.io/a/b', 'docker.io', 'a/b'],
    ['quay.io/eclipse/che-server:7.121.0', 'quay.io', 'eclipse/che-server', '7.121.0'],
    ['quay.io/redis', 'quay.io', 'redis'],
    [`quay.io/a/b@${SHA256}`, 'quay.io', 'a/b', '', SHA256],
    [`quay.io/a/b:v1@${SHA256}`, 'quay.io', 'a/b', 'v1', SHA256],
    [`quay.io/a/b@${SHA512}`, 'quay.io', 'a/b', '', SHA512],
    [`redis@${SHA256}`, 'docker.io', 'library/redis', '', SHA256],
    ['localhost/a', 'localhost', 'a'],
    ['localhost:5000/a/b:c', 'localhost:5000', 'a/b', 'c'],
    ['registry:5000/a', 'registry:5000', 'a'],
    ['registry:5000', 'docker.io', 'library/registry', '5000'],
    ['127.0.0.1:5000/a', '127.0.0.1:5000', 'a'],
    ['[::1]:5000/a:b', '[::1]:5000', 'a', 'b'],
    ['[2001:db8::1]/a', '[2001:db8::1]', 'a'],
    ['Registry/a', 'Registry', 'a'],
    ['registry/a', 'docker.io', 'registry/a'],
    ['a.b/c', 'a.b', 'c'],
    ['quay.io/a__b/c-d.e--f:Tag_1.2-3', 'quay.io', 'a__b/c-d.e--f', 'Tag_1.2-3'],
    ['quay.io/a/b/c/d/e/f', 'quay.io', 'a/b/c/d/e/f'],
    [`quay.io/a:${HEX64}`, 'quay.io', 'a', HEX64],
    [`${HEX64}:v1`, 'docker.io', `library/${HEX64}`, 'v1'],
    [`quay.io/${HEX64}`, 'quay.io', HEX64],
    [`quay.io/a:${'t'.repeat(128)}`, 'quay.io', 'a', 't'.repeat(128)],
    [`q.io/${'a'.repeat(250)}`, 'q.io', 'a'.repeat(250)],
    [' quay.io/a ', 'quay.io', 'a'],
  ])('%s', (text, registry, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({
      registry,
      repository,
      ...(tag === undefined || tag === '' ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    });
  });

  it.each<[name: string, text: string]>([
    ['nothing', ''],
    ['a tag alone', ':v1'],
    ['a digest alone', `@${SHA256}`],
    ['an empty tag', 'quay.io/a:'],
    ['an empty digest', 'quay.io/a@'],
    ['a tag that is too long', `quay.io/a:${'t'.repeat(129)}`],
    ['a tag that begins with a dash', 'quay.io/a:-x'],
    ['a tag with a slash behind it', 'quay.io/a:b/c'],
    ['a digest that is too short', 'quay.io/a@sha256:0123'],
    ['a digest in upper case', `quay.io/a@sha256:${'A'.repeat(64)}`],
    ['a digest of an unknown kind', `quay.io/a@md5:${'a'.repeat(32)}`],
    ['two digests', `quay.io/a@${SHA256}@${SHA256}`],
    ['an upper-case path', 'quay.io/A/b'],
    ['an upper-case name', 'Redis'],
    ['an empty component', 'quay.io//a'],
    ['a slash at the end', 'quay.io/a/'],
    ['a slash at the beginning', '/a/b'],
    ['three underscores', 'quay.io/a___b'],
    ['two dots', 'quay.io/a..b'],
    ['a component that begins with a dash', 'quay.io/-a'],
    ['a component that ends with a dot', 'quay.io/a./b'],
    ['climbing', 'quay.io/../etc'],
    ['white space', 'quay.io/a b'],
    ['a line break', 'quay.io/a\nb'],
    ['a URL', 'https://quay.io/a/b'],
    ['a template', 'quay.io/${ORG}/a:v1'],
    ['a Helm template', '{{ .Values.image }}'],
    ['an identifier', HEX64],
    ['a name that is too long', `q.io/${'a'.repeat(251)}`],
    ['a host that begins with a dash', '-quay.io/a'],
    ['a port that is no number', 'quay.io:http/a'],
    ['a port that is too long', 'quay.io:123456/a'],
    ['an address that is not closed', '[::1/a'],
    ['an address alone', '[::1]'],
    ['non-ASCII text', 'quay.io/é'],
  ])('refuses %s', (_, text) => {
    expect(tryParseReference(text)).toEqual({ reason: expect.stringMatching(/\w/) });
    expect(() => parseReference(text)).toThrow(
      expect.objectContaining({ code: 'REFERENCE_INVALID', subject: text }),
    );
  });

  it('answers quickly whatever the text', () => {
    // each would take minutes if a pattern went back over what it had read
    for (const text of [
      'a-'.repeat(50_000),
      `A${'a.'.repeat(50_000)}/x`,
      `x/${'a__'.repeat(50_000)}`,
      `x.y/${'-'.repeat(100_000)}`,
    ]) {
      expect(tryParseReference(text)).toHaveProperty('reason');
    }
  });
});

const component = fc.stringMatching(/^[a-z0-9]{1,6}(?:(?:\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}$/);
const host = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}[a-z0-9]\.[a-z]{2,5}(?::[1-9][0-9]{0,4})?$/),
  fc.constantFrom(
    'docker.io',
    'localhost',
    'localhost:5000',
    '10.0.0.1:5000',
    '[::1]:5000',
    '[2001:db8::1]',
    'Corp',
    'reg:5000',
  ),
);
const hex = fc.stringMatching(/^[0-9a-f]{64}$/);
const reference: fc.Arbitrary<Reference> = fc
  .record(
    {
      registry: host,
      // a single component below docker.io is never the outcome of parsing
      path: fc.array(component, { minLength: 2, maxLength: 4 }),
      tag: fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/),
      hex,
    },
    { requiredKeys: ['registry', 'path'] },
  )
  .map(({ registry, path, tag, hex }) => ({
    registry,
    repository: path.join('/'),
    ...(tag === undefined ? {} : { tag }),
    ...(hex === undefined ? {} : { digest: `sha256:${hex}` as const }),
  }));

describe('references', () => {
  it('are read back from what is written', () => {
    fc.assert(
      fc.property(reference, (value) => {
        expect(parseReference(formatReference(value))).toEqual(value);
        expect(formatReference(value).startsWith(nameOf(value))).toBe(true);
        const whole = normalizeReference(value);
        expect(normalizeReference(parseReference(whole))).toBe(whole);
        expect(whole).toContain(selectorOf(value));
      }),
    );
  });

  it('keep their meaning however they are shortened', () => {
    fc.assert(
      fc.property(component, component, (a, b) => {
        fc.pre(!looksLikeHost(a) && !/^[0-9a-f]{64}$/.test(b));
        expect(parseReference(`${a}/${b}`)).toEqual(parseReference(`docker.io/${a}/${b}`));
        expect(parseReference(b)).toEqual(parseReference(`docker.io/library/${b}`));
      }),
    );
  });

  it('consist of parts that pass alone, whatever the text was', () => {
    const near = fc.array(
      fc.constantFrom(
        'a',
        'B',
        '0',
        '.',
        '..',
        '-',
        '_',
        '__',
        ':',
        '/',
        '@',
        '[',
        ']',
        '5000',
        'quay.io',
        'localhost',
        SHA256,
        ' ',
        '$',
        'é',
      ),
      { maxLength: 9 },
    );
    fc.assert(
      fc.property(near, (pieces) => {
        const parsed = tryParseReference(pieces.join(''));
        if ('reason' in parsed) return;
        expect(isHost(parsed.registry)).toBe(true);
        expect(isRepositoryPath(parsed.repository)).toBe(true);
        expect(parsed.tag === undefined || isTag(parsed.tag)).toBe(true);
        expect(parseReference(formatReference(parsed))).toEqual(parsed);
      }),
      { numRuns: runs(2000) },
    );
  });

  it.each([
    [{ registry: 'a.b', repository: 'c' }, 'latest', 'a.b/c:latest'],
    [{ registry: 'a.b', repository: 'c', tag: 't' }, 't', 'a.b/c:t'],
    [
      { registry: 'a.b', repository: 'c', tag: 't', digest: SHA256 as `sha256:${string}` },
      SHA256,
      `a.b/c:t@${SHA256}`,
    ],
  ])('%j asks for %s', (value, selector, normalized) => {
    expect(selectorOf(value)).toBe(selector);
    expect(normalizeReference(value)).toBe(normalized);
  });
});

describe('the spellings of an image', () => {
  it.each<[string, string[]]>([
    ['quay.io/x/y:1', ['quay.io/x/y:1']],
    ['quay.io/x/y:latest', ['quay.io/x/y:latest', 'quay.io/x/y']],
    ['quay.io/x/y', ['quay.io/x/y:latest', 'quay.io/x/y']],
    [`quay.io/x/y@${SHA256}`, [`quay.io/x/y@${SHA256}`]],
    [
      'nginx:1.25',
      [
        'docker.io/library/nginx:1.25',
        'docker.io/nginx:1.25',
        'index.docker.io/library/nginx:1.25',
        'index.docker.io/nginx:1.25',
        'registry-1.docker.io/library/nginx:1.25',
        'registry-1.docker.io/nginx:1.25',
        'registry.hub.docker.com/library/nginx:1.25',
        'registry.hub.docker.com/nginx:1.25',
        'library/nginx:1.25',
        'nginx:1.25',
      ],
    ],
  ])('%s', (text, expected) => {
    expect(spellingsOf(text)).toEqual(expected);
  });

  it('are no other image, whatever a path looks like', () => {
    expect(spellingsOf('docker.io/my.name/app:1')).not.toContain('my.name/app:1');
    for (const one of spellingsOf('docker.io/tsl0922/ttyd'))
      expect(normalizeReference(parseReference(one))).toBe('docker.io/tsl0922/ttyd:latest');
  });
});
