import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { bareEnvironment } from '../support/environment.ts';
import type { GoTool } from '../support/go-tool.ts';

/** The OCI's own suite; the newest version that the Go module proxy had when this was written. */
export const SUITE: GoTool = {
  module: 'github.com/opencontainers/distribution-spec/conformance',
  version: 'v0.0.0-20260831232431-97274622c111',
  program: 'conformance',
};

const run = promisify(execFile);

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
    env: { ...bareEnvironment(results), OCI_RESULTS_DIR: results, ...settings },
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
