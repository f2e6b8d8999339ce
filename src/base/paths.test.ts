import { describe, expect, it } from 'vitest';
import { checkPath } from './paths.ts';

describe('what is given as a path', () => {
  it.each(['a.yaml', '-', './https:/x', 'deploy/**/*.yaml', 'C:/x', 'C:\\x', 'a b\n.yaml', 'quay.io/x:1'])(
    '%j can be one',
    (text) => {
      expect(checkPath(text)).toBe(text);
    },
  );

  it.each([
    ['', 'a path', 'is empty', /variable/],
    [
      'https://r.example/a.yaml',
      'https://r.example/a.yaml',
      'is an address',
      /curl -fsSL URL \| sallyport … -f -/,
    ],
    [
      'HTTP://u:secret@r.example/a?token=secret',
      'http://r.example/a?token=REDACTED',
      'is an address',
      /curl/,
    ],
    ['oci://r.example/a', 'oci://r.example/a', 'is an address', /Fetch/],
    ['file:///srv/a.yaml', 'file:///srv/a.yaml', 'is an address', /^Write the path: \/srv\/a\.yaml$/],
  ])('%j cannot', (text, subject, message, hint) => {
    expect(() => checkPath(text)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        subject,
        message: expect.stringContaining(message),
        hint: expect.stringMatching(hint),
      }),
    );
  });
});
