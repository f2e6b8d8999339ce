import { formatBytes, formatCount } from '../base/index.ts';
import type { BundleCreateResult, BundleDiff, BundleView, VerifyReport } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { errorData, sentence } from './errors.ts';
import type { OutputFormat } from './images.ts';
import type { Style } from './style.ts';
import { table } from './table.ts';

/** What making a bundle did, or would do. */
export function bundleCreateText(result: BundleCreateResult, output: string): string {
  const moved = [
    `${formatBytes(result.fetched)} to read`,
    ...(result.reused === 0 ? [] : [`${formatBytes(result.reused)} reused`]),
    ...(result.omitted === 0 ? [] : [`${formatBytes(result.omitted)} left out, which the target has`]),
  ].join(', ');
  const what = `${formatCount(result.images, 'image')} in ${formatBytes(result.size)}`;
  if (result.files.length === 0) return `would write ${output}: ${what}; ${moved}\n`;
  if (result.unchanged) return `${output} is unchanged: ${what}, ${result.digest}\n`;
  const parts =
    result.files.length === 1 ? '' : ` in ${result.files.length - 1} parts with ${output}.parts.json`;
  return `${output}${parts}: ${what}; ${moved.replace(' to read', ' read')}\n${result.digest}\n`;
}

export function bundleVerifyText(report: VerifyReport, file: string, format: OutputFormat): string {
  const data = { file, ...report, problems: report.problems.map(errorData) };
  const structured = asData(data, format);
  if (structured !== undefined) return structured;
  if (report.problems.length === 0)
    return `${file}: every byte is as it was made (${formatCount(report.files, 'file')}, ${formatBytes(report.bytes)})\n${report.digest ?? ''}\n`;
  const hints = new Set(report.problems.map(({ hint }) => hint));
  return [
    `${file} is damaged:\n`,
    ...report.problems.map((problem) => `  - ${sentence(problem)}\n`),
    ...[...hints].map((hint) => `  → ${hint}\n`),
  ].join('');
}

export function bundleListText(view: BundleView, format: OutputFormat, style: Style): string {
  const images = view.images.map(({ content: _, ...image }) => image);
  const structured = asData({ images }, format);
  if (structured !== undefined) return structured;
  if (format === 'name') return images.map(({ reference }) => `${reference}\n`).join('');
  return table(
    ['IMAGE', 'DIGEST', 'SIZE', 'PLATFORMS'],
    images.map(({ size, platforms, digest, reference }) => [
      reference,
      digest.slice(0, 19),
      formatBytes(size),
      platforms.length === 0 ? '-' : platforms.join(','),
    ]),
    style,
  );
}

export function bundleInspectText(view: BundleView, format: OutputFormat): string {
  const images = view.images.map(({ content: _, ...image }) => image);
  const structured = asData({ ...view, images }, format);
  if (structured !== undefined) return structured;
  const { omitted } = view;
  const lines: readonly (readonly [string, string])[] = [
    ['name', view.name],
    ['digest', view.digest],
    ['format', view.format],
    ['size', `${formatBytes(view.size)}${view.parts === 1 ? '' : ` in ${view.parts} parts`}`],
    ['platforms', view.platforms.length === 0 ? 'all' : view.platforms.join(', ')],
    ['target', view.target ?? 'none; give one with --to when loading'],
    [
      'images',
      `${images.length}, with ${formatCount(view.manifests, 'manifest')}, ${formatCount(view.blobs, 'blob')} and ${formatCount(view.referrers, 'referrer')}`,
    ],
    ...(omitted.blobs === 0
      ? []
      : [
          [
            'left out',
            `${formatCount(omitted.blobs, 'blob')} (${formatBytes(omitted.size)}), which the target has`,
          ] as const,
        ]),
    ['files', view.files.length === 0 ? 'none' : ''],
  ];
  return [
    ...lines.map(([key, value]) => `${`${key}:`.padEnd(11)}${value}`.trimEnd()),
    ...view.files.map(({ name, size }) => `  ${name}  (${formatBytes(size)})`),
    '',
  ].join('\n');
}

export function bundleDiffText(diff: BundleDiff, format: OutputFormat): string {
  const bare = ({ content: _, ...image }: BundleView['images'][number]) => image;
  const structured = asData(
    { ...diff, added: diff.added.map(bare), removed: diff.removed.map(bare) },
    format,
  );
  if (structured !== undefined) return structured;
  if (diff.same) return 'the bundles are the same\n';
  const { content } = diff;
  return [
    ...diff.added.map(({ reference, size }) => `+ ${reference}  (${formatBytes(size)})`),
    ...diff.removed.map(({ reference, size }) => `- ${reference}  (${formatBytes(size)})`),
    ...diff.changed.map(
      ({ reference, from, to }) => `~ ${reference}  ${from.slice(0, 19)} → ${to.slice(0, 19)}`,
    ),
    ...diff.files.added.map((name) => `+ ${name}`),
    ...diff.files.removed.map((name) => `- ${name}`),
    `images: ${diff.added.length} added, ${diff.removed.length} removed, ${diff.changed.length} changed`,
    `content: ${formatBytes(content.added)} added, ${formatBytes(content.removed)} removed, ${formatBytes(content.kept)} in both`,
    '',
  ].join('\n');
}

function asData(data: Record<string, unknown>, format: OutputFormat): string | undefined {
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  return format === 'yaml' ? stringifyYaml(data) : undefined;
}
