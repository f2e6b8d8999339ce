import { below, inside } from '../place.ts';
import { RULES } from '../rules.ts';
import { shapeOf } from '../shape.ts';
import type { Spot } from '../spot.ts';
import { templateIn } from '../templates.ts';
import { atImagePlace, hasPathOrTag, LONGEST, pieceOf } from '../values.ts';
import { saysImage } from '../words.ts';

/** `image: REF` lines of a text that something keeps from being YAML. */
const YAML_LINE =
  /^[ \t]*(?:- )?"?([A-Za-z][\w.-]*)"?:[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s#"'][^\n#]*?))[ \t]*,?[ \t]*(?:#.*)?$/gm;

/** `spark.container.image=REF` lines of properties and environment files. */
const PROPERTY_LINE =
  /^[ \t]*([A-Za-z][\w.-]*)[ \t]*=[ \t]*(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"']+))[ \t]*\r?$/gm;

/** Brackets of templates, or a document inside of a script. */
const NOT_QUITE_YAML = /\{\{|\[\[|<%|<<-?["']?[A-Z]/;

/**
 * Text of several lines that is nearly data: templates of manifests, where a literal image between templated lines is pulled all the
 * same, and properties. True when that settles it.
 */
export function nearYaml(spot: Spot): boolean {
  const { value } = spot.scalar;
  if (!value.includes('\n') || !saysImage(value)) return false;
  if (NOT_QUITE_YAML.test(value)) return inLines(spot, YAML_LINE, () => true);
  // other languages for data have lines of the same form: CUE's `image: "REF"`
  inLines(spot, YAML_LINE, (text) => shapeOf(text, spot.search.registries) !== 'none');
  // a script may assign images and pull others: it is looked at further
  inLines(spot, PROPERTY_LINE, (text) => hasPathOrTag(text) && templateIn(text) === undefined);
  return false;
}

function inLines(spot: Spot, form: RegExp, isLikely: (text: string) => boolean): boolean {
  const { search, place, scalar } = spot;
  let any = false;
  for (const match of scalar.value.matchAll(form)) {
    const key = match[1] ?? '';
    const text = match[2] ?? match[3] ?? match[4] ?? '';
    const facts = search.keys.of(key);
    if (!facts.image || text === '' || text.length > LONGEST || !isLikely(text)) continue;
    const at = match.index + match[0].indexOf(text, key.length);
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
