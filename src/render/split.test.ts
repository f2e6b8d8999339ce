import { describe, expect, it } from 'vitest';
import { discover } from '../../test/support/render-input.ts';
import type { ReferencePart } from '../discovery/index.ts';
import { applyEdits } from '../yaml/index.ts';
import { splitEdits } from './split.ts';
import type { NewReference } from './types.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const OTHER = `sha256:${'b'.repeat(64)}`;

function target(repository: string, tag = '1.0', digest: string | null = DIGEST): NewReference {
  const name = `reg.example:5000/${repository}`;
  return {
    registry: 'reg.example:5000',
    repository,
    tag,
    ...(digest === null ? {} : { digest }),
    text: `${name}:${tag}${digest === null ? '' : `@${digest}`}`,
  };
}

/** Parts written one behind the other, and the text that they become. */
function rewritten(parts: readonly (readonly [ReferencePart['part'], string])[], to: NewReference) {
  let at = 0;
  const text = parts.map(([, value]) => value).join(' ');
  const placed = parts.map(([part, value]): ReferencePart => {
    const range = [at, at + value.length] as const;
    at += value.length + 1;
    return { part, value, range };
  });
  const edits = splitEdits(placed, to);
  return 'reason' in edits ? edits : applyEdits(Buffer.from(text), edits).toString();
}

const CASES: readonly {
  readonly name: string;
  readonly parts: readonly (readonly [ReferencePart['part'], string])[];
  readonly to: NewReference;
  readonly out: string;
}[] = [
  {
    name: 'registry, repository, tag',
    parts: [
      ['registry', 'quay.io'],
      ['repository', 'a/b'],
      ['tag', '1.0'],
    ],
    to: target('m/quay.io/a/b'),
    out: `reg.example:5000 m/quay.io/a/b 1.0@${DIGEST}`,
  },
  {
    name: 'in any order',
    parts: [
      ['tag', '1.0'],
      ['repository', 'a/b'],
      ['registry', 'quay.io'],
    ],
    to: target('m/a/b'),
    out: `1.0@${DIGEST} m/a/b reg.example:5000`,
  },
  {
    name: 'the repository holds the host',
    parts: [
      ['repository', 'quay.io/a/b'],
      ['tag', '1.0'],
    ],
    to: target('m/a/b'),
    out: `reg.example:5000/m/a/b 1.0@${DIGEST}`,
  },
  {
    name: 'a Docker Hub short name gets the host too',
    parts: [
      ['repository', 'redis'],
      ['tag', '7'],
    ],
    to: target('m/docker.io/library/redis', '7'),
    out: `reg.example:5000/m/docker.io/library/redis 7@${DIGEST}`,
  },
  {
    name: 'a digest of its own: the tag stays as it is',
    parts: [
      ['repository', 'quay.io/a/b'],
      ['tag', '1.0'],
      ['digest', OTHER],
    ],
    to: target('m/a/b'),
    out: `reg.example:5000/m/a/b 1.0 ${DIGEST}`,
  },
  {
    name: 'a digest without its algorithm',
    parts: [
      ['repository', 'quay.io/a/b'],
      ['digest', 'b'.repeat(64)],
    ],
    to: target('m/a/b'),
    out: `reg.example:5000/m/a/b ${'a'.repeat(64)}`,
  },
  {
    name: 'an empty digest does not count',
    parts: [
      ['repository', 'quay.io/a/b'],
      ['tag', '1.0'],
      ['digest', ''],
    ],
    to: target('m/a/b'),
    out: `reg.example:5000/m/a/b 1.0@${DIGEST} `,
  },
  {
    name: 'no digest wanted',
    parts: [
      ['registry', 'quay.io'],
      ['repository', 'a/b'],
      ['tag', '1.0'],
    ],
    to: target('m/a/b', '1.0', null),
    out: 'reg.example:5000 m/a/b 1.0',
  },
  {
    name: 'repository, image, version: the version is the operator’s',
    parts: [
      ['repository', 'nvcr.io/nvidia'],
      ['name', 'driver'],
      ['version', '550.1'],
    ],
    to: target('m/nvcr.io/nvidia/driver', '550.1'),
    out: 'reg.example:5000/m/nvcr.io/nvidia driver 550.1',
  },
  {
    name: 'registry, organisation, name',
    parts: [
      ['registry', 'quay.io'],
      ['path', 'a'],
      ['name', 'b'],
      ['tag', '1'],
    ],
    to: target('m/quay.io/a/b', '1'),
    out: `reg.example:5000 m/quay.io/a b 1@${DIGEST}`,
  },
  {
    name: 'registry and name: the rest goes to the registry',
    parts: [
      ['registry', 'quay.io/a'],
      ['name', 'b'],
      ['tag', '1'],
    ],
    to: target('m/quay.io/a/b', '1'),
    out: `reg.example:5000/m/quay.io/a b 1@${DIGEST}`,
  },
  {
    name: 'organisation and repository',
    parts: [
      ['path', 'quay.io/a'],
      ['repository', 'b/c'],
      ['tag', '1'],
    ],
    to: target('m/quay.io/a/b/c', '1'),
    out: `reg.example:5000/m/quay.io/a b/c 1@${DIGEST}`,
  },
  {
    name: 'a slash at the end stays',
    parts: [
      ['registry', 'quay.io/'],
      ['repository', 'a/b'],
      ['tag', '1'],
    ],
    to: target('m/a/b', '1'),
    out: `reg.example:5000/ m/a/b 1@${DIGEST}`,
  },
  {
    name: 'the image’s key holds the tag',
    parts: [
      ['registry', 'quay.io'],
      ['repository', 'a/b:1.0'],
    ],
    to: target('m/a/b'),
    out: `reg.example:5000 m/a/b:1.0@${DIGEST}`,
  },
];

describe('a reference spread over several keys', () => {
  it.each(CASES)('$name', ({ parts, to, out }) => {
    expect(rewritten(parts, to)).toBe(out);
  });

  it('says so when the new name has too few segments for the keys', () => {
    const parts = [
      ['registry', 'quay.io'],
      ['path', 'a'],
      ['name', 'b'],
    ] as const;
    expect(rewritten(parts, target('a-b'))).toEqual({ reason: expect.stringContaining('too short') });
  });

  it('comes out of discovery as the target again', () => {
    const text = Buffer.from('image:\n  registry: quay.io\n  repository: a/b\n  tag: "1.0"\n');
    const [use] = discover({ path: 'values.yaml', bytes: text }).uses;
    const edits = splitEdits(use?.parts ?? [], target('m/quay.io/a/b'));
    if ('reason' in edits) throw new Error(edits.reason);
    const after = applyEdits(text, edits);
    expect(after.toString()).toBe(
      `image:\n  registry: reg.example:5000\n  repository: m/quay.io/a/b\n  tag: "1.0@${DIGEST}"\n`,
    );
    const [found] = discover({ path: 'values.yaml', bytes: after }).uses;
    expect(found?.parsed).toMatchObject({ registry: 'reg.example:5000', repository: 'm/quay.io/a/b' });
  });
});
