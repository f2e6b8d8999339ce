import { describe, expect, it } from 'vitest';
import { bytesOf, deployment, look } from '../../../test/support/discovery.ts';

const DIGEST = `sha256:${'3f8a1c5e'.repeat(8)}`;
const env = (variables: Readonly<Record<string, string>>) =>
  deployment(`env: ${JSON.stringify(Object.entries(variables).map(([name, value]) => ({ name, value })))}`);
const references = (variables: Readonly<Record<string, string>>) =>
  look(env(variables), {}).uses.map(({ reference }) => reference);

describe('references spread over variables', () => {
  it.each([
    [{ REGISTRY: 'quay.io', PROJECT: 'team', UI_REPO: 'ui', UI_TAG: 'v1' }, ['quay.io/team/ui:v1']],
    [
      { REGISTRY: 'quay.io', PROJECT: 'team', UI_REPO: 'ui', UI_TAG: 'v1', DB_REPO: 'db', DB_TAG: 'v2' },
      ['quay.io/team/ui:v1', 'quay.io/team/db:v2'],
    ],
    [{ REGISTRY: 'quay.io/team', UI_REPO: 'ui', UI_TAG: 'v1' }, ['quay.io/team/ui:v1']],
    [{ REGISTRY: 'quay.io/team', PROJECT: 'moving', UI_REPO: 'ui', UI_TAG: 'v1' }, ['quay.io/team/ui:v1']],
    [{ IMAGE_PREFIX: 'team', IMAGE_TAG: 'v1', UI_IMAGE: 'ui' }, ['team/ui:v1']],
    [{ PREFIX: 'log', TAG: 'v1', UI_IMAGE: 'quay.io/a/ui' }, ['quay.io/a/ui']],
    [{ REPO: 'sources', TAG: 'v1', UI_IMAGE: 'ui' }, ['ui']],
    [{ HUB: 'central', TAG: 'v1', UI_IMAGE: 'ui' }, ['ui']],
    [{ REGISTRY: 'quay.io', UI_IMAGE: 'team/ui', UI_TAG: 'v1' }, ['quay.io/team/ui:v1']],
    [{ DOCKER_REPO: 'team', DOCKER_TAG: 'v1', UI_IMAGE: 'ui', DB_IMAGE: 'db' }, ['team/ui:v1', 'team/db:v1']],
    [{ IMAGE_REGISTRY: 'quay.io/team', IMAGE_TAG: 'v1', UI_IMAGE: 'ui' }, ['quay.io/team/ui:v1']],
    [
      { REGISTRY: 'quay.io', PROJECT: 'team', UI_REPO: 'ui', UI_DIGEST: DIGEST },
      [`quay.io/team/ui@${DIGEST}`],
    ],
    [{ PROXY: 'quay.io/team/proxy', PROXY_TAG: 'v1' }, ['quay.io/team/proxy:v1']],
    [{ PROXY: 'quay.io/team/proxy', PROXY_SHASUM: DIGEST }, [`quay.io/team/proxy@${DIGEST}`]],
  ])('%j', (variables, expected) => {
    expect(references(variables)).toEqual(expected);
  });

  it.each([
    [{ REGISTRY: 'quay.io', PROJECT: 'team', UI_NAME: 'ui', UI_TAG: 'v1' }],
    [{ REGISTRY: 'not a host', PROJECT: 'team', UI_REPO: 'ui', UI_TAG: 'v1' }],
    [{ PROJECT: 'team', UI_REPO: 'ui', UI_TAG: 'v1' }],
    [{ PROXY: 'https://quay.io/team/proxy', PROXY_TAG: 'v1' }],
    [{ REGISTRY: 'quay.io', IMAGE_TAG: 'v1' }],
  ])('nothing in %j', (variables) => {
    expect(references(variables)).toEqual([]);
  });

  it('needs nothing of the others for a whole reference', () => {
    const variables = {
      DOCKER_REPO: 'team',
      DOCKER_TAG: 'v1',
      UI_IMAGE: 'quay.io/a/ui:v2',
      DB_IMAGE: 'a/db:v3',
    };
    expect(references(variables)).toEqual(['quay.io/a/ui:v2', 'a/db:v3']);
  });

  it('says where each piece stands, and that some are said for all', () => {
    const text = env({ REGISTRY: 'quay.io', PROJECT: 'team', UI_REPO: 'ui', UI_TAG: 'v1' });
    const [use] = look(text).uses;
    expect(use?.parts?.map(({ part, value }) => [part, value])).toEqual([
      ['registry', 'quay.io'],
      ['path', 'team'],
      ['repository', 'ui'],
      ['tag', 'v1'],
    ]);
    expect(use === undefined ? [] : bytesOf(text, use)).toEqual(['quay.io', 'team', 'ui', 'v1']);
    expect(use?.reason).toBe(
      'variables of the same container make up one reference, some of them said for all',
    );
  });

  it('cannot know the name that a digest belongs to', () => {
    const found = look(env({ API_SHASUM: DIGEST, OTHER_SHASUM: '3f8a1c5e' }));
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map(({ text, why }) => [text, why])).toEqual([[DIGEST, 'missing-name']]);
  });

  it('cannot know the digest that is to follow', () => {
    const found = look(env({ IMAGE_UI: 'quay.io/team/ui@' }));
    expect(found.uses).toEqual([]);
    expect(found.unresolved.map(({ text, why }) => [text, why])).toEqual([
      ['quay.io/team/ui@', 'invalid-reference'],
    ]);
  });
});
