import { formatCount, printable } from '../base/index.ts';
import type {
  ApplyWorkflowResult,
  ClusterDiff,
  Difference,
  ObjectDiff,
  ObjectName,
  PrunePlan,
  RollbackPlan,
  RollbackResult,
} from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import { errorData } from './errors.ts';
import type { OutputFormat } from './images.ts';
import { shortValue } from './short-value.ts';
import { paint, type Style } from './style.ts';

/** `Deployment eclipse-che/che`. */
function objectText({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function formatted(data: unknown, format: OutputFormat): string | undefined {
  if (format === 'json') return `${JSON.stringify(data, undefined, 2)}\n`;
  return format === 'yaml' ? stringifyYaml(data) : undefined;
}

/** The order in which a reviewer looks: what runs, then who may do what, then the rest. */
const GROUPS: readonly (readonly [Difference['about'], string])[] = [
  ['image', 'images'],
  ['environment', 'environment'],
  ['rights', 'rights'],
  ['secret', 'secret values'],
  ['other', 'fields'],
  ['metadata', 'metadata'],
  ['schema', 'definition'],
];

/** Places shown per group; schemas change in hundreds of places that nobody reads one by one. */
const SHOWN = 20;
const SHOWN_SCHEMA = 3;

/** What an apply would change. */
export function clusterDiffText(
  diff: ClusterDiff,
  format: OutputFormat,
  style: Style,
  { verbose }: { readonly verbose: boolean },
): string {
  const data = formatted(diffData(diff), format);
  if (data !== undefined) return data;
  const changed = diff.objects.filter(
    ({ action, conflicts }) => action !== 'unchanged' || conflicts.length > 0,
  );
  if (format === 'name') return changed.map(({ name }) => `${objectText(name)}\n`).join('');
  const { green, red, yellow, dim } = paint(style);
  const lines = changed.flatMap((one) => objectLines(one, style, verbose));
  for (const name of diff.prune.remove)
    lines.push(`${red('-')} ${objectText(name)}  ${dim('no longer in the manifests; --prune deletes it')}`);
  for (const { name, why } of diff.prune.keep)
    lines.push(
      `  ${objectText(name)}  ${dim(`no longer in the manifests; --prune leaves it: ${printable(why)}`)}`,
    );
  for (const { object, because } of diff.restarts)
    lines.push(
      `${yellow('!')} ${objectText(object)}  ${dim(`runs and would be restarted by the new ${objectText(because)}`)}`,
    );
  const count = (action: ObjectDiff['action']) => diff.objects.filter((one) => one.action === action).length;
  const summary = [
    [count('create'), 'to create'],
    [count('change'), 'to change'],
    [count('unchanged'), 'unchanged'],
    [count('refused'), 'refused'],
    [diff.prune.remove.length, 'to prune'],
    [diff.objects.filter(({ conflicts }) => conflicts.length > 0).length, 'with conflicts'],
  ] as const;
  const text = summary
    .filter(([number, what]) => number > 0 || what === 'unchanged')
    .map(([number, what]) => `${number} ${what}`)
    .join(', ');
  return `${[...lines, ...(lines.length > 0 ? [''] : []), changed.length === 0 ? green(text) : text].join('\n')}\n`;
}

function objectLines(one: ObjectDiff, style: Style, verbose: boolean): string[] {
  const { green, red, yellow, dim } = paint(style);
  const marks = { create: green('+'), change: yellow('~'), unchanged: ' ', refused: red('!') };
  const simulated = one.simulated === undefined ? '' : dim(`  (simulated: ${one.simulated})`);
  const lines = [`${marks[one.action]} ${objectText(one.name)}${simulated}`];
  for (const [about, title] of GROUPS) {
    const group = one.differences.filter((difference) => difference.about === about);
    if (group.length === 0) continue;
    lines.push(`    ${dim(title)}`);
    const shown = verbose ? group.length : about === 'schema' ? SHOWN_SCHEMA : SHOWN;
    for (const difference of group.slice(0, shown)) lines.push(`      ${differenceText(difference, style)}`);
    if (group.length > shown)
      lines.push(dim(`      and ${group.length - shown} more places (--verbose shows them)`));
  }
  for (const { manager, field } of one.conflicts)
    lines.push(`    ${red('conflict')} ${printable(field)} is held by ${printable(manager)}`);
  if (one.error !== undefined) lines.push(`    ${red(one.error.code)} ${printable(one.error.message)}`);
  return lines;
}

function differenceText(difference: Difference, style: Style): string {
  const { green, red } = paint(style);
  const path = difference.path === '' ? '' : `${printable(difference.path)}: `;
  // A digest that is cut off says nothing.
  const limit = difference.about === 'image' ? Number.POSITIVE_INFINITY : 100;
  const show = (value: unknown): string => printable(shortValue(valueOfVariable(value), limit));
  const before = 'before' in difference ? show(difference.before) : undefined;
  const after = 'after' in difference ? show(difference.after) : undefined;
  if (before === undefined) return `${path}${green(`+ ${after ?? ''}`)}`;
  if (after === undefined) return `${path}${red(`- ${before}`)}`;
  return `${path}${red(before)} → ${green(after)}`;
}

/** A variable that comes or goes is told by its value; its name stands in the path. */
function valueOfVariable(value: unknown): unknown {
  const isVariable =
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    'name' in value &&
    Object.keys(value).length === 2;
  return isVariable ? value.value : value;
}

function diffData({ objects, prune, restarts, problems }: ClusterDiff): Record<string, unknown> {
  return {
    objects: objects.map(({ error, conflicts, ...rest }) => ({
      ...rest,
      ...(conflicts.length === 0 ? {} : { conflicts }),
      ...(error === undefined ? {} : { error: errorData(error) }),
    })),
    prune,
    restarts,
    problems: problems.map(errorData),
  };
}

/** What an apply did. */
export function applyText(result: ApplyWorkflowResult, format: OutputFormat, style: Style): string {
  const data = formatted(result, format);
  if (data !== undefined) return data;
  const { objects, pruned, left, revision, server } = result;
  if (format === 'name') return objects.map(({ name, action }) => `${objectText(name)} ${action}\n`).join('');
  const { dim } = paint(style);
  const count = (action: string) => objects.filter((one) => one.action === action).length;
  const changed = count('created') + count('changed') + pruned.length;
  return [
    `${formatCount(objects.length, 'object')}: ${count('created')} created, ${count('changed')} changed, ${count('unchanged')} unchanged${pruned.length === 0 ? '' : `, ${pruned.length} deleted`}`,
    ...left.map(({ name, why }) => `left: ${objectText(name)}  ${dim(printable(why))}`),
    changed === 0 ? `nothing changed (${server})` : `revision ${revision} (${server})`,
    '',
  ].join('\n');
}

/** What `--prune` would delete. */
export function prunePlanText({ remove, keep }: PrunePlan, style: Style): string {
  const { red, dim } = paint(style);
  return [
    'No longer in the manifests:',
    ...remove.map((name) => `  ${red('delete')} ${objectText(name)}`),
    ...keep.map(({ name, why }) => `  keep   ${objectText(name)}  ${dim(printable(why))}`),
    '',
  ].join('\n');
}

/** What a rollback is about to do. */
export function rollbackPlanText({ revisions, at, remove }: RollbackPlan, style: Style): string {
  const { red } = paint(style);
  return [
    `Undoes revision ${revisions.join(', ')}, back to before ${at}. Objects that were changed are put back.`,
    ...remove.map((name) => `  ${red('delete')} ${objectText(name)}`),
    '',
  ].join('\n');
}

/** What a rollback did. */
export function rollbackText(result: RollbackResult, format: OutputFormat, style: Style): string {
  const data = formatted(result, format);
  if (data !== undefined) return data;
  const { dim, yellow } = paint(style);
  if (format === 'name') return `${result.revision}\n`;
  return [
    `undid revision ${result.revision} of ${result.at}: ${formatCount(result.restored, 'object')} restored, ${result.removed} removed, ${result.unchanged} as they were`,
    ...result.left.map(
      ({ name, why }) => `${yellow('not undone:')} ${objectText(name)}  ${dim(printable(why))}`,
    ),
    '',
  ].join('\n');
}
