import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { buildCli } from '../scripts/build.ts';
import { exitOnSignals } from '../test/run-folder.ts';
import { commandExists } from '../test/support/docker-registry.ts';
import type { Bench, Case } from './bench.ts';
import { bundles } from './cases/bundles.ts';
import { copy } from './cases/copy.ts';
import { latency } from './cases/latency.ts';
import { limited } from './cases/limited.ts';
import { memory } from './cases/memory.ts';
import { scaling } from './cases/scaling.ts';
import { images, start } from './cases/start.ts';
import { thousand } from './cases/thousand.ts';
import { tls } from './cases/tls.ts';
import { findPeers } from './peers.ts';
import { scratchFolder } from './registries.ts';

/**
 * Speed and memory, as ratios against peers in the same run: `npm run bench [-- CASE …]`. Not part of the tests.
 * Every figure is of whole processes, the median of interleaved rounds. A run of all cases writes bench/RESULTS.md.
 */
const CASES: Readonly<Record<string, Case>> = {
  start,
  images,
  copy,
  thousand,
  latency,
  memory,
  limited,
  tls,
  scaling,
  bundles,
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => CASES[name] === undefined);
if (unknown.length > 0) {
  console.error(`no such case: ${unknown.join(', ')}; there are ${Object.keys(CASES).join(', ')}`);
  process.exit(2);
}

const root = resolve(import.meta.dirname, '..');
const began = Date.now();
const rows: string[] = [];
const bench: Bench = {
  root,
  dir: scratchFolder(),
  program: await buildCli(root),
  report: (name, result, goal) => {
    rows.push(`| ${name} | ${result} | ${goal} |`);
    console.log(`${name}: ${result.replaceAll('**', '')} (goal: ${goal})`);
  },
};
// What runs remember is theirs: neither the user's memory nor that of other cases is part of a figure.
process.env['XDG_STATE_HOME'] = join(bench.dir, 'state');
process.once('exit', () => rmSync(bench.dir, { recursive: true, force: true }));
exitOnSignals();

const failed: string[] = [];
try {
  for (const [name, { run, needs }] of Object.entries(CASES)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const missing = needs.filter((need) => !commandExists(need));
    if (missing.length > 0) {
      console.log(`${name}: left out, not installed: ${missing.join(', ')}`);
      continue;
    }
    console.log(`== ${name} (${Math.round((Date.now() - began) / 1000)} s)`);
    // One case that breaks must not cost the figures of the others.
    await run(bench).catch((error: unknown) => {
      failed.push(name);
      console.error(`${name} failed:`, error);
    });
  }
} finally {
  rmSync(bench.dir, { recursive: true, force: true });
}

if (asked.length === 0 && rows.length > 0) writeFileSync(join(root, 'bench', 'RESULTS.md'), results());
if (failed.length > 0) process.exitCode = 1;

function results(): string {
  const version = (command: string): string =>
    commandExists(command)
      ? (execFileSync(command, ['--version'], { encoding: 'utf8' }).split('\n')[0] ?? '')
      : 'not installed';
  const peers = findPeers(root).map((peer) => `${peer.name} ${peer.version}`);
  return [
    '# Results of `npm run bench`',
    '',
    `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${cpus().length} cores, ${Math.round((Date.now() - began) / 60_000)} minutes in all.`,
    `Registries: ${version('docker-registry').replace(/^.*distribution /, 'docker-registry ')}. Peers: ${peers.join(', ')}.`,
    'Whole processes; medians of interleaved rounds, the times of all rounds in brackets; a ratio is the median of the ratios of the rounds.',
    'Registries and clients share the machine, and the registries keep their data in memory where there is room.',
    '',
    '| case | result | goal |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
