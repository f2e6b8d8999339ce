import type { Style } from '../report/index.ts';

/** What most terminals have, for those that do not say: consoles and `exec -t` without a window of their own report no columns. */
const USUAL = { columns: 80, rows: 24 } as const;

/** How text may look on a stream, as it is now: `NO_COLOR` (no-color.org), `FORCE_COLOR`, and the size of the window. */
export function styleOf(
  stream: Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'rows'>,
  env: Readonly<Record<string, string | undefined>>,
): Style {
  const forced = env['FORCE_COLOR'] !== undefined && env['FORCE_COLOR'] !== '0';
  const color = forced || (stream.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb');
  return stream.isTTY
    ? { color, width: stream.columns || USUAL.columns, height: stream.rows || USUAL.rows }
    : { color, width: Number.POSITIVE_INFINITY };
}
