import type { Registries } from '../registries.ts';
import { RULES, type Rule } from '../rules.ts';
import { referenceAt, shapeOf } from '../shape.ts';
import type { Spot } from '../spot.ts';
import { templateIn } from '../templates.ts';
import { LONGEST, lineBefore } from '../values.ts';

/**
 * Forms in the text of a script that name an image: the last group is the words to look at, the first of them that is an image is it.
 * Anything else in a script (prose, comments, downloads) mentions images too often without pulling them.
 */
const FORMS: readonly {
  readonly form: RegExp;
  readonly rule: Rule;
  readonly isImage: (word: string, registries: Registries) => boolean;
}[] = [
  {
    form: /(?:^|[\s"'])-{1,2}[\w.-]*[iI]mage(?:=|\s+)["']?([^\s"'`;|&)\\]+)/gm,
    rule: RULES.argumentName,
    isImage: (word) => word.includes('/') && referenceAt(word) !== undefined,
  },
  {
    // oc import-image, oc new-build, docker build
    form: /(?:^|\s)--(?:from|base|builder)(?:=|\s+)["']?([^\s"'`;|&)\\]+)/gm,
    rule: RULES.scriptCommand,
    isImage: (word, registries) => shapeOf(word, registries) === 'strong',
  },
  {
    // options of `run` take values of their own; `\` goes on in the next line
    form: /(?:^|[\s;&|(`])(?:docker|podman|nerdctl|buildah|crictl)\s+(?:image\s+)?(?:run|pull|create|from)\s+((?:[^\n;|&\\]|\\[\s\S])*)/gm,
    rule: RULES.scriptCommand,
    isImage: (word, registries) => shapeOf(word, registries) === 'strong',
  },
  {
    form: /(?:^|[\s;])[A-Z][A-Z0-9_]*(?:_IMAGE|_IMG)=["']?([^\s"'`;|&)\\]+)/gm,
    rule: RULES.scriptVariable,
    isImage: (word, registries) => shapeOf(word, registries) === 'strong',
  },
];

const WORD = /[^\s"'`\\()]+/g;

/** What a script's text names. Comments are left out. */
export function scriptText(spot: Spot): void {
  const { search, place, scalar } = spot;
  const { value } = scalar;
  if (!value.includes('/')) return;
  for (const { form, rule, isImage } of FORMS)
    for (const match of value.matchAll(form)) {
      const words = match[1] ?? '';
      const start = match.index + match[0].length - words.length;
      if (lineBefore(value, start) === undefined) continue;
      for (const { 0: word, index } of words.matchAll(WORD)) {
        if (word.length > LONGEST || templateIn(word) !== undefined || !isImage(word, search.registries))
          continue;
        const at = start + index;
        search.collector.use(rule, place, { reference: word, range: scalar.rangeOf(at, at + word.length) });
        break;
      }
    }
}

/** Running text of several lines that is no data: a script, when it has the words of one. */
export function script(spot: Spot): boolean {
  const { value } = spot.scalar;
  if (spot.facts.words || (value.includes('\n') && /--from|[iI]mage|IM(?:AGE|G)|docker|podman/.test(value)))
    scriptText(spot);
  return false;
}
