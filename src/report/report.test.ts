import { describe, expect, it } from 'vitest';
import { SallyportError, type SallyportEvent } from '../base/index.ts';
import { errorText } from './errors.ts';
import { createProgress, duration } from './progress.ts';
import { PLAIN } from './style.ts';
import { cells, fit, table, wrap } from './table.ts';

describe('tables', () => {
  it('line up, cut at the width of a terminal and never in a pipe', () => {
    const rows = [
      ['quay.io/a/b:1', 'deploy.yaml:3'],
      ['x', 'a much longer place than the terminal is wide'],
    ];
    expect(table(['IMAGE', 'WHERE'], rows, PLAIN)).toBe(
      'IMAGE          WHERE\nquay.io/a/b:1  deploy.yaml:3\nx              a much longer place than the terminal is wide\n',
    );
    expect(wrap('one two three four', 10, 2)).toBe('one two\n  three\n  four');
    expect(wrap('a-word-that-is-longer and more', 8, 0)).toBe('a-word-that-is-longer\nand more');
    expect(table(['IMAGE', 'WHERE'], [['quay.io/a/b:1', 'a\nb\u001b[31m.yaml:3']], PLAIN)).toBe(
      'IMAGE          WHERE\nquay.io/a/b:1  a·b·[31m.yaml:3\n',
    );
    const narrow = table(['IMAGE', 'WHERE'], rows, { color: false, width: 30 });
    expect(narrow.split('\n').every((line) => cells(line) <= 30)).toBe(true);
    expect(narrow).toContain('…');
  });

  it('keep the names of their rows whole on the narrowest terminal, and what fits beside the shorter ones', () => {
    const rows = [
      ['registry.corp.example/che/quay.io/eclipse/che-server:7.121.0', 'always', 'a.yaml:1'],
      ['quay.io/a/b:1', 'always', 'b.yaml:2'],
    ];
    expect(table(['IMAGE', 'WHEN', 'WHERE'], rows, { color: false, width: 40 }).split('\n')).toEqual([
      'IMAGE                     WHEN    WHERE',
      'registry.corp.example/che/quay.io/eclipse/che-server:7.121.0 …',
      'quay.io/a/b:1             always  b.yam…',
      '',
    ]);
  });

  it('count Chinese characters as two columns', () => {
    expect(cells('镜像 a')).toBe(6);
    expect(fit('镜像镜像', 5)).toBe('镜像…');
  });
});

describe('errors', () => {
  it('name subject, cause and next step', () => {
    expect(
      errorText(new SallyportError('FILE_NOT_FOUND', 'does not exist', { subject: 'a.yaml' }), PLAIN, {
        verbose: false,
      }),
    ).toBe('error: a.yaml: does not exist\n  → Check the path.\n');
  });

  it('list several with each next step once', () => {
    const parts = ['a', 'b'].map(
      (subject) => new SallyportError('MANIFEST_NOT_FOUND', 'does not exist', { subject }),
    );
    const text = errorText(
      new SallyportError('PARTIAL_FAILURE', '2 images could not be pinned', { parts }),
      PLAIN,
      { verbose: false },
    );
    expect(text).toContain('  - a: does not exist\n  - b: does not exist\n');
    expect(text.match(/→/g)).toHaveLength(1);
  });

  it('name what many have in common once, with how many have it', () => {
    const parts = ['a', 'b', 'c', 'd', 'e'].map(
      (subject) =>
        new SallyportError('REGISTRY_REFUSED', subject === 'd' ? 'is else' : 'r.example: is down', {
          subject,
        }),
    );
    expect(
      errorText(new SallyportError('PARTIAL_FAILURE', 'none was copied', { parts }), PLAIN, {
        verbose: false,
      }),
    ).toContain('none was copied\n  - a, b, c and 1 more: r.example: is down\n  - d: is else\n  → (5×)');
  });

  it('show a stack for defects only, and no escape codes of a server', () => {
    expect(errorText(new TypeError('oops'), PLAIN, { verbose: false })).toMatch(/code: INTERNAL[\s\S]*at /);
    expect(
      errorText(new SallyportError('REGISTRY_REFUSED', 'said \u001b[31mno'), PLAIN, { verbose: false }),
    ).not.toContain('\u001b');
  });
});

describe('progress', () => {
  const play = (events: SallyportEvent[], options: { live?: boolean; quiet?: boolean } = {}) => {
    let written = '';
    let time = 0;
    const progress = createProgress({
      sink: { write: (text) => (written += text) },
      style: () => PLAIN,
      live: options.live ?? false,
      quiet: options.quiet ?? false,
      verbose: false,
      now: () => time,
    });
    for (const event of events) {
      time += 1000;
      progress.emit(event);
    }
    progress.clear();
    return written;
  };
  const copy: SallyportEvent[] = [
    { type: 'plan', images: 2, blobs: 4, bytesToSend: 4000, bytesPresent: 0, bytesMountable: 0 },
    { type: 'bytes', count: 1000 },
    { type: 'bytes', count: 1000 },
    { type: 'image', source: 'a', target: 'b', digest: 'sha256:1', state: 'copied' },
  ];

  it('is a line per image in a pipe, without control characters', () => {
    expect(play(copy)).toBe('copied a → b\n');
  });

  it('is one line with bytes, rate and time left on a terminal', () => {
    const written = play(copy, { live: true });
    expect(written).toContain('1/2 images  2.00 kB of 4.00 kB (50 %)');
    expect(written).toMatch(/1\.00 kB\/s, 2 s left/);
    expect(written.endsWith('\r\u001b[2K')).toBe(true);
  });

  it('says a warning once, in quiet mode too', () => {
    const note: SallyportEvent = {
      type: 'note',
      level: 'warning',
      subject: 'quay.io',
      message: 'its certificate is not checked',
    };
    expect(play([note, note], { quiet: true })).toBe('warning: quay.io: its certificate is not checked\n');
  });

  it('says once what many requests wait for, and again when it goes on', () => {
    const retry = (what: string, host = 'a.example', waitMs = 2500): SallyportEvent => ({
      type: 'retry',
      host,
      what,
      reason: 'cut',
      waitMs,
      attempt: 1,
    });
    // A second apart each.
    const written = play([retry('one'), retry('two'), retry('three', 'b.example'), retry('four')]);
    expect(written.match(/: (one|two|three|four): /g)).toEqual([': one: ', ': three: ', ': four: ']);
  });

  it('draws a tree over itself, keeps it below other lines, and follows the size of the terminal', () => {
    let written = '';
    const style = { color: false, width: 60, height: 24 };
    const progress = createProgress({
      sink: { write: (text) => (written += text) },
      style: () => style,
      live: true,
      quiet: false,
      verbose: false,
      now: () => 0,
    });
    const said = (act: () => void): string => {
      written = '';
      act();
      return written;
    };
    const waiting = (state: 'waiting' | 'ready'): SallyportEvent => ({
      type: 'waiting',
      step: 'wait for x',
      ready: state === 'ready' ? 1 : 0,
      total: 1,
      objects: [{ name: 'Deployment n/c', state, message: 'a reason of some length, then more' }],
    });
    const wide = 'wait for x  0 of 1 ready\n  … Deployment n/c  a reason of some length, then more\n';
    const narrow = 'wait for x  0 of 1 ready\n  … Deployment n/c\n      a reason of some lengt…\n';
    expect(said(() => progress.emit({ type: 'step', step: 'x', state: 'start' }))).toBe('x…');
    expect(said(() => progress.emit(waiting('waiting')))).toBe(`\r\u001b[2K${wide}`);
    const note = 'registry.corp.example is away';
    expect(said(() => progress.emit({ type: 'note', level: 'info', message: note }))).toBe(
      `\u001b[2A\r\u001b[J${note}\n${wide}`,
    );
    // Its second line has 53 columns, so it takes two rows now.
    style.width = 30;
    expect(said(progress.resized)).toBe(`\u001b[3A\r\u001b[J${narrow}`);
    style.width = 60;
    expect(said(progress.resized)).toBe(`\u001b[3A\r\u001b[J${wide}`);
    expect(said(() => progress.emit(waiting('ready')))).toBe('\u001b[2A\r\u001b[Jx…');
    expect(said(progress.clear)).toBe('\r\u001b[2K');
    expect(said(progress.clear)).toBe('');
    // A result or a question stands there now.
    expect(said(progress.resized)).toBe('');
  });

  it.each([
    [42, '42 s'],
    [185, '3 min 05 s'],
    [7800, '2 h 10 min'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});
