import type { SeqNode } from '../../yaml/index.ts';
import { itemOf, type Place } from '../place.ts';
import { RULES } from '../rules.ts';
import type { Search } from '../search.ts';
import { referenceAt, shapeOf } from '../shape.ts';
import type { Spot } from '../spot.ts';
import { templateIn } from '../templates.ts';
import { byShape, LONGEST, pieceOf, trimmed } from '../values.ts';
import { asList } from './lists.ts';
import { scriptText } from './scripts.ts';

/** The words of a command line: `--x-image=REF`, `--x-image REF`, full references by shape, and the same inside of a shell's script. */
export function argumentReferences(search: Search, place: Place, list: SeqNode): void {
  for (const [index, item] of list.items.entries()) {
    if (item?.type !== 'scalar') continue;
    const before = index === 0 ? undefined : list.items[index - 1];
    const spot: Spot = {
      search,
      place: itemOf(place, index),
      facts: search.keys.of(place.key),
      scalar: item,
      siblings: undefined,
    };
    argument(spot, before?.type === 'scalar' ? before.value.trim() : '');
  }
}

function argument(spot: Spot, before: string): void {
  const { search, place, scalar } = spot;
  const flag = flagOf(scalar.value);
  if (flag !== undefined) {
    fromFlag(spot, flag);
    return;
  }
  const { text, at } = trimmed(scalar);
  const named = !before.includes('=') && isImageFlag(search, before);
  const template = named && text.length <= LONGEST ? templateIn(text) : undefined;
  if (named && !text.startsWith('-') && referenceAt(text) !== undefined)
    search.collector.use(RULES.argumentName, place, {
      reference: text,
      range: scalar.rangeOf(at, at + text.length),
    });
  else if (template !== undefined) search.collector.unknown(template, place, scalar, text, at);
  else if (/\s/.test(text)) scriptText(spot);
  else byShape(spot, RULES.argumentShape);
}

interface Flag {
  readonly name: string;
  readonly value: string;
  readonly at: number;
}

/** `--name=value` or `NAME=value` in one word. */
function flagOf(word: string): Flag | undefined {
  const match = /^(-{0,2}[A-Za-z][\w.-]*)=/.exec(word);
  if (match?.[1] === undefined || (!word.startsWith('-') && !/^[A-Z_][A-Z0-9_]*=\S*$/.test(word)))
    return undefined;
  return { name: match[1], value: word.slice(match[0].length), at: match[0].length };
}

function isImageFlag(search: Search, flag: string): boolean {
  return flag.startsWith('-') && search.keys.of(flag).image;
}

function fromFlag(spot: Spot, flag: Flag): void {
  const { search, place, scalar } = spot;
  const { collector } = search;
  const lead = /^["']/.test(flag.value) ? 1 : 0;
  const text = flag.value.slice(lead).trimEnd().replace(/["']$/, '');
  const at = flag.at + lead;
  if (text === '') return;
  const facts = search.keys.of(flag.name);
  const named = facts.image;
  const template = text.length > LONGEST ? undefined : templateIn(text);
  if (template !== undefined) {
    if (named) collector.unknown(template, place, scalar, text, at);
    return;
  }
  if (/[,\s]/.test(text) && (facts.images || named)) {
    asList({ ...spot, scalar: pieceOf(scalar, text, at) }, 'named');
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
  const strength = shapeOf(value, search.registries);
  if (strength === 'none') return;
  const start = at + equals + 1;
  collector.use(strength === 'strong' ? RULES.argumentShape : RULES.weakShape, place, {
    reference: value,
    range: scalar.rangeOf(start, start + value.length),
  });
}
