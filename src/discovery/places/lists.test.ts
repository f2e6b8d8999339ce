import { describe, expect, it } from 'vitest';
import { bytesOf, look } from '../../../test/support/discovery.ts';

describe('a file that is a list', () => {
  it.each([
    ['quay.io/a/b:1\nteam/c:v2\n', ['quay.io/a/b:1', 'team/c:v2']],
    [
      '# of release 1\nquay.io/a/b:1\r\nweb:1.25-alpine\r\nquay.io/a/c:1\r\n',
      ['quay.io/a/b:1', 'web:1.25-alpine', 'quay.io/a/c:1'],
    ],
    ['- quay.io/a/b:1\n- quay.io/a/c:1\n', ['quay.io/a/b:1', 'quay.io/a/c:1']],
  ])('%j', (text, references) => {
    const { uses } = look(text);
    expect(uses.map(({ reference }) => reference)).toEqual(references);
    for (const use of uses) expect(bytesOf(text, use)).toEqual([use.reference]);
  });

  it.each([
    'see quay.io/a/b:1 for what runs there\n',
    'db:5432\ncache:6379\n',
    'quay.io/a/b:1 db:5432\nin prose\n',
  ])('nothing in %j', (text) => {
    expect(look(text).uses).toEqual([]);
  });
});
