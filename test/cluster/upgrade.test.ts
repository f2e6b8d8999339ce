import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cluster } from './harness/cluster.ts';
import { skipWithout } from './harness/needs.ts';
import {
  developerImage,
  NEWER,
  OLDER,
  type PlatformBench,
  type Relocated,
  real,
  startBench,
} from './harness/platform.ts';
import { BUILD_TIME } from './harness/tools.ts';
import { bringUser, untilPhase, workspace } from './harness/workspace.ts';

/** From nothing to a release of Che, to the next one and back, each step with the built program on a real node. */
describe.skipIf(skipWithout('node') || !real)(`Che ${OLDER.version} → ${NEWER.version}`, () => {
  let bench: PlatformBench;
  let cluster: Cluster;
  let older: Relocated;
  let newer: Relocated;

  beforeAll(async () => {
    bench = await startBench();
    cluster = bench.cluster;
    older = await bench.relocate(OLDER);
    newer = await bench.relocate(NEWER);
  }, BUILD_TIME);
  afterAll(() => bench?.stop());

  it('diff before anything is there simulates what the server cannot judge yet', async () => {
    const { status, stdout, stderr } = await older.run(['diff', 'out']);
    expect(status, stderr).toBe(3);
    expect(stdout).toMatch(/^\+ Namespace eclipse-che$/m);
    expect(stdout).toMatch(/^\+ CheCluster eclipse-che\/eclipse-che {2}\(simulated: its kind comes/m);
    expect(stdout).toMatch(/ to create, 0 unchanged$/m);
  });

  it('apply brings it up component after component', async () => {
    const { status, stderr } = await older.run(['apply', 'out', '--timeout', '120s']);
    expect(status, stderr).toBe(0);
    expect(orderOf(stderr)).toEqual(['cert-manager', 'devworkspace-operator', 'che-operator', 'che']);
    const che = await cluster.kubectl(
      '-n',
      'eclipse-che',
      'get',
      'checluster',
      '-o',
      'jsonpath={.items[0].status}',
    );
    expect(JSON.parse(che)).toMatchObject({ chePhase: 'Active', cheVersion: OLDER.version });
  });

  it('a second apply changes nothing, and diff agrees', async () => {
    const again = await older.run(['apply', 'out', '--timeout', '120s']);
    expect(again.status, again.stderr).toBe(0);
    expect(again.stdout).toContain('0 created, 0 changed');
    const diff = await older.run(['diff', 'out']);
    expect(diff.stdout).toMatch(/^\d+ unchanged$/m);
    expect(diff.status).toBe(0);
  });

  it('diff shows the next release by what it is about, and the workspace that would restart', async () => {
    await bringUser(cluster, 'alice');
    await cluster.kubectl.apply(
      workspace({ namespace: 'alice', name: 'work', image: developerImage(older) }),
    );
    await untilPhase(cluster, 'alice', 'work', 'Running');
    const { status, stdout } = await newer.run(['diff', 'out']);
    expect(status).toBe(3);
    const che = /^~ Deployment eclipse-che\/che-operator\n([\s\S]*?)^(?! )/m.exec(stdout)?.[1] ?? '';
    expect(che).toMatch(/^ {4}images\n.*che-operator\].image: .*:7\.117\.0@/m);
    expect(che).toMatch(/^ {4}environment\n.*CHE_VERSION\].value: 7\.117\.0 → 7\.121\.0/m);
    expect(stdout).toMatch(/^~ CustomResourceDefinition checlusters.org.eclipse.che\n {4}definition$/m);
    expect(stdout).toMatch(/^~ ClusterRole che-operator\n {4}rights$/m);
    expect(stdout).toMatch(/^! DevWorkspace alice\/work {2}runs and would be restarted/m);
  });

  it('apply names the running workspace first, follows the order, and moves everything', async () => {
    const { status, stderr } = await newer.run(['apply', 'out', '--timeout', '120s']);
    expect(status, stderr).toBe(0);
    const told = stderr.indexOf('DevWorkspace alice/work');
    expect(told).toBeGreaterThanOrEqual(0);
    expect(told).toBeLessThan(stderr.indexOf('devworkspace-operator workloads'));
    expect(orderOf(stderr)).toEqual(['cert-manager', 'devworkspace-operator', 'che-operator', 'che']);
    expect(await cheVersion()).toBe(NEWER.version);
    expect(await cloneImage()).toContain(`project-clone:${NEWER.dwo}@`);
    await untilPhase(cluster, 'alice', 'work', 'Running');
  });

  it('going back by apply is refused, by rollback it is done', async () => {
    const refused = await older.run(['apply', 'out']);
    expect(refused.status, refused.stderr).toBe(3);
    expect(refused.stderr).toMatch(/7\.121\.0.*7\.117\.0/);
    const back = await newer.run(['rollback']);
    expect(back.status, back.stderr).toBe(0);
    expect(back.stdout).toContain('objects restored');
    await cluster.kubectl(
      '-n',
      'eclipse-che',
      'rollout',
      'status',
      'deployment/che-operator',
      '--timeout=90s',
    );
    await expect.poll(cheVersion, { timeout: 60_000 }).toBe(OLDER.version);
    await expect.poll(cloneImage, { timeout: 60_000 }).toContain(`project-clone:${OLDER.dwo}@`);
  });

  function cheVersion(): Promise<string> {
    return cluster.kubectl(
      '-n',
      'eclipse-che',
      'get',
      'checluster/eclipse-che',
      '-o',
      'jsonpath={.status.cheVersion}',
    );
  }

  /** The image that clones projects in the running workspace's pod. */
  function cloneImage(): Promise<string> {
    const path = 'jsonpath={.items[*].spec.template.spec.initContainers[0].image}';
    return cluster.kubectl('-n', 'alice', 'get', 'deployments', '-o', path);
  }
});

/** The components in the order in which their workloads or resources were applied. */
function orderOf(progress: string): string[] {
  return [
    ...new Set(
      [...progress.matchAll(/^✓ (\S+) (?:workloads|custom-resources) /gm)].map(([, name]) => name ?? ''),
    ),
  ];
}
