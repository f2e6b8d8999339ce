import { formatBytes, formatCount } from '../base/index.ts';
import type { Lock, LockDiff } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';

/** The lock for people (`table`), for programs, or as the pinned references (`name`). */
export function lockText(lock: Lock, format: OutputFormat, style: Style): string {
  if (format === 'json') return `${JSON.stringify(lock, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(lock);
  if (format === 'name') return lock.images.map((image) => `${image.reference}\n`).join('');
  const rows = lock.images.map((image) => [
    image.reference,
    image.digest.slice(0, 19),
    formatBytes(image.size),
    image.platforms.map(({ platform }) => platform).join(','),
  ]);
  const total = lock.images.reduce((sum, image) => sum + image.size, 0);
  const left = lock.excluded.length === 0 ? '' : `, ${lock.excluded.length} left out on request`;
  return `${table(['IMAGE', 'DIGEST', 'SIZE', 'PLATFORMS'], rows, style)}\n${formatCount(lock.images.length, 'image')}, ${formatBytes(total)}${left}\n`;
}

/** What would change, a line each. */
export function lockDiffText(diff: LockDiff, style: Style): string {
  const { green, red, yellow } = paint(style);
  return [
    ...diff.added.map((image) => `${green('+')} ${image.reference}  ${image.digest}\n`),
    ...diff.removed.map((image) => `${red('-')} ${image.reference}  ${image.digest}\n`),
    ...diff.moved.map(({ reference, from, to }) => `${yellow('~')} ${reference}  ${from} → ${to}\n`),
    ...diff.changed.map(({ reference, what }) => `${yellow('~')} ${reference}  ${what}\n`),
    ...diff.inputs.map(({ file, what }) => `${yellow('~')} input ${file} ${what}\n`),
  ].join('');
}
