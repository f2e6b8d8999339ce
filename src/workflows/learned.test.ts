import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FakeClock, fakeClock } from '../../test/support/fake-clock.ts';
import type { LearnedCapability } from '../registry/index.ts';
import { openLearned } from './learned.ts';

let home: string;
let clock: FakeClock;

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sallyport-learned-'));
  clock = fakeClock();
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const open = (env: Record<string, string> = {}) => openLearned({ env, homeDir: home, clock });
const entry = (name: LearnedCapability['name'], value: boolean | number, ms = 1000): LearnedCapability => ({
  name,
  value,
  until: clock.now() + ms,
});

describe('what was learned of registries', () => {
  it('is there for the next run until it expires, joined with what other runs wrote meanwhile', () => {
    const [one, two] = [open(), open()];
    expect([one.known('a'), two.known('b')]).toEqual([[], []]);
    one.keep(new Map([['a:443', [entry('rangeGet', true), entry('maxBody', 900, 10)]]]));
    two.keep(new Map([['b', [entry('mountFrom', false)]]]));
    clock.advance(100);
    const later = open();
    later.keep(new Map([['c', [entry('delete', true)]]]));
    expect(
      open()
        .known('a:443')
        .map(({ name }) => name),
    ).toEqual(['rangeGet']);
    expect(open().known('b')).toMatchObject([{ name: 'mountFrom', value: false }]);
  });

  it('is written only when there is something new', () => {
    open().keep(new Map([['a', [entry('rangeGet', true)]]]));
    const path = join(home, '.cache', 'sallyport', 'registries.json');
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, before.trimEnd());
    open().keep(new Map([['a', [entry('rangeGet', true)]]]));
    expect(readFileSync(path, 'utf8')).toBe(before.trimEnd());
    clock.advance(600);
    open().keep(new Map([['a', [entry('rangeGet', true)]]]));
    expect(readFileSync(path, 'utf8')).not.toBe(before.trimEnd());
  });

  it.each([
    ['{'],
    ['[]'],
    ['null'],
    ['{"format":2,"servers":{"a":[]}}'],
    ['{"format":1,"servers":{"a":[null,{"name":3}]}}'],
  ])('is nothing when the file holds %s', (text) => {
    mkdirSync(join(home, 'sallyport'));
    writeFileSync(join(home, 'sallyport', 'registries.json'), text);
    expect(open({ XDG_CACHE_HOME: home }).known('a')).toEqual([]);
  });

  it('is lost without harm where it cannot be written', () => {
    writeFileSync(join(home, 'file'), '');
    open({ XDG_CACHE_HOME: join(home, 'file') }).keep(new Map([['a', [entry('rangeGet', true)]]]));
    expect(open({ XDG_CACHE_HOME: join(home, 'file') }).known('a')).toEqual([]);
  });
});
