import { printable, type SallyportEvent } from '../base/index.ts';
import { paint, type Style } from './style.ts';
import { cells, fit } from './table.ts';

type Waiting = Extract<SallyportEvent, { type: 'waiting' }>;

export interface WaitingTree {
  /** Draws the tree in place of the one before. */
  show(event: Waiting): void;
  /** Lines for where nothing can be drawn over: what is new since the last event. */
  news(event: Waiting): readonly string[];
  /** Removes what was drawn. */
  clear(): void;
}

/** What is ready is summed up; what waits is shown up to this many, those first that failed or whose cause is known. */
const SHOWN = 12;
const EXPLANATION_LINES = 4;
/** The title, what is summed up in two lines, and the line that the cursor is in. */
const OTHER_LINES = 4;

/** What a step waits for, as a tree that is redrawn: ready ones with a mark, others with their reason and its explanation. */
export function createWaitingTree({
  style,
  write,
}: {
  readonly style: Style;
  readonly write: (text: string) => void;
}): WaitingTree {
  const { green, red, yellow, dim } = paint(style);
  let drawn = 0;
  const told = new Map<string, string>();
  const clear = (): void => {
    if (drawn > 0) write(`\u001b[${drawn}A\r\u001b[J`);
    drawn = 0;
  };
  const title = ({ step, ready, total }: Waiting): string => {
    const count = `${ready} of ${total} ready`;
    return `${fit(step, Math.max(20, style.width - 3 - count.length))}  ${dim(count)}`;
  };
  return {
    clear,
    show: (event) => {
      clear();
      const open = event.objects.filter(({ state }) => state !== 'ready').sort((a, b) => rank(a) - rank(b));
      if (open.length === 0) return;
      // Cut before it is painted: escape codes have no width.
      const cut = (text: string, room: number): string => fit(text, Math.max(20, style.width - 1 - room));
      const lines = [title(event)];
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
      write(lines.map((text) => `${text}\n`).join(''));
      drawn = lines.length;
    },
    news: (event) =>
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
      }),
  };
}

function rank({ state, explanation }: Waiting['objects'][number]): number {
  return state === 'failed' ? 0 : explanation === undefined ? 2 : 1;
}
