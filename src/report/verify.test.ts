import { describe, expect, it } from 'vitest';
import type { Judged, VerifyResult } from '../workflows/index.ts';
import { discoveredText, verifyText } from './verify.ts';

const one = (container: string, rest: Partial<Judged>): Judged => ({
  namespace: 'eclipse-che',
  pod: 'che-1',
  container,
  sort: 'container',
  image: `registry.corp.example/che/${container}:1`,
  verdict: 'locked',
  ...rest,
});

const RESULT: VerifyResult = {
  server: 'https://10.0.0.1:6443',
  context: 'admin',
  namespaces: ['eclipse-che'],
  containers: [
    one('good', {}),
    one('left', { verdict: 'excluded', why: 'left out on purpose: the nodes have it' }),
    one('bad', {
      image: 'quay.io/x/"bad"&<worse>\u001b[31m',
      verdict: 'other-registry',
      why: 'comes from quay.io',
      sort: 'ephemeral',
    }),
    one('unlisted', { verdict: 'not-in-lock', why: 'is at the target registry, but …' }),
  ],
  objects: [
    { name: 'Deployment eclipse-che/che', ready: true, message: '' },
    { name: 'CheCluster eclipse-che/che', ready: false, message: 'is Inactive' },
  ],
  findings: [
    {
      cause: 'image-missing',
      evidence: 'not found',
      what: 'image is not in the registry',
      where: 'Pod eclipse-che/che-1',
      why: 'It says: not found',
      fix: 'first line\nsecond line',
    },
  ],
  unread: ['Event in eclipse-che'],
  verified: false,
};
const STYLE = { color: false, width: Number.POSITIVE_INFINITY };
const QUIET = { verbose: false };

describe('an audit', () => {
  it('shows what is wrong, explains it and sums up', () => {
    const text = verifyText(RESULT, 'table', STYLE, QUIET);
    expect(text).not.toContain('eclipse-che/che-1 good');
    expect(text).toMatch(/other registry +eclipse-che\/che-1 ephemeral bad/);
    expect(text).toContain('✗ CheCluster eclipse-che/che: is Inactive');
    expect(text).toContain('causes may be missing: Event in eclipse-che\n');
    expect(text).toContain('  → first line\n    second line\n');
    expect(text).toContain(
      '4 containers in eclipse-che: 2 as locked, 2 not\n2 objects: 1 ready, 1 not\nnot verified',
    );
    expect(text).not.toContain('\u001b');
  });

  it('shows everything when asked to', () => {
    const text = verifyText(RESULT, 'table', STYLE, { verbose: true });
    expect(text).toContain('eclipse-che/che-1 good');
    expect(text).toContain('✓ Deployment eclipse-che/che');
  });

  it('says verified only when it is', () => {
    const fine = {
      ...RESULT,
      containers: RESULT.containers.slice(0, 2),
      objects: [],
      findings: [],
      verified: true,
    };
    expect(verifyText(fine, 'table', STYLE, QUIET)).toMatch(/\nverified on https:\/\/10\.0\.0\.1:6443\n$/);
  });

  it('is JUnit that a parser reads, with the failures counted', () => {
    const text = verifyText(RESULT, 'junit', STYLE, QUIET);
    expect(text).toContain('<testsuites name="sallyport verify" tests="6" failures="3">');
    expect(text).toContain('&quot;bad&quot;&amp;&lt;worse&gt;');
    expect(text).not.toContain('\u001b');
    expect(text.match(/<testcase /g)).toHaveLength(6);
    expect(text.match(/<failure /g)).toHaveLength(3);
  });

  it('is data for programs', () => {
    expect(JSON.parse(verifyText(RESULT, 'json', STYLE, QUIET))).toMatchObject({
      verified: false,
      findings: [{ cause: 'image-missing' }],
    });
    expect(verifyText(RESULT, 'name', STYLE, QUIET).split('\n')).toHaveLength(3);
  });

  it('lists what ran elsewhere, ready for the configuration', () => {
    const text = discoveredText(RESULT, 'table');
    expect(text).toContain('# registry.corp.example/che/unlisted:1 is at the target registry');
    expect(text).toMatch(/sources:\n {2}images:\n {4}- reference: /);
    expect(text).toContain('reason: ran in che-1, ephemeral bad, namespace eclipse-che');
    const data = JSON.parse(discoveredText(RESULT, 'json')) as Record<string, unknown[]>;
    expect(data).toMatchObject({
      images: [{ reason: 'ran in che-1, ephemeral bad, namespace eclipse-che' }],
      left: [{ image: 'registry.corp.example/che/unlisted:1' }],
    });
    expect(discoveredText(RESULT, 'yaml')).toMatch(/^images:\n/);
    expect(discoveredText(RESULT, 'name')).toMatch(/^quay\.io\/x\/.+\n$/);
  });
});
