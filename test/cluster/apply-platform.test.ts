import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import {
  NEWER,
  OLDER,
  type PublicRegistry,
  type Relocated,
  real,
  relocatePlatform,
  startPublicRegistry,
} from './harness/platform.ts';
import { BUILD_TIME } from './harness/tools.ts';

/** The whole platform by `sallyport apply` onto a node that can reach the private registry alone: install, upgrade, back. */
describe.skipIf(skipWithout('node') || !real)('Che by sallyport apply', () => {
  let cluster: Cluster;
  let source: PublicRegistry;
  let older: Relocated;
  let newer: Relocated;

  beforeAll(async () => {
    cluster = await startCluster();
    source = await startPublicRegistry(cluster);
    older = await relocatePlatform({ cluster, source, release: OLDER });
    newer = await relocatePlatform({ cluster, source, release: NEWER });
  }, BUILD_TIME);
  afterAll(async () => {
    await source?.close();
    await cluster?.stop();
  });

  const field = (path: string, ...what: readonly string[]) =>
    cluster.kubectl('get', ...what, '-o', `jsonpath=${path}`);
  const cheVersion = () =>
    field(
      '{.spec.template.spec.containers[0].env[?(@.name=="CHE_VERSION")].value}',
      '-n',
      'eclipse-che',
      'deployment/che-operator',
    );

  it('installs it: cert-manager, DWO, Che operator, CheCluster, each awaited, with what the operators make', async () => {
    const { status, stdout, stderr } = await older.run(['apply', 'out', '--timeout', '3m']);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('revision 1');
    const steps = [...stderr.matchAll(/^✓ (\S+) (\S+)/gm)].map(([, stage]) => stage);
    const stages = ['cert-manager', 'devworkspace-operator', 'che-operator', 'che'];
    expect(
      steps.filter((stage, index) => stages.includes(stage ?? '') && steps.indexOf(stage) === index),
    ).toEqual(stages);
    expect(await field('{.status.chePhase}', '-n', 'eclipse-che', 'checluster/eclipse-che')).toBe('Active');
    expect(
      await field(
        '{.status.availableReplicas}',
        '-n',
        'devworkspace-controller',
        'deployment/devworkspace-webhook-server',
      ),
    ).toMatch(/[1-9]/);
    expect(await cheVersion()).toBe(OLDER.version);
  });

  it('changes nothing the second time', async () => {
    const again = await older.run(['apply', 'out', '--timeout', '3m']);
    expect(again.stdout).toContain('0 created, 0 changed');
    const diff = await older.run(['diff', 'out']);
    expect({ status: diff.status, stdout: diff.stdout }).toMatchObject({ status: 0 });
  });

  it('shows an upgrade in groups and applies it', async () => {
    const diff = await newer.run(['diff', 'out']);
    expect(diff.status).toBe(3);
    const operator = diff.stdout.slice(diff.stdout.indexOf('~ Deployment eclipse-che/che-operator'));
    expect(operator).toMatch(
      /images\n {6}\S+\[name=che-operator\].*che-operator:7\.117\.0@\S+ → \S+che-operator:7\.121\.0@/,
    );
    expect(operator).toMatch(/environment\n {6}.*\[name=CHE_VERSION\]\.value: 7\.117\.0 → 7\.121\.0/);
    expect(diff.stdout).toMatch(/~ CustomResourceDefinition checlusters.org.eclipse.che\n {4}definition/);
    expect(diff.stdout).toMatch(/~ ClusterRole che-operator\n {4}rights/);
    const { status, stderr } = await newer.run(['apply', 'out', '--timeout', '3m']);
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    expect(await cheVersion()).toBe(NEWER.version);
  });

  it('refuses to go back, and says how to undo instead', async () => {
    const { status, stderr } = await older.run(['apply', 'out']);
    expect(status).toBe(3);
    expect(stderr).toContain('Eclipse Che 7.121.0 would go back to 7.117.0');
    expect(stderr).toContain('the DevWorkspace Operator v0.43.0 would go back to v0.40.1');
    expect(stderr).toContain('sallyport rollback');
    expect(await cheVersion()).toBe(NEWER.version);
  });

  it('refuses a second CheCluster', async () => {
    const second = readFileSync(join(newer.out, 'manifests', '40-che-cluster.yaml'), 'utf8').replace(
      'name: eclipse-che',
      'name: second',
    );
    writeFileSync(join(newer.dir, 'second.yaml'), second);
    const { status, stderr } = await newer.run(['apply', '-f', 'second.yaml', '--release', 'second']);
    expect(status).toBe(3);
    expect(stderr).toContain(
      'CheCluster eclipse-che/second: there is CheCluster eclipse-che/eclipse-che already',
    );
  });

  it('rolls the upgrade back', async () => {
    const { status, stdout, stderr } = await newer.run(['rollback']);
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/undid revision 2 .* objects restored/);
    expect(await cheVersion()).toBe(OLDER.version);
    await cluster.kubectl(
      '-n',
      'eclipse-che',
      'rollout',
      'status',
      'deployment/che-operator',
      '--timeout=90s',
    );
    const diff = await older.run(['diff', 'out']);
    expect({ status: diff.status, stdout: diff.stdout }).toMatchObject({ status: 0 });
  });
});
