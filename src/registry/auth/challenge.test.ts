import { describe, expect, it } from 'vitest';
import { fc } from '../../../test/support/properties.ts';
import { parseChallenges } from './challenge.ts';
import { challengedScopes, widen } from './scopes.ts';

describe('parseChallenges', () => {
  it.each<
    [
      header: string | readonly string[] | undefined,
      expected: readonly (readonly [string, Record<string, string>])[],
    ]
  >([
    [undefined, []],
    ['', []],
    ['Basic realm="r"', [['basic', { realm: 'r' }]]],
    ['BEARER Realm="https://t/x",Service="s"', [['bearer', { realm: 'https://t/x', service: 's' }]]],
    [
      'Bearer realm="https://t/?a=1,2", scope="repository:a/b:pull,push repository:c:pull"',
      [['bearer', { realm: 'https://t/?a=1,2', scope: 'repository:a/b:pull,push repository:c:pull' }]],
    ],
    [
      ['Basic realm="r"', 'Bearer realm="t"'],
      [
        ['basic', { realm: 'r' }],
        ['bearer', { realm: 't' }],
      ],
    ],
    [
      'Basic realm="r", Bearer realm="t",service="s", Digest nonce="n"',
      [
        ['basic', { realm: 'r' }],
        ['bearer', { realm: 't', service: 's' }],
        ['digest', { nonce: 'n' }],
      ],
    ],
    [
      'Negotiate, Basic realm="r"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'r' }],
      ],
    ],
    [
      'Negotiate YIIC+a/b==, Basic realm="r"',
      [
        ['negotiate', {}],
        ['basic', { realm: 'r' }],
      ],
    ],
    ['Bearer realm="a \\"quoted\\" \\\\ word"', [['bearer', { realm: 'a "quoted" \\ word' }]]],
    [
      'Bearer realm = "t" , error = "insufficient_scope"',
      [['bearer', { realm: 't', error: 'insufficient_scope' }]],
    ],
    ['Bearer realm=https://t/token,service=s', [['bearer', { realm: 'https://t/token', service: 's' }]]],
    ['Bearer realm="t", realm="other"', [['bearer', { realm: 't' }]]],
    ['Bearer realm="never closed', [['bearer', { realm: 'never closed' }]]],
    ['Bearer', [['bearer', {}]]],
    [',, ;"" Basic realm="r"', [['basic', { realm: 'r' }]]],
    ['Bearer __proto__="x",realm="t"', [['bearer', { ['__proto__']: 'x', realm: 't' }]]],
  ])('%j', (header, expected) => {
    expect(
      parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.entries(parameters)]),
    ).toEqual(expected.map(([scheme, parameters]) => [scheme, Object.entries(parameters)]));
  });

  it('ends on any text, without inventing parameters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const found = parseChallenges(text);
        expect(found.length).toBeLessThanOrEqual(text.length);
      }),
    );
  });

  it('gives back any parameters that were written quoted', () => {
    const token = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
    fc.assert(
      fc.property(
        token,
        fc.dictionary(token, fc.string({ unit: 'binary' }), { minKeys: 1 }),
        (scheme, parameters) => {
          const text = Object.entries(parameters).map(
            ([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`,
          );
          const [challenge] = parseChallenges(`${scheme} ${text.join(', ')}`);
          expect(challenge?.scheme).toBe(scheme);
          expect({ ...challenge?.parameters }).toEqual({ ...parameters });
        },
      ),
    );
  });
});

describe('scopes of a challenge', () => {
  it.each<[own: readonly string[], challenged: string, expected: readonly string[]]>([
    [['repository:a:pull'], '', ['repository:a:pull']],
    [['repository:a:pull,push'], 'repository:a:pull', ['repository:a:pull,push']],
    [['repository:a:pull'], 'repository:a:pull,push', ['repository:a:pull,push', 'repository:a:pull']],
    [['repository:a:pull'], 'repository:mirror/a:pull', ['repository:mirror/a:pull', 'repository:a:pull']],
    [['repository:a:pull'], 'registry:catalog:*', ['registry:catalog:*', 'repository:a:pull']],
    [['repository:a:pull'], 'nonsense repository:b', ['repository:a:pull']],
    [['repository:a:pull'], 'aws', ['repository:a:pull']],
  ])('%j and “%s”', (own, challenged, expected) => {
    expect(widen(own, challengedScopes(challenged))).toEqual(expected);
  });
});
