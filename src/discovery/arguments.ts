import type { ScalarNode, SeqNode } from '../yaml/index.ts';
import type { Collector, Place } from './context.ts';
import { RULES } from './rules.ts';
import { referenceAt, shapeOf } from './shape.ts';
import { templateIn } from './templates.ts';
import { asList, byShape } from './values.ts';
import { namesImage, namesImages } from './words.ts';

/** An argument whose program has an image as its default although its name does not say so, or that needs no value to be known. */
export interface KnownArgument {
  /** With its dashes: `--acme-http01-solver-image`. */
  readonly flag: string;
  readonly reason: string;
}

/** Keys that hold the words of a command line. */
const ARGUMENT_KEYS = new Set([
  'args',
  'command',
  'arguments',
  'extraArgs',
  'cmd',
  'entrypoint',
  'defaultArgs',
  'additionalArgs',
  'commandLine',
]);

export function holdsArguments(key: string): boolean {
  return ARGUMENT_KEYS.has(key);
}

/** The words of a command line: `--x-image=REF`, `--x-image REF`, full references by shape, and the same inside a shell's script. */
export function argumentReferences(
  collector: Collector,
  place: Place,
  list: SeqNode,
  known: ReadonlySet<string>,
): void {
  for (const [index, item] of list.items.entries()) {
    if (item?.type !== 'scalar') continue;
    const here = { ...place, path: `${place.path}[${index}]` };
    const { value } = item;
    const flag = flagOf(value);
    if (flag !== undefined) {
      fromFlag(collector, here, item, flag, known);
      continue;
    }
    const before = index > 0 ? list.items[index - 1] : undefined;
    const named =
      before?.type === 'scalar' && isImageFlag(before.value.trim(), known) && !before.value.includes('=');
    if (named && !value.startsWith('-') && referenceAt(value.trim()) !== undefined) {
      const at = value.indexOf(value.trim());
      collector.use(RULES.argumentName, here, {
        reference: value.trim(),
        range: item.rangeOf(at, at + value.trim().length),
      });
    } else if (/\s/.test(value.trim())) scriptReferences(collector, here, item);
    else byShape(collector, RULES.argumentShape, here, item);
  }
}

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly at: number;
}

/** `--name=value` or `NAME=value` in one word. */
function flagOf(word: string): Flag | undefined {
  const match = /^(-{0,2}[A-Za-z][\w.-]*)=/.exec(word);
  if (match?.[1] === undefined || (!word.startsWith('-') && !/^[A-Z_][A-Z0-9_]*=/.test(word)))
    return undefined;
  return { name: match[1], value: word.slice(match[0].length), at: match[0].length };
}

function isImageFlag(flag: string, known: ReadonlySet<string>): boolean {
  return flag.startsWith('-') && (namesImage(flag) || known.has(flag));
}

function fromFlag(
  collector: Collector,
  place: Place,
  scalar: ScalarNode,
  flag: Flag,
  known: ReadonlySet<string>,
): void {
  const lead = /^["']/.test(flag.value) ? 1 : 0;
  const text = flag.value.slice(lead).trimEnd().replace(/["']$/, '');
  const at = flag.at + lead;
  if (text === '') return;
  const named = namesImage(flag.name) || known.has(flag.name);
  const template = templateIn(text);
  if (template !== undefined) {
    if (named) collector.unknown(template, place, scalar, text, at);
    return;
  }
  if (/[,\s]/.test(text) && (namesImages(flag.name) || named)) {
    asList(collector, place, scalar, true);
    return;
  }
  if (named && referenceAt(text) !== undefined && !/^[./]/.test(text)) {
    collector.use(RULES.argumentName, place, {
      reference: text,
      range: scalar.rangeOf(at, at + text.length),
    });
    return;
  }
  // `--images=key=REF` and other flags whose value is a full reference
  const equals = text.indexOf('=');
  const value = text.slice(equals + 1);
  const strength = shapeOf(value);
  if (strength === 'none') return;
  const start = at + equals + 1;
  collector.use(strength === 'strong' ? RULES.argumentShape : RULES.weakShape, place, {
    reference: value,
    range: scalar.rangeOf(start, start + value.length),
  });
}

/** `--image=REF`, `--image REF` in a script; other words of a script name images in prose, comments and downloads too often. */
const IN_SCRIPT = /(?:^|[\s"'])(-{1,2}[\w.-]*[iI]mage)(?:=|\s+)["']?([^\s"'`;|&)\\]+)/g;

function scriptReferences(collector: Collector, place: Place, scalar: ScalarNode): void {
  for (const match of scalar.value.matchAll(IN_SCRIPT)) {
    const text = match[2] ?? '';
    const at = match.index + match[0].lastIndexOf(text);
    const template = templateIn(text);
    if (template !== undefined) continue;
    if (text.includes('/') && referenceAt(text) !== undefined)
      collector.use(RULES.argumentName, place, {
        reference: text,
        range: scalar.rangeOf(at, at + text.length),
      });
  }
}
