import { spawn } from 'node:child_process';
import { type Clock, isAbort, printable, SallyportError, systemCode } from '../../base/index.ts';
import type { Credentials } from '../types.ts';
import { fromPair, invalid } from './config-file.ts';

export interface HelperOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Milliseconds for one question. Long enough for a login in a browser. */
  readonly timeoutMs: number;
}

/** Asks `docker-credential-NAME get`. One question at a time per helper, answers kept. */
export interface Helpers {
  /** Undefined: the helper has none for this server. Throws `CREDENTIALS_INVALID`. `named` is the file that names the helper. */
  get(name: string, server: string, named: string, signal?: AbortSignal): Promise<Credentials | undefined>;
}

/** regclient's times: short-lived passwords (12 h at ECR, 1 h at Google) stay well inside, and a broken helper is not asked per image. */
const KEEP_MS = 3_600_000;
const KEEP_FAILURE_MS = 5_000;
const OUTPUT_LIMIT = 64 * 1024;

/** What helpers say when they have nothing (docker-credential-helpers credentials/error.go). */
const NOTHING = /credentials not found in native keychain|no credentials (?:server URL|username)/i;

type Answer = { readonly credentials: Credentials | undefined } | { readonly failure: SallyportError };

export function createHelpers(options: HelperOptions): Helpers {
  const { clock } = options;
  const answers = new Map<string, { readonly answer: Answer; readonly until: number }>();
  const queues = new Map<string, Promise<unknown>>();

  const ask = async (
    name: string,
    server: string,
    named: string,
    signal?: AbortSignal,
  ): Promise<Credentials | undefined> => {
    const key = `${name} ${server}`;
    const known = answers.get(key);
    if (known !== undefined && known.until > clock.now()) {
      if ('failure' in known.answer) throw known.answer.failure;
      return known.answer.credentials;
    }
    try {
      const credentials = await question(options, name, server, named, signal);
      answers.set(key, { answer: { credentials }, until: clock.now() + KEEP_MS });
      return credentials;
    } catch (error) {
      if (error instanceof SallyportError && !isAbort(error)) {
        answers.set(key, { answer: { failure: error }, until: clock.now() + KEEP_FAILURE_MS });
      }
      throw error;
    }
  };

  return {
    get: (name, server, named, signal) => {
      const before = queues.get(name) ?? Promise.resolve();
      const turn = before.then(
        () => ask(name, server, named, signal),
        () => ask(name, server, named, signal),
      );
      queues.set(name, turn);
      return turn;
    },
  };
}

async function question(
  options: HelperOptions,
  name: string,
  server: string,
  named: string,
  signal?: AbortSignal,
): Promise<Credentials | undefined> {
  // The name comes from a file: it must stay a program of that family, found on the PATH.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw invalid(named, `names a credential helper that is none (“${printable(name, 60)}”)`);
  const program = `docker-credential-${name}`;
  const origin = `${program} (named by ${named})`;
  const { code, stdout, stderr } = await run(program, server, origin, options, signal);
  if (code !== 0) {
    if (NOTHING.test(stdout) || NOTHING.test(stderr)) return undefined;
    const said = printable(`${stdout.trim()} ${stderr.trim()}`.trim(), 200);
    throw invalid(origin, `failed for ${server} (exit status ${code})${said === '' ? '' : `: ${said}`}`);
  }
  return readAnswer(stdout, origin);
}

/** `{"ServerURL","Username","Secret"}`. What cannot be read is not shown: it may hold the secret. */
function readAnswer(stdout: string, origin: string): Credentials | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(stdout);
  } catch {
    throw invalid(origin, 'answered with something that is not JSON');
  }
  const field = (key: string): string => {
    const value =
      typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>)[key] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const [username, secret] = [field('Username'), field('Secret')];
  return username === '' && secret === '' ? undefined : fromPair(username, secret, origin);
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Never through a shell; the server goes in by standard input. */
function run(
  program: string,
  server: string,
  origin: string,
  { env, timeoutMs }: HelperOptions,
  signal?: AbortSignal,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: { ...env },
      stdio: 'pipe',
      windowsHide: true,
      ...(signal === undefined ? {} : { signal }),
    });
    let late = false;
    // The pipes are cut too: a child of the helper's own would keep them open and us waiting.
    const end = (): void => {
      child.kill('SIGKILL');
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const timer = setTimeout(() => {
      late = true;
      end();
    }, timeoutMs);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        if (output[name].length < OUTPUT_LIMIT) output[name] += text;
      });
    }
    child.once('error', (error) => {
      clearTimeout(timer);
      end();
      const code = systemCode(error);
      if (isAbort(error)) reject(new SallyportError('ABORTED', 'stopped on request', { cause: error }));
      else
        reject(
          invalid(
            origin,
            code === 'ENOENT'
              ? 'is not installed (not found on the PATH)'
              : `cannot be started (${code ?? error.message})`,
          ),
        );
    });
    child.once('close', (code, killed) => {
      clearTimeout(timer);
      if (late) reject(invalid(origin, `did not answer within ${timeoutMs / 1000} s`));
      else if (code === null) reject(invalid(origin, `was ended by ${killed ?? 'a signal'}`));
      else resolve({ code, ...output });
    });
    child.stdin.on('error', () => {}); // a helper that ends without reading says why by its status
    child.stdin.end(server);
  });
}
