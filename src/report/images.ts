import type { ImagesResult, ListedImage } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { errorData } from './errors.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';

export type OutputFormat = 'table' | 'json' | 'yaml' | 'name';

/** The list in the asked form. `name` is one reference a line, sorted, those left out on request aside. */
export function imagesText(result: ImagesResult, format: OutputFormat, style: Style): string {
  if (format === 'name')
    return result.images
      .filter((image) => image.left === undefined)
      .map((image) => `${image.reference}\n`)
      .join('');
  if (format === 'json') return `${JSON.stringify(imagesData(result), undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml(imagesData(result));
  return imagesTable(result, style);
}

function confirmedData({
  exists,
  digest,
  failure,
}: NonNullable<ListedImage['confirmed']>): Record<string, unknown> {
  return {
    exists,
    ...(digest === undefined ? {} : { digest }),
    ...(failure === undefined ? {} : { message: failure.message, error: errorData(failure) }),
  };
}

/** What JSON and YAML hold; the names are part of the product and do not change. */
export function imagesData(result: ImagesResult): Record<string, unknown> {
  return {
    images: result.images.map(({ uses, confirmed, ...image }) => ({
      ...image,
      ...(confirmed === undefined ? {} : { confirmed: confirmedData(confirmed) }),
      uses: uses.map(
        ({
          file,
          document,
          kind,
          name,
          namespace,
          path,
          line,
          column,
          range,
          parts,
          how,
          confidence,
          reason,
        }) => ({
          file,
          document,
          kind,
          name,
          ...(namespace === undefined ? {} : { namespace }),
          path,
          line,
          column,
          range,
          ...(parts === undefined ? {} : { parts }),
          how,
          confidence,
          reason,
        }),
      ),
    })),
    unresolved: result.unresolved,
    egress: result.egress,
  };
}

function imagesTable(result: ImagesResult, style: Style): string {
  const { dim, yellow } = paint(style);
  const marked = result.images.some((image) => image.mark !== undefined);
  const asked = result.images.some((image) => image.confirmed !== undefined);
  const header = ['IMAGE', ...(marked ? ['WHEN'] : []), ...(asked ? ['REGISTRY'] : []), 'USES', 'WHERE'];
  const rows = result.images.map((image) => [
    image.reference,
    ...(marked ? [whenText(image)] : []),
    ...(asked
      ? [
          image.confirmed?.failure === undefined
            ? image.confirmed?.exists === true
              ? 'yes'
              : 'no'
            : `unknown (${image.confirmed.failure.code})`,
        ]
      : []),
    String(image.uses.length),
    whereText(image),
  ]);
  const parts = [result.images.length === 0 ? 'No image found.\n' : table(header, rows, style)];
  if (result.unresolved.length > 0) {
    parts.push(`\n${yellow('Unresolved')} (these name images, but not which):\n`);
    for (const { file, line, column, text, reason } of result.unresolved)
      parts.push(`  ${file}:${line}:${column}  ${text}  ${dim(reason)}\n`);
  }
  if (result.egress.length > 0) {
    parts.push(`\n${yellow('Other hosts')} that a closed network would miss:\n`);
    for (const { file, line, column, url, reason } of result.egress)
      parts.push(`  ${file}:${line}:${column}  ${url}  ${dim(reason)}\n`);
  }
  return parts.join('');
}

function whenText(image: ListedImage): string {
  if (image.left !== undefined) return 'left out';
  if (image.mark === 'conditional')
    return image.condition === undefined ? 'conditional' : `conditional: ${image.condition}`;
  return image.mark === 'default' ? 'default path' : (image.mark ?? '');
}

function whereText(image: ListedImage): string {
  const [first] = image.uses;
  if (first === undefined) return image.given ?? '';
  const more = image.uses.length > 1 ? ` (+${image.uses.length - 1})` : '';
  return `${first.file}:${first.line}${more}`;
}

/** One image in full: every place, why it is an image there, and where it will go. */
export function whyText(image: ListedImage, style: Style): string {
  const { bold, dim } = paint(style);
  const lines = [bold(image.reference)];
  if (image.normalized !== image.reference) lines.push(`  is ${image.normalized}`);
  if (image.mark !== undefined)
    lines.push(`  ${whenText(image)}${image.group === undefined ? '' : ` (${image.group})`}`);
  if (image.members !== undefined) lines.push(`  for ${image.members.join(', ')}`);
  if (image.given !== undefined) lines.push(`  ${image.given}`);
  for (const use of image.uses) {
    const object = [use.kind, use.name].filter((part) => part !== '').join('/');
    lines.push(`  ${use.file}:${use.line}:${use.column}  ${object === '' ? '' : `${object}  `}${use.path}`);
    lines.push(dim(`    ${use.reason} [${use.how}, ${use.confidence}]`));
  }
  if (image.left !== undefined) lines.push(`  stays where it is: ${image.left}`);
  else
    lines.push(
      image.target === undefined
        ? dim('  no target is named; give one with --to HOST/PATH')
        : `  goes to ${image.target}`,
    );
  return `${lines.join('\n')}\n`;
}
