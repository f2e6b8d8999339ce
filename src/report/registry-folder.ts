import { formatBytes, formatCount } from '../base/index.ts';
import type { GarbageResult, VerifyFolderResult } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';

/** What garbage collection removed, or would remove. */
export function garbageText(
  result: GarbageResult,
  format: OutputFormat,
  options: { readonly dryRun: boolean },
): string {
  const data = { dryRun: options.dryRun, ...result };
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(data);
  if (format === 'name') return `${result.blobs}\n`;
  const { manifests, blobs, bytes, repositories, uploads, young } = result;
  const parts = [
    `${formatCount(blobs, 'blob')} (${formatBytes(bytes)})`,
    ...(manifests === 0 ? [] : [`${formatCount(manifests, 'untagged manifest')} among them`]),
    ...(repositories === 0
      ? []
      : [`${repositories} empty ${repositories === 1 ? 'repository' : 'repositories'}`]),
    ...(uploads === 0 ? [] : [formatCount(uploads, 'abandoned upload')]),
  ];
  return [
    `${options.dryRun ? 'would be removed' : 'removed'}: ${parts.join(', ')}\n`,
    young.blobs === 0
      ? ''
      : `kept for now: ${formatCount(young.blobs, 'blob')} (${formatBytes(young.bytes)}) that nothing refers to, but young or asked for lately; see --min-age\n`,
  ].join('');
}

/** What a check of a registry's folder found. */
export function verifyFolderText(result: VerifyFolderResult, format: OutputFormat, style: Style): string {
  if (format === 'json') return `${JSON.stringify(result, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(result);
  const { problems } = result;
  if (format === 'name') return [...namesOf(problems)].map((name) => `${name}\n`).join('');
  const { red } = paint(style);
  const files = namesOf(problems).size;
  const summary = `${formatCount(result.blobs, 'file')} (${formatBytes(result.bytes)}), ${formatCount(result.manifests, 'manifest')}: ${
    files === 0 ? 'all as they should be' : red(`${files} damaged or missing`)
  }\n`;
  if (problems.length === 0) return summary;
  const rows = problems.map(({ state, digest, file, repository, manifest, tags }) => [
    state,
    digest ?? file ?? '',
    repository === undefined ? '(no image)' : nameOf(repository, manifest, tags),
  ]);
  return `${table(['STATE', 'FILE', 'NEEDED BY'], rows, style)}\n${summary}`;
}

function namesOf(problems: VerifyFolderResult['problems']): Set<string> {
  return new Set(problems.flatMap(({ digest, file }) => digest ?? file ?? []));
}

function nameOf(repository: string, manifest: string | undefined, tags: readonly string[]): string {
  if (tags.length > 0) return tags.map((tag) => `${repository}:${tag}`).join(', ');
  return manifest === undefined ? repository : `${repository}@${manifest}`;
}
