import { formatCount, printable } from '../base/index.ts';
import type { DescribedFinding, Judged, SmokeResult, Verdict, VerifyResult } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { table, wrap } from './table.ts';

export type VerifyFormat = 'table' | 'json' | 'yaml' | 'name' | 'junit';

const WORDS: Readonly<Record<Verdict, string>> = {
  locked: 'as locked',
  excluded: 'left out',
  'other-registry': 'other registry',
  'not-in-lock': 'not in the lock',
  'wrong-digest': 'wrong digest',
  'not-started': 'not started',
};

/** What an audit found: problems only in the table, everything with `verbose` and for programs. */
export function verifyText(
  result: VerifyResult,
  format: VerifyFormat,
  style: Style,
  { verbose, smoke }: { readonly verbose: boolean; readonly smoke?: SmokeResult | undefined },
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(verifyData(result, smoke), undefined, 2)}\n`;
    case 'yaml':
      return stringifyYaml(verifyData(result, smoke));
    case 'junit':
      return junit(result, smoke);
    case 'name':
      return result.containers
        .filter(isWrong)
        .map((one) => `${place(one)} ${printable(one.image)}\n`)
        .join('');
    default:
      return `${verifyTable(result, style, verbose)}${smoke === undefined ? '' : smokeTable(smoke, style)}`;
  }
}

function isWrong({ verdict }: Judged): boolean {
  return verdict !== 'locked' && verdict !== 'excluded';
}

function place({ namespace, pod, container, sort }: Judged): string {
  return printable(`${namespace}/${pod} ${sort === 'container' ? '' : `${sort} `}${container}`);
}

function verifyTable(result: VerifyResult, style: Style, verbose: boolean): string {
  const { containers, objects, findings, unread } = result;
  const { green, red, dim } = paint(style);
  const shown = verbose ? containers : containers.filter((one) => one.verdict !== 'locked');
  const lines: string[] = [];
  if (shown.length > 0)
    lines.push(
      table(
        ['VERDICT', 'WHERE', 'IMAGE'],
        shown.map((one) => [
          WORDS[one.verdict],
          place(one),
          `${printable(one.image)}${one.why === undefined ? '' : `  (${printable(one.why)})`}`,
        ]),
        style,
      ),
      '\n',
    );
  const broken = objects.filter(({ ready }) => !ready);
  for (const { name, message } of broken)
    lines.push(`${red('✗')} ${printable(name)}: ${printable(message)}\n`);
  if (verbose)
    for (const { name } of objects.filter(({ ready }) => ready))
      lines.push(`${green('✓')} ${printable(name)}\n`);
  if (broken.length > 0) lines.push('\n');
  for (const finding of findings) lines.push(findingText(finding, style), '\n');
  if (unread.length > 0)
    lines.push(
      `${dim('not readable with these rights, so that causes may be missing:')} ${printable(unread.join(', '))}\n\n`,
    );
  const wrong = containers.filter(isWrong).length;
  lines.push(
    `${formatCount(containers.length, 'container')} in ${result.namespaces.join(', ')}: ${containers.length - wrong} as locked${wrong === 0 ? '' : `, ${wrong} not`}\n`,
    `${formatCount(objects.length, 'object')}: ${objects.length - broken.length} ready${broken.length === 0 ? '' : `, ${broken.length} not`}\n`,
    result.verified
      ? `${green('verified')} ${dim(`on ${result.server}`)}\n`
      : `${red('not verified')} ${dim(`on ${result.server}`)}\n`,
  );
  return lines.join('');
}

/** The steps of a trial with what each has shown. */
function smokeTable({ steps, passed, image }: SmokeResult, style: Style): string {
  const { green, red, dim } = paint(style);
  const marks = { done: green('✓'), failed: red('✗'), skipped: dim('-') };
  return [
    ...steps.map(
      ({ name, state, message }) =>
        `${marks[state]} ${name}  ${message
          .split('\n')
          .map((line) => printable(line))
          .join('\n    ')}\n`,
    ),
    passed
      ? `${green('a workspace starts and stops')} ${dim(`from ${printable(image)}`)}\n`
      : `${red('no workspace can be used')}\n`,
  ].join('');
}

const WHY_INDENT = 9;

/** One paragraph: what, where, why, and what mends it. */
function findingText({ what, where, why, fix }: DescribedFinding, style: Style): string {
  const { bold, dim } = paint(style);
  const prose = (text: string, indent: number): string => wrap(printable(text), style.width, indent);
  return [
    bold(prose(what, 0)),
    `  ${dim('where')}  ${prose(where, WHY_INDENT)}`,
    `  ${dim('why')}    ${prose(why, WHY_INDENT)}`,
    // Commands are left whole, so that they can be copied.
    ...fix.split('\n').map((line, index) => `  ${dim(index === 0 ? '→' : ' ')} ${printable(line)}`),
    '',
  ].join('\n');
}

function verifyData(result: VerifyResult, smoke: SmokeResult | undefined): Record<string, unknown> {
  return {
    verified: result.verified,
    server: result.server,
    context: result.context,
    namespaces: result.namespaces,
    containers: result.containers,
    objects: result.objects,
    findings: result.findings,
    unread: result.unread,
    ...(smoke === undefined ? {} : { smoke }),
  };
}

/** JUnit as CI systems read it (the `junit-10.xsd` of Jenkins): a suite for the containers of each namespace and one for the objects. */
function junit(result: VerifyResult, smoke: SmokeResult | undefined): string {
  const suites = [
    ...result.namespaces.map((namespace) => ({
      name: `images in ${namespace}`,
      cases: result.containers
        .filter((one) => one.namespace === namespace)
        .map((one) => ({
          name: `${place(one)} ${one.image}`,
          failure: isWrong(one) ? `${WORDS[one.verdict]}: ${one.why ?? ''}` : undefined,
        })),
    })),
    {
      name: 'objects',
      cases: result.objects.map(({ name, ready, message }) => ({
        name,
        failure: ready ? undefined : message,
      })),
    },
    ...(smoke === undefined
      ? []
      : [
          {
            name: 'smoke test',
            cases: smoke.steps.map(({ name, state, message }) => ({
              name,
              failure: state === 'failed' ? message : undefined,
            })),
          },
        ]),
  ];
  const count = (cases: readonly { readonly failure: string | undefined }[]): number =>
    cases.filter(({ failure }) => failure !== undefined).length;
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="sallyport verify" tests="${all.length}" failures="${count(all)}">`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${count(cases)}">`,
      ...cases.map((one) =>
        one.failure === undefined
          ? `    <testcase classname="${xml(name)}" name="${xml(one.name)}"/>`
          : `    <testcase classname="${xml(name)}" name="${xml(one.name)}"><failure message="${xml(one.failure)}"/></testcase>`,
      ),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

function xml(text: string): string {
  return printable(text).replace(
    /[<>&"']/g,
    (character) =>
      ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;', "'": '&apos;' })[character] ?? character,
  );
}

/**
 * What ran and no lock names: as lines for `sources.images` of the configuration, with comments about what is at the target already, or as
 * `images` and `left` for programs.
 */
export function discoveredText(result: VerifyResult, format: OutputFormat): string {
  const { images, left } = discovered(result);
  if (format === 'json') return `${JSON.stringify({ images, left }, undefined, 2)}\n`;
  if (format === 'yaml') return stringifyYaml({ images, left });
  if (format === 'name') return images.map(({ reference }) => `${printable(reference)}\n`).join('');
  if (images.length === 0) return 'sources:\n  images: []\n';
  return [
    ...left.map(({ image, why }) => `# ${printable(image)} ${printable(why)}\n`),
    stringifyYaml({ sources: { images } }),
  ].join('');
}

/** Images that really ran, as their pods ask for them; what is at the target already is told apart. */
function discovered({ containers }: VerifyResult): {
  readonly images: readonly { readonly reference: string; readonly reason: string }[];
  readonly left: readonly { readonly image: string; readonly why: string }[];
} {
  const images = new Map<string, string>();
  const left = new Map<string, string>();
  for (const one of containers) {
    const where = `ran in ${one.owner ?? one.pod}, ${one.sort} ${one.container}, namespace ${one.namespace}`;
    if (one.verdict === 'other-registry') images.set(one.image, images.get(one.image) ?? where);
    else if (one.verdict === 'not-in-lock')
      left.set(one.image, `is at the target registry without being in the lock; it ${where}`);
  }
  return {
    images: [...images]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reference, reason]) => ({ reference, reason })),
    left: [...left].sort(([a], [b]) => (a < b ? -1 : 1)).map(([image, why]) => ({ image, why })),
  };
}
