import type { ScalarNode } from '../../yaml/index.ts';
import { below, inside } from '../place.ts';
import { RULES } from '../rules.ts';
import type { Spot } from '../spot.ts';
import { atImagePlace } from '../values.ts';

/** `image: REF` lines of a text that something keeps from being YAML. */
const LINE =
  /^[ \t]*(?:- )?"?([A-Za-z][\w.-]*)"?:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'][^\n#]*?))[ \t]*,?[ \t]*(?:#.*)?$/gm;

/** Brackets of templates, or a document inside of a script. */
const NOT_QUITE_YAML = /\{\{|\[\[|<%|<<-?["']?[A-Z]/;

/** Templates of manifests: a literal image between templated lines is pulled all the same. True when any line names one. */
export function nearYaml(spot: Spot): boolean {
  const { search, place, scalar } = spot;
  const { value } = scalar;
  if (!value.includes('\n') || !NOT_QUITE_YAML.test(value) || !/image/i.test(value)) return false;
  let any = false;
  for (const match of value.matchAll(LINE)) {
    const key = match[1] ?? '';
    const text = match[2] ?? match[3] ?? match[4] ?? '';
    const facts = search.keys.of(key);
    if (!facts.image || text === '') continue;
    const at = match.index + match[0].indexOf(text, match[0].indexOf(':') + 1);
    const line: Spot = {
      ...spot,
      place: below(inside(place), facts),
      facts,
      scalar: pieceOf(scalar, text, at),
    };
    any = atImagePlace(line, RULES.embeddedField, key === 'image' ? 'strict' : 'usual') || any;
  }
  return any;
}

function pieceOf(scalar: ScalarNode, text: string, at: number): ScalarNode {
  return {
    type: 'scalar',
    style: 'plain',
    value: text,
    range: scalar.rangeOf(at, at + text.length),
    within: scalar,
    rangeOf: (from, to) => scalar.rangeOf(at + from, at + to),
  };
}
