import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KubeObject } from '../types.ts';
import { CAUSES, type Cause } from './causes.ts';
import type { Incident } from './circumstances.ts';
import type { SecretHosts } from './credentials.ts';
import { describeFinding } from './paragraph.ts';
import { explainPod } from './pod.ts';

interface Recorded {
  readonly case: string;
  readonly image: string;
  readonly imagePullSecrets: readonly string[];
  readonly phase: string;
  readonly logs?: string;
  readonly state: object;
  readonly lastState: object;
  readonly events: readonly Incident[];
}

/** What each case was provoked by, whatever the runtime says of it. */
const EXPECTED: Readonly<Record<string, Cause>> = {
  'arch-exec-format': 'wrong-architecture',
  'arch-index': 'platform-missing',
  'arch-manifest': 'wrong-architecture',
  blackhole: 'unreachable',
  'blob-404': 'content-missing',
  'blob-corrupt': 'content-damaged',
  'blob-cut': 'content-damaged',
  'digest-missing': 'image-missing',
  'expired-cert': 'certificate-expired',
  forbidden: 'forbidden',
  hang: 'no-answer',
  'hosts-toml-trap': 'image-missing',
  'html-login': 'not-a-registry',
  'http-500': 'server-error',
  'http-502': 'server-error',
  'http-503': 'server-error',
  'invalid-name': 'name-invalid',
  'never-pull': 'never-pull',
  'no-entrypoint': 'command-missing',
  'no-secret': 'no-credentials',
  'no-such-host': 'host-unknown',
  'other-name-cert': 'certificate-name',
  'plain-http': 'plain-http',
  'quay-401': 'no-credentials',
  'quay-offline': 'host-unknown',
  'rate-limit': 'rate-limited',
  refused: 'connection-refused',
  'repo-missing': 'image-missing',
  'secret-absent': 'secret-missing',
  'secret-other-host': 'secret-other-host',
  'tag-missing': 'image-missing',
  'token-401': 'no-credentials',
  'token-401-creds': 'credentials-refused',
  'unknown-ca': 'unknown-ca',
  'wrong-password': 'credentials-refused',
};

/** The secrets of the namespace in which the cases were provoked. */
const SECRETS: SecretHosts = {
  'mirror-pull': ['registry.corp.test:5443', '192.0.2.10:5443'],
  'wrong-pull': ['registry.corp.test:5443'],
  'other-host': ['other.corp.test:5443'],
  'local-pull': ['127.0.0.1:5443'],
  'fault-pull': ['registry.corp.test:5444'],
  'not-there': 'missing',
};

const CREATED = '2026-11-23T14:00:00Z';
const TEN_MINUTES_LATER = Date.parse('2026-11-23T14:10:00Z');

function podOf(recorded: Recorded): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: recorded.case, namespace: 'fail', creationTimestamp: CREATED },
    spec: {
      nodeName: 'node',
      serviceAccountName: 'default',
      imagePullSecrets: recorded.imagePullSecrets.map((name) => ({ name })),
      containers: [{ name: 'c', image: recorded.image }],
    },
    status: {
      phase: recorded.phase,
      containerStatuses: [{ name: 'c', state: recorded.state, lastState: recorded.lastState }],
    },
  };
}

describe.each(['2.2.9', '1.6.20'])('pull failures of containerd %s', (version) => {
  const file = join(import.meta.dirname, `../../../test/fixtures/pull-failures/containerd-${version}.json`);
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded[];
  const explain = (one: Recorded, secrets?: SecretHosts) =>
    explainPod(podOf(one), {
      incidents: one.events,
      ...(secrets === undefined ? {} : { secrets }),
      logs: { c: one.logs ?? '' },
      runtime: `containerd://${version}`,
      now: TEN_MINUTES_LATER,
    });

  it('has every case that is expected', () => {
    expect(recorded.map((one) => one.case).toSorted()).toEqual(Object.keys(EXPECTED).toSorted());
  });

  it.each(recorded.map((one) => [one.case, one] as const))('tells %s', (name, one) => {
    const found = explain(one, SECRETS);
    expect(found.map(({ cause }) => cause)).toEqual([EXPECTED[name]]);
  });

  it.each(recorded.map((one) => [one.case, one] as const))(
    'tells %s, or says that it is in doubt, where secrets may not be read',
    (name, one) => {
      const [finding] = explain(one);
      if (finding?.cause !== EXPECTED[name]) expect(finding?.doubt).toMatch(/could not be read/);
    },
  );

  it('says so where only the registry can tell', () => {
    const one = recorded.find((item) => item.case === 'unknown-ca');
    const [finding] = one === undefined ? [] : explain(one, SECRETS);
    expect(finding?.doubt === undefined).toBe(version === '2.2.9');
  });

  it.each(recorded.map((one) => [one.case, one] as const))('describes %s in full', (_, one) => {
    for (const finding of explain(one, SECRETS)) {
      const { what, where, why, fix } = describeFinding(finding);
      expect(what).toContain(one.image);
      expect(where).toContain(`Pod fail/${one.case}`);
      expect(why).toContain('It says: ');
      expect(fix).not.toMatch(/undefined/);
      expect(fix.length).toBeGreaterThan(20);
    }
  });
});

describe('causes', () => {
  it.each(Object.entries(CAUSES))('%s names what to do, whatever is known of the place', (_, { fix }) => {
    const text = fix({ namespace: 'ns', object: 'Pod ns/p' });
    expect(text).not.toMatch(/undefined/);
    expect(text.length).toBeGreaterThan(10);
  });
});
