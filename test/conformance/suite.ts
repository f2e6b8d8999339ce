import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** The OCI's own suite; the newest version that the Go module proxy had when this was written. */
export const SUITE = {
  module: 'github.com/opencontainers/distribution-spec/conformance',
  version: 'v0.0.0-20260831232431-97274622c111',
} as const;

const run = promisify(execFile);
const cache = resolve(import.meta.dirname, '../../.cache/conformance', SUITE.version);

/** What Go says when the network, not the suite, is the trouble. */
const NO_NETWORK =
  /dial tcp|no such host|i\/o timeout|connection refused|network is unreachable|proxyconnect/;

/** The suite's program, built once and kept; or the reason why this machine cannot have it. */
export async function buildSuite(): Promise<{ readonly program: string } | { readonly missing: string }> {
  const program = join(cache, 'conformance');
  if (existsSync(program)) return { program };
  try {
    await run('go', ['version']);
  } catch {
    return { missing: 'Go is not installed' };
  }
  await mkdir(cache, { recursive: true });
  // Built beside and renamed, so that a build that was cut off is never taken for a program.
  const building = await mkdtemp(join(cache, 'build-'));
  try {
    await run('go', ['install', `${SUITE.module}@${SUITE.version}`], {
      env: { ...process.env, GOBIN: building, GOFLAGS: '-buildvcs=false' },
      timeout: 240_000,
    });
    await rename(join(building, 'conformance'), program);
    return { program };
  } catch (thrown) {
    const text = String(thrown);
    if (NO_NETWORK.test(text))
      return { missing: `the Go module proxy cannot be reached: ${text.slice(0, 300)}` };
    throw thrown;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

export interface SuiteResult {
  readonly tests: number;
  readonly failures: number;
  readonly errors: number;
  readonly skipped: number;
  /** Features that are switched off. */
  readonly disabled: number;
  /** Names of tests that did not pass, with what they say. */
  readonly notPassed: readonly string[];
}

/** Runs the suite; `settings` are its OCI_… variables. */
export async function runSuite(
  program: string,
  results: string,
  settings: Readonly<Record<string, string>>,
): Promise<SuiteResult> {
  await run(program, [], {
    env: { PATH: process.env['PATH'], HOME: results, OCI_RESULTS_DIR: results, ...settings },
    maxBuffer: 64 * 1024 * 1024,
    timeout: 240_000,
  }).catch((thrown: unknown) => {
    // Its exit status is 1 when a test fails; the report then tells which.
    if (!existsSync(join(results, 'junit.xml'))) throw thrown;
  });
  return readJunit(readFileSync(join(results, 'junit.xml'), 'utf8'));
}

/** Reads the few things of a JUnit report that matter here. */
export function readJunit(xml: string): SuiteResult {
  const head = /<testsuites [^>]*>/.exec(xml)?.[0] ?? '';
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(head)?.[1] ?? 0);
  const notPassed = [...xml.matchAll(/<testcase ([^>]*)>([\s\S]*?)<\/testcase>/g)].flatMap(
    ([, attributes = '', body = '']) => {
      const attribute = (name: string) => new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1] ?? '';
      const status = attribute('status');
      if (status === 'passed') return [];
      const said = /message="([^"]*)"/.exec(body)?.[1] ?? '';
      return [`${status}: ${attribute('classname')}/${attribute('name')} ${said}`];
    },
  );
  return {
    tests: count('tests'),
    failures: count('failures'),
    errors: count('errors'),
    skipped: count('skipped'),
    disabled: count('disabled'),
    notPassed,
  };
}
