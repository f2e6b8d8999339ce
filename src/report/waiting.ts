import { printable, type SallyportEvent } from '../base/index.ts';
import { paint, type Style } from './style.ts';
import { cells, fit } from './table.ts';

export type Waiting = Extract<SallyportEvent, { type: 'waiting' }>;

/** What is ready is summed up; what waits is shown up to this many, those first that failed or whose cause is known. */
const SHOWN = 12;
const EXPLANATION_LINES = 4;
/** The title, what is summed up in two lines, and the line that the cursor is in. */
const OTHER_LINES = 4;

/** What a step waits for, as a tree: ready ones summed up, others with their reason and its explanation. Empty when all are ready. */
export function waitingTree(event: Waiting, style: Style): string {
  const { green, red, yellow, dim } = paint(style);
  const open = event.objects.filter(({ state }) => state !== 'ready').sort((a, b) => rank(a) - rank(b));
  if (open.length === 0) return '';
  // Cut before it is painted: escape codes have no width.
  const cut = (text: string, room: number): string => fit(text, Math.max(20, style.width - 1 - room));
  const count = `${event.ready} of ${event.total} ready`;
  const lines = [`${cut(event.step, 2 + count.length)}  ${dim(count)}`];
  // What scrolled off the top of the terminal could not be drawn over.
  let room = (style.height ?? Number.POSITIVE_INFINITY) - OTHER_LINES;
  let shown = 0;
  for (const one of open.slice(0, SHOWN)) {
    const explained = (one.explanation === undefined ? [] : one.explanation.split('\n')).slice(
      0,
      EXPLANATION_LINES,
    );
    const name = printable(one.name);
    const message = printable(one.message).replaceAll('\n', ' ');
    // Beside the name where both find room, else below it: a reason that is cut off is none.
    const whole = `${name}  ${message}`;
    const beside = cells(whole) < style.width - 4;
    const below = [
      ...(beside || message === '' ? [] : [message]),
      ...explained.map((text) => printable(text)),
    ];
    room -= 1 + below.length;
    if (shown > 0 && room < 0) break;
    shown++;
    const mark = one.state === 'failed' ? red('✗') : yellow('…');
    lines.push(`  ${mark} ${cut(beside ? whole : name, 4)}`);
    for (const text of below) lines.push(`      ${cut(text, 6)}`);
  }
  if (open.length > shown) lines.push(dim(`  and ${open.length - shown} more`));
  if (event.ready > 0) lines.push(`  ${green('✓')} ${dim(`${event.ready} ready`)}`);
  return lines.map((text) => `${text}\n`).join('');
}

/** What is new since the last event, as lines for where nothing can be drawn over. */
export function createWaitingNews(): (event: Waiting) => readonly string[] {
  const told = new Map<string, string>();
  return (event) =>
    event.objects.flatMap(({ name, state, message, explanation }) => {
      const text =
        state === 'ready' ? 'ready' : `${message}${explanation === undefined ? '' : `: ${explanation}`}`;
      const key = `${event.step} ${name}`;
      if (told.get(key) === text) return [];
      const first = !told.has(key);
      told.set(key, text);
      // What is ready at the first look was never waited for.
      if (first && state === 'ready') return [];
      return [`${event.step} (${event.ready}/${event.total})  ${printable(name)}: ${printable(text)}`];
    });
}

function rank({ state, explanation }: Waiting['objects'][number]): number {
  return state === 'failed' ? 0 : explanation === undefined ? 2 : 1;
}
