import { describe, expect, it } from 'vitest';
import type { DoctorResult } from '../workflows/index.ts';
import { doctorText } from './doctor.ts';

const STYLE = { color: false, width: Number.POSITIVE_INFINITY };
const result = (subject: string, fit: boolean): DoctorResult => ({
  subject,
  findings: [{ check: 'reach', state: fit ? 'ok' : 'failed', found: 'it', meaning: '', next: 'Try again.' }],
  learned: {},
  fit,
});

describe('an examination', () => {
  it('of one thing is the result itself for programs', () => {
    expect(JSON.parse(doctorText([result('a', true)], 'json', STYLE))).toMatchObject({
      subject: 'a',
      fit: true,
    });
  });

  it('is broken into lines on a terminal, and what it means is never cut off', () => {
    const { findings, ...rest } = result('a', true);
    const long = findings.map((one) => ({
      ...one,
      found: 'wrote r.example/scratch:probe',
      meaning: 'images can be copied there',
    }));
    expect(doctorText([{ ...rest, findings: long }], 'table', { color: false, width: 40 })).toContain(
      [
        'STATE  CHECK  FOUND',
        'ok     reach  wrote',
        '              r.example/scratch:probe;',
        '              images can be copied there',
        '',
      ].join('\n'),
    );
  });

  it('of several is one document all the same', () => {
    const both = [result('a', true), result('b', false)];
    const data = JSON.parse(doctorText(both, 'json', STYLE)) as object;
    expect(data).toMatchObject({ fit: false, results: [{ subject: 'a' }, { subject: 'b' }] });
    expect(doctorText(both, 'yaml', STYLE)).toMatch(/^fit: false\nresults:\n {2}- subject: a\n/);
    expect(doctorText(both, 'name', STYLE)).toBe('reach\n');
    const text = doctorText(both, 'table', STYLE);
    expect(text).toMatch(/^STATE {2}CHECK {2}FOUND\nok {5}reach {2}it\n\n/);
    expect(text).toMatch(/a has what is needed\n[\s\S]*b lacks what is needed: reach\n/);
  });
});
