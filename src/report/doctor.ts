import type { DoctorResult, Finding } from '../workflows/index.ts';
import { stringifyYaml } from '../yaml/index.ts';
import type { OutputFormat } from './images.ts';
import { paint, type Style } from './style.ts';
import { table } from './table.ts';

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
  const rows = result.findings.map(({ check, state, found, meaning }) => [
    state,
    check,
    meaning === '' ? found : `${found}; ${meaning}`,
  ]);
  const learned = Object.entries(result.learned)
    .map(([name, value]) => `${name}=${value}`)
    .sort();
  return [
    table(['STATE', 'CHECK', 'FOUND'], rows, style),
    '\n',
    ...unwell.flatMap((finding) => nextStep(finding, bold)),
    learned.length === 0 ? '' : `Learned: ${learned.join(', ')}\n`,
    result.fit
      ? `${green(result.subject)} has what is needed\n`
      : `${red(result.subject)} lacks what is needed: ${namesOf(result.findings, 'failed')}\n`,
  ].join('');
}

function nextStep({ check, next }: Finding, bold: (text: string) => string): string[] {
  return next === undefined ? [] : [`${bold(check)}: ${next}\n`];
}

function namesOf(findings: readonly Finding[], state: Finding['state']): string {
  return findings.flatMap((finding) => (finding.state === state ? [finding.check] : [])).join(', ');
}
