import { formatBytes, formatCount } from '../base/index.ts';
import type { MirrorResult } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { errorData } from './errors.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';

/** What a dry run would do, in images, blobs and bytes. */
export function planText(result: MirrorResult, format: OutputFormat, style: Style): string {
  const { plan } = result;
  if (format === 'json') return `${JSON.stringify(planData(result), undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(planData(result));
  if (format === 'name')
    return plan.images
      .filter((image) => image.state === 'copy')
      .map((image) => `${image.request.target}\n`)
      .join('');
  const rows = plan.images.map((image) => [
    image.state === 'present' ? 'present' : 'copy',
    image.request.source,
    image.request.target,
  ]);
  const count = (action: string) => plan.blobs.filter((blob) => blob.action === action).length;
  return [
    rows.length === 0 ? '' : table(['STATE', 'SOURCE', 'TARGET'], rows, style),
    '\n',
    `${formatCount(plan.images.length, 'image')}: ${plan.images.filter((image) => image.state === 'copy').length} to copy, ${plan.images.filter((image) => image.state === 'present').length} present\n`,
    `${formatCount(plan.blobs.length, 'blob')}: ${count('copy')} to send (${formatBytes(plan.bytesToSend)}), ${count('mount')} to mount (${formatBytes(plan.bytesMountable)}), ${count('present')} present (${formatBytes(plan.bytesPresent)})\n`,
    ...plannedTargets(result).map(
      ({ target, copy, present, failed, bytesToSend }) =>
        `${target}: ${copy} to copy, ${present} present${failed === 0 ? '' : `, ${failed} failed`}; ${formatBytes(bytesToSend)} to send\n`,
    ),
  ].join('');
}

function planData(result: MirrorResult): Record<string, unknown> {
  const { plan } = result;
  return {
    images: plan.images.map((image) => ({
      source: image.request.source,
      target: image.request.target,
      digest: image.digest,
      state: image.state,
    })),
    blobs: plan.blobs.map(({ blob, action, toRegistry, toRepository }) => ({
      digest: blob.digest,
      size: blob.size,
      action,
      repository: `${toRegistry}/${toRepository}`,
    })),
    bytesToSend: plan.bytesToSend,
    bytesMountable: plan.bytesMountable,
    bytesPresent: plan.bytesPresent,
    ...(result.targets === undefined ? {} : { targets: plannedTargets(result) }),
    failed: result.failures.map(errorData),
  };
}

/** What a copy did. */
export function mirrorText(result: MirrorResult, format: OutputFormat, style: Style): string {
  const { copied, shard } = result;
  if (shard !== undefined) return shardText(shard, result, format);
  if (copied === undefined) return planText(result, format, style);
  const data = {
    images: copied.images.map(({ error, ...image }) => ({
      ...image,
      ...(error === undefined ? {} : { error: errorData(error) }),
    })),
    bytesSent: copied.bytesSent,
    blobsCopied: copied.blobsCopied,
    blobsMounted: copied.blobsMounted,
    blobsPresent: copied.blobsPresent,
    manifestsWritten: copied.manifestsWritten,
    ...(result.targets === undefined ? {} : { targets: copiedTargets(result) }),
    failed: result.failures.map(errorData),
  };
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(data);
  if (format === 'name')
    return copied.images
      .filter((image) => image.state !== 'failed')
      .map((image) => `${image.target}${image.digest === undefined ? '' : `@${image.digest}`}\n`)
      .join('');
  const { red } = paint(style);
  return [
    `${mirrorSummary(result, style)}\n`,
    ...copiedTargets(result).map(
      (of) =>
        `${of.target}: ${of.copied} copied, ${of.present} present${of.failed === 0 ? '' : `, ${red(`${of.failed} failed`)}`}\n`,
    ),
  ].join('');
}

const isBelow = (name: string, prefix: string): boolean => name.startsWith(`${prefix}/`);

/** For each of several targets. */
function plannedTargets({ plan, targets = [] }: MirrorResult) {
  return targets.map((target) => {
    const images = plan.images.filter(({ request }) => isBelow(request.target, target));
    return {
      target,
      copy: images.filter(({ state }) => state === 'copy').length,
      present: images.filter(({ state }) => state === 'present').length,
      failed: plan.failed.filter(({ request }) => isBelow(request.target, target)).length,
      bytesToSend: plan.blobs
        .filter(
          ({ action, toRegistry, toRepository }) =>
            action === 'copy' && isBelow(`${toRegistry}/${toRepository}`, target),
        )
        .reduce((sum, { blob }) => sum + blob.size, 0),
    };
  });
}

function copiedTargets(result: MirrorResult) {
  return plannedTargets(result).map(({ target, failed }) => {
    const images = (result.copied?.images ?? []).filter((image) => isBelow(image.target, target));
    const count = (state: string) => images.filter((image) => image.state === state).length;
    return { target, copied: count('copied'), present: count('present'), failed: failed + count('failed') };
  });
}

/** One line: `24 images: 20 copied, 4 present; 612 MB sent in 130 blobs, 12 mounted`. */
export function mirrorSummary(result: MirrorResult, style: Style): string {
  const { copied } = result;
  if (copied === undefined) return `${formatCount(result.plan.images.length, 'image')} planned`;
  const { red } = paint(style);
  const count = (state: string) => copied.images.filter((image) => image.state === state).length;
  const failed = result.failures.length;
  const dropped = copied.images.reduce((sum, image) => sum + (image.dropped?.length ?? 0), 0);
  return [
    `${formatCount(copied.images.length + result.plan.failed.length, 'image')}: ${count('copied')} copied, ${count('present')} present${failed === 0 ? '' : `, ${red(`${failed} failed`)}`}`,
    `${formatBytes(copied.bytesSent)} sent in ${formatCount(copied.blobsCopied, 'blob')}${copied.blobsMounted === 0 ? '' : `, ${copied.blobsMounted} mounted`}`,
    ...(dropped === 0 ? [] : [red(`${dropped} signatures or SBOMs are not listed by the target`)]),
  ].join('; ');
}

function shardText(
  shard: NonNullable<MirrorResult['shard']>,
  result: MirrorResult,
  format: OutputFormat,
): string {
  const { failures: _, ...moved } = shard;
  const data = { ...moved, failed: result.failures.map(errorData) };
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(data);
  if (format === 'name') return '';
  const { index, count, blobs, blobsOfAll, blobsCopied, blobsMounted, blobsPresent, bytesSent } = shard;
  return [
    `shard ${index} of ${count}: ${blobs} of ${blobsOfAll} blobs; ${blobsCopied} copied (${formatBytes(bytesSent)}), ${blobsMounted} mounted, ${blobsPresent} present\n`,
    'Manifests and tags are written by mirror --after-shards.\n',
  ].join('');
}
