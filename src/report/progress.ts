import { formatBytes, printable, type SallyportEvent } from '../base/index.ts';
import { createLiveText } from './live.ts';
import { paint, type Style } from './style.ts';
import { fit } from './table.ts';
import { createWaitingNews, type Waiting, waitingTree } from './waiting.ts';

/** Where progress goes: standard error, or anything with `write`. */
export interface ProgressSink {
  write(text: string): void;
}

export interface ProgressOptions {
  readonly sink: ProgressSink;
  /** How it looks there now: the size of a window changes. */
  readonly style: () => Style;
  /** One line or a tree, drawn over in place; otherwise a line per image and per note. */
  readonly live: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly now: () => number;
}

export interface Progress {
  readonly emit: (event: SallyportEvent) => void;
  /** Removes what is drawn, so that other text can be written. */
  clear(): void;
  /** Draws anew after the size of the terminal changed. */
  resized(): void;
}

/** A live line is rewritten at most this often; terminals flicker above it. */
const REDRAW_MS = 100;
/** Requests fail a little apart from each other. */
const SAME_WAIT_MS = 1000;
/** The rate is that of the last seconds, so that a stall shows. */
const RATE_WINDOW_MS = 5000;

/** Shows events to a person. Warnings are shown even in quiet mode: they change what the result means. */
export function createProgress(options: ProgressOptions): Progress {
  const { sink, style, live, quiet, verbose, now } = options;
  const { dim, yellow, green, red } = paint(style());
  const state = {
    step: '',
    images: 0,
    imagesDone: 0,
    bytesToSend: 0,
    bytesDone: 0,
    samples: [] as { at: number; bytes: number }[],
    drawnAt: 0,
    waiting: undefined as Waiting | undefined,
  };
  const seenNotes = new Set<string>();
  /** By host: how long what was said last counts. */
  const waits = new Map<string, number>();
  /** A host that is away fails every request that is on its way to it; one line says so for all. */
  const isToldAlready = ({ host, waitMs }: Extract<SallyportEvent, { type: 'retry' }>): boolean => {
    const at = now();
    if (at < (waits.get(host) ?? 0)) return true;
    waits.set(host, at + Math.max(waitMs, SAME_WAIT_MS));
    return false;
  };

  const drawing = createLiveText({
    write: (text) => sink.write(text),
    columns: () => style().width,
  });
  const news = createWaitingNews();
  const redraw = (force: boolean) => {
    const at = now();
    if (!live || quiet || (!force && at - state.drawnAt < REDRAW_MS)) return;
    state.drawnAt = at;
    const look = style();
    drawing.draw(
      state.waiting === undefined
        ? fit(liveText(state, at), Math.max(20, look.width - 1))
        : waitingTree(state.waiting, look),
    );
  };
  const line = (text: string) => {
    drawing.clear();
    sink.write(`${text}\n`);
    redraw(true);
  };

  const emit = (event: SallyportEvent) => {
    switch (event.type) {
      case 'note': {
        const text = `${event.subject === undefined ? '' : `${printable(event.subject)}: `}${printable(event.message)}`;
        if (seenNotes.has(text) || (event.level === 'info' && quiet)) return;
        seenNotes.add(text);
        line(event.level === 'warning' ? `${yellow('warning:')} ${text}` : dim(text));
        return;
      }
      case 'step':
        state.step = event.state === 'start' ? event.step : '';
        state.waiting = undefined;
        state.bytesToSend = 0;
        if (!quiet && event.state !== 'start')
          line(
            `${event.state === 'done' ? green('✓') : red('✗')} ${event.step}${event.message === undefined ? '' : dim(`  ${event.message}`)}`,
          );
        else redraw(true);
        return;
      case 'plan':
        Object.assign(state, {
          images: event.images,
          imagesDone: 0,
          bytesToSend: event.bytesToSend,
          bytesDone: 0,
          samples: [],
        });
        redraw(true);
        return;
      case 'object':
        if (!quiet && (verbose || event.action === 'failed' || event.action === 'removed'))
          line(
            `${event.action} ${printable(event.name)}${event.message === undefined || !verbose ? '' : `: ${printable(event.message)}`}`,
          );
        else redraw(false);
        return;
      case 'waiting':
        state.waiting = event.ready < event.total ? event : undefined;
        if (live) redraw(true);
        else if (!quiet) for (const text of news(event)) line(text);
        return;
      case 'bytes':
        state.bytesDone += event.count;
        state.samples.push({ at: now(), bytes: state.bytesDone });
        redraw(false);
        return;
      case 'image':
        state.imagesDone++;
        if (!live && !quiet && (event.state !== 'present' || verbose))
          line(
            `${event.state} ${event.source} → ${event.target}${event.message === undefined ? '' : `: ${printable(event.message)}`}`,
          );
        redraw(false);
        return;
      case 'retry':
        if (!quiet && (verbose || !isToldAlready(event)))
          line(
            dim(
              `${event.host}: ${printable(event.what)}: ${printable(event.reason)}; trying again in ${(event.waitMs / 1000).toFixed(1)} s`,
            ),
          );
        return;
      case 'download':
        if (verbose)
          line(dim(`${event.cached ? 'cached' : 'read'} ${event.url} (${formatBytes(event.bytes)})`));
        return;
      case 'request':
        if (verbose) line(dim(`${event.method} ${event.url} ${event.status} ${Math.round(event.ms)} ms`));
        return;
      case 'resolve':
        if (verbose) line(dim(`${event.reference} is ${event.digest}`));
        redraw(false);
        return;
      default:
        return;
    }
  };
  const resized = () => {
    // What took its place, a result or a question, is not ours to draw over.
    if (drawing.isDrawn()) redraw(true);
  };
  return { emit, clear: drawing.clear, resized };
}

function liveText(
  state: {
    readonly step: string;
    readonly images: number;
    readonly imagesDone: number;
    readonly bytesToSend: number;
    readonly bytesDone: number;
    samples: { at: number; bytes: number }[];
  },
  at: number,
): string {
  if (state.bytesToSend === 0) return state.step === '' ? '' : `${state.step}…`;
  state.samples = state.samples.filter((sample) => at - sample.at <= RATE_WINDOW_MS);
  const [oldest] = state.samples;
  const span = oldest === undefined ? 0 : at - oldest.at;
  const rate = oldest === undefined || span === 0 ? 0 : ((state.bytesDone - oldest.bytes) / span) * 1000;
  const left =
    rate === 0 ? '' : `, ${duration(Math.max(0, state.bytesToSend - state.bytesDone) / rate)} left`;
  const percent = Math.min(100, Math.floor((state.bytesDone / state.bytesToSend) * 100));
  return `${state.imagesDone}/${state.images} images  ${formatBytes(state.bytesDone)} of ${formatBytes(state.bytesToSend)} (${percent} %)  ${formatBytes(Math.round(rate))}/s${left}`;
}

/** Seconds as `42 s`, `3 min 05 s`, `2 h 10 min`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}
