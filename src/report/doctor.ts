import type { DoctorResult, Finding } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { cells, wrap } from './table.ts';

const STATE = 'STATE';
const CHECK = 'CHECK';

/**
 * What examinations found: a table each with the next steps below it, the names of what is not well, or everything for programs as one document:
 * the result itself, or `fit` of all and `results` when several were asked for.
 */
export function doctorText(results: readonly DoctorResult[], format: OutputFormat, style: Style): string {
  if (format !== 'json' && format !== 'yaml')
    return results.map((result) => oneText(result, format, style)).join(format === 'table' ? '\n' : '');
  const [first, ...more] = results;
  const data = more.length === 0 ? { ...first } : { fit: results.every(({ fit }) => fit), results };
  return format === 'json' ? `${JSON.stringify(data, undefined, 2)}\n` : stringifyYaml(data);
}

function oneText(result: DoctorResult, format: 'table' | 'name', style: Style): string {
  const unwell = result.findings.filter(({ state }) => state === 'failed' || state === 'warning');
  if (format === 'name') return unwell.map(({ check }) => `${check}\n`).join('');
  const { bold, green, red } = paint(style);
  const learned = Object.entries(result.learned)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  return [
    findingsText(result.findings, style),
    '\n',
    ...unwell.flatMap((finding) => nextStep(finding, bold)),
    learned.length === 0 ? '' : `Learned: ${learned.join(', ')}\n`,
    result.fit
      ? `${green(result.subject)} has what is needed\n`
      : `${red(result.subject)} lacks what is needed: ${namesOf(result.findings, 'failed')}\n`,
  ].join('');
}

/** What was found is prose, and what it means comes last: on a terminal it is broken into lines, where a table would cut it off. */
function findingsText(findings: readonly Finding[], style: Style): string {
  const rows = findings.map(({ state, check, found, meaning }) => ({
    state,
    check,
    text: meaning === '' ? found : `${found}; ${meaning}`,
  }));
  const states = Math.max(STATE.length, ...rows.map(({ state }) => state.length));
  const checks = Math.max(CHECK.length, ...rows.map(({ check }) => cells(check)));
  const line = (state: string, check: string, text: string): string =>
    `${state.padEnd(states)}  ${check}${' '.repeat(checks - cells(check))}  ${wrap(text, style.width, states + checks + 4)}`;
  return [
    paint(style).bold(line(STATE, CHECK, 'FOUND')),
    ...rows.map(({ state, check, text }) => line(state, check, text)),
    '',
  ].join('\n');
}

function nextStep({ check, next }: Finding, bold: (text: string) => string): string[] {
  return next === undefined ? [] : [`${bold(check)}: ${next}\n`];
}

function namesOf(findings: readonly Finding[], state: Finding['state']): string {
  return findings.flatMap((finding) => (finding.state === state ? [finding.check] : [])).join(', ');
}
