import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Clock,
  ERROR_HINTS,
  type ErrorCode,
  SallyportError,
  systemCode,
  toSallyportError,
} from '../../base/index.ts';
import { ensureFolder, fileError, readWholeFile, writeWholeFile } from '../../store/index.ts';
import { namesIn } from '../storage/small-files.ts';

/**
 * Where other processes put questions to the one that holds a registry's folder: files in the folder itself. Whoever may write there
 * may ask, so there is no port, no password, and it works from another container that shares the disk.
 *
 *     DIR/registry/desk/<id>.ask      a question; its taker renames it to
 *     DIR/registry/desk/<id>.taken    while it works, and ends with
 *     DIR/registry/desk/<id>.answer
 */
const DESK = join('registry', 'desk');
const FILE_LIMIT = 1024 * 1024;
/** How often the holder looks; the folder exists only since the first question. */
const LOOK_MS = 1000;

type Answered =
  | { readonly ok: unknown }
  | {
      readonly error: {
        readonly code: string;
        readonly message: string;
        readonly subject: string | undefined;
      };
    };

/** Answers questions until it is stopped; one at a time, in no order. `answer` may throw. */
export function openDesk(options: {
  readonly root: string;
  readonly clock: Clock;
  readonly answer: (question: unknown, signal: AbortSignal) => Promise<unknown>;
  /** Told when the desk itself fails (a full disk); nobody is answered any more then. */
  readonly onFailure: (failure: unknown) => void;
}): { readonly stop: () => Promise<void> } {
  const folder = join(options.root, DESK);
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async (): Promise<void> => {
    // What an earlier process left was asked of that one. A question that comes in this moment finds the folder half gone, and the removal it.
    await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    while (!signal.aborted) {
      for (const name of await namesIn(folder)) {
        if (signal.aborted || !name.endsWith('.ask')) continue;
        await serve(folder, name.slice(0, -'.ask'.length), options.answer, signal);
      }
      await options.clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  };
  const running = run().catch(options.onFailure);
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
}

async function serve(
  folder: string,
  id: string,
  answer: (question: unknown, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const taken = join(folder, `${id}.taken`);
  try {
    await rename(join(folder, `${id}.ask`), taken);
  } catch (cause) {
    // Whoever asked has given up.
    if (systemCode(cause) === 'ENOENT') return;
    throw fileError(cause, taken, 'take the question');
  }
  let answered: Answered;
  try {
    const question: unknown = JSON.parse((await readWholeFile(taken, FILE_LIMIT))?.toString('utf8') ?? '');
    answered = { ok: await answer(question, signal) };
  } catch (thrown) {
    const { code, message, subject } = toSallyportError(thrown);
    answered = { error: { code, message, subject } };
  }
  await writeWholeFile(join(folder, `${id}.answer`), JSON.stringify(answered), false);
  await rm(taken, { force: true });
}

/** A question that lies at the desk. */
export interface Question {
  /** `waiting`: nobody has taken it yet. `taken`: it is being worked on. `lost`: another process holds the folder now. */
  look(): Promise<'waiting' | 'taken' | 'lost' | { readonly answer: unknown }>;
  /** Takes it back; what is being done already is done. */
  withdraw(): Promise<void>;
}

/** Puts a question to the desk of a folder. `look` throws what the holder's work threw. */
export async function putQuestion(root: string, question: unknown): Promise<Question> {
  const folder = join(root, DESK);
  await ensureFolder(folder, false);
  const path = (state: string) => join(folder, `${id}.${state}`);
  const id = randomUUID();
  await writeWholeFile(path('ask'), JSON.stringify(question), false);
  return {
    look: async () => {
      const bytes = await readWholeFile(path('answer'), FILE_LIMIT);
      if (bytes === undefined) {
        const names = await namesIn(folder);
        if (names.includes(`${id}.ask`)) return 'waiting';
        // The answer is there before the mark of the work is gone, and may have come since we looked.
        return names.includes(`${id}.taken`) || names.includes(`${id}.answer`) ? 'taken' : 'lost';
      }
      await rm(path('answer'), { force: true });
      return { answer: answerOf(JSON.parse(bytes.toString('utf8')) as Answered) };
    },
    withdraw: async () => {
      await rm(path('ask'), { force: true });
      await rm(path('answer'), { force: true });
    },
  };
}

function answerOf(answered: Answered): unknown {
  if ('ok' in answered) return answered.ok;
  const { code, message, subject } = answered.error;
  throw new SallyportError(
    isCode(code) ? code : 'INTERNAL',
    message,
    subject === undefined ? {} : { subject },
  );
}

function isCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERROR_HINTS, text);
}
