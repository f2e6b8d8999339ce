import { describe, expect, it } from 'vitest';
import { styleOf } from './terminal.ts';

const pipe = { isTTY: false, columns: 0, rows: 0 };
const terminal = { isTTY: true, columns: 120, rows: 50 };

describe('how text may look', () => {
  it.each([
    ['in a pipe', pipe, {}, { color: false, width: Number.POSITIVE_INFINITY }],
    [
      'in a pipe that is to be coloured',
      pipe,
      { FORCE_COLOR: '1' },
      { color: true, width: Number.POSITIVE_INFINITY },
    ],
    ['on a terminal', terminal, {}, { color: true, width: 120, height: 50 }],
    ['with NO_COLOR', terminal, { NO_COLOR: '1' }, { color: false, width: 120, height: 50 }],
    ['with an empty NO_COLOR', terminal, { NO_COLOR: '' }, { color: true, width: 120, height: 50 }],
    ['on a dumb one', terminal, { TERM: 'dumb' }, { color: false, width: 120, height: 50 }],
    [
      'on one that does not tell its size',
      { ...terminal, columns: 0, rows: 0 },
      {},
      { color: true, width: 80, height: 24 },
    ],
  ])('%s', (_, stream, env, style) => {
    expect(styleOf(stream, env)).toEqual(style);
  });
});
