/** One challenge of a `WWW-Authenticate` header; scheme and parameter names in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

const SEPARATORS = /[\s,]*/y;
const TOKEN = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
/** Credentials without parameters (`Negotiate YII…==`): RFC 9110 section 11.2 token68. */
const TOKEN68 = /[ \t]+[A-Za-z0-9._~+/-]+=*[ \t]*(?=,|$)/y;
const EQUALS = /[ \t]*=[ \t]*/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"?/y;
/** Values that should be quoted and are not (URLs) are taken up to the next separator. */
const BARE = /[^\s,"]*/y;

/**
 * The challenges of one or several headers (RFC 9110 section 11.6.1): several in one header, quoted strings with escapes, any case,
 * any scheme. What cannot be read is skipped, because one odd challenge must not hide a good one.
 */
export function parseChallenges(header: string | readonly string[] | undefined): readonly Challenge[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ');
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match !== null) at = pattern.lastIndex;
    return match ?? undefined;
  };
  while (at < text.length) {
    take(SEPARATORS);
    const token = take(TOKEN)?.[0].toLowerCase();
    if (token === undefined) {
      at++; // a stray character
    } else if (take(EQUALS) !== undefined) {
      const quoted = take(QUOTED);
      const value = quoted === undefined ? take(BARE)?.[0] : quoted[1]?.replace(/\\([\s\S])/g, '$1');
      const parameters = found.at(-1)?.parameters;
      // The first of two equal names counts; `__proto__` and the like stay plain keys on a null prototype.
      if (parameters !== undefined && !(token in parameters)) parameters[token] = value ?? '';
    } else {
      found.push({ scheme: token, parameters: Object.create(null) as Record<string, string> });
      take(TOKEN68);
    }
  }
  return found;
}
