import { printable, type SallyportEvent } from '../base/index.ts';
import { paint, type Style } from './style.ts';
import { fit } from './table.ts';

type Waiting = Extract<SallyportEvent, { type: 'waiting' }>;

export interface WaitingTree {
  /** Draws the tree in place of the one before. */
  show(event: Waiting): void;
  /** Lines for where nothing can be drawn over: what is new since the last event. */
  news(event: Waiting): readonly string[];
  /** Removes what was drawn. */
  clear(): void;
}

/** More of what is ready is summed up; what waits is always shown, up to this many. */
const SHOWN = 12;

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
  const title = ({ step, ready, total }: Waiting): string => `${step}  ${dim(`${ready} of ${total} ready`)}`;
  return {
    clear,
    show: (event) => {
      clear();
      const open = event.objects.filter(({ state }) => state !== 'ready');
      if (open.length === 0) return;
      // Cut before it is painted: escape codes have no width.
      const cut = (text: string, room = 2): string => fit(text, Math.max(20, style.width - 1 - room));
      const lines = [title(event)];
      for (const one of open.slice(0, SHOWN)) {
        const mark = one.state === 'failed' ? red('✗') : yellow('…');
        lines.push(`  ${mark} ${cut(`${printable(one.name)}  ${printable(one.message)}`, 4)}`);
        const explained = one.explanation === undefined ? [] : printable(one.explanation).split('\n');
        for (const text of explained.slice(0, 4)) lines.push(`      ${cut(text, 6)}`);
      }
      if (open.length > SHOWN) lines.push(dim(`  and ${open.length - SHOWN} more`));
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
