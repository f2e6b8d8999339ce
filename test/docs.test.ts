import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from '../scripts/generate-docs.ts';

const root = resolve(import.meta.dirname, '..');

it.each([...(await referencePages())])(
  '%s is what the definitions make of it (npm run docs)',
  (path, text) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  },
);

it('the two READMEs show the same commands', () => {
  const commands = (name: string) =>
    [
      ...readFileSync(join(root, name), 'utf8').matchAll(
        /^(?:\$ )?(?:npx )?(?:sallyport|npm|kubectl|chectl)\b.*$/gm,
      ),
    ].map(([line]) => line.replace(/ +#.*$/, ''));
  expect(commands('README.zh-CN.md')).toEqual(commands('README.md'));
  expect(commands('README.md').length).toBeGreaterThan(8);
});

it('the READMEs hold no placeholder', () => {
  for (const name of ['README.md', 'README.zh-CN.md'])
    expect(readFileSync(join(root, name), 'utf8')).not.toMatch(/@@|TODO|FIXME/);
});
