import { describe, expect, it } from 'vitest';
import { sourceOf } from '../../test/support/yaml.ts';
import { SallyportError } from '../base/index.ts';
import { positionOf } from './position.ts';

describe('openSource', () => {
  it.each<[name: string, bytes: Buffer]>([
    ['little-endian with a mark', Buffer.from('\ufeffa: 1\n', 'utf16le')],
    ['little-endian without a mark', Buffer.from('a: 1\n', 'utf16le')],
    ['big-endian with a mark', Buffer.from('\ufeffa: 1\n', 'utf16le').swap16()],
    ['big-endian without a mark', Buffer.from('a: 1\n', 'utf16le').subarray(0, 8).swap16()],
  ])('refuses UTF-16: %s', (_, bytes) => {
    expect(() => sourceOf(bytes, 'a.yaml')).toThrow(
      expect.objectContaining({
        code: 'YAML_INVALID',
        subject: 'a.yaml',
        message: expect.stringContaining('UTF-16'),
      }),
    );
  });

  it.each<[bytes: number[], subject: string]>([
    [[0x61, 0xff, 0x62], 'a.yaml:1:2'],
    [[...Buffer.from('a: é\nb: \ufffd '), 0xc3], 'a.yaml:2:8'],
    [[0xef, 0xbb, 0xbf, 0x61, 0x80], 'a.yaml:1:2'],
  ])('refuses what is not UTF-8 and says where: %j', (bytes, subject) => {
    expect(() => sourceOf(Buffer.from(bytes), 'a.yaml')).toThrow(
      expect.objectContaining({ code: 'YAML_INVALID', subject }),
    );
  });

  it('keeps one character per byte', () => {
    const source = sourceOf('ä: 中\n');
    expect(source.text).toHaveLength(source.bytes.length);
    expect(source.text.indexOf('\n')).toBe(source.bytes.indexOf('\n'));
  });
});

describe('positionOf', () => {
  const text = '\ufeffab\r\n\né: x\nlast';
  const source = sourceOf(text);
  it.each<[offset: number, line: number, column: number]>([
    [3, 1, 1],
    [4, 1, 2],
    [6, 1, 4],
    [7, 2, 1],
    [8, 3, 1],
    [10, 3, 3],
    [12, 3, 5],
    [14, 4, 1],
    [18, 4, 5],
    [0, 1, 1],
  ])('byte %i is %i:%i', (offset, line, column) => {
    expect(positionOf(source, offset)).toEqual({ line, column });
  });
});

it('errors are of our class', () => {
  try {
    sourceOf(Buffer.from([0xff, 0xfe, 0x61, 0]));
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(SallyportError);
  }
});
