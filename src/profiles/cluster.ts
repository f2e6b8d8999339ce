import type { ClusterFacts } from '../facts/index.ts';
import { CERT_MANAGER_CLUSTER } from './cert-manager/cluster.ts';
import { CHE_CLUSTER } from './che/cluster.ts';

/** All that is known about platforms on a cluster, in the order in which they need each other. The rules name their objects, so that they say nothing about others. */
export function clusterFacts(): ClusterFacts {
  const known = [CERT_MANAGER_CLUSTER, CHE_CLUSTER];
  return {
    stages: known.flatMap(({ stages }) => stages),
    early: known.flatMap(({ early }) => early),
    later: known.flatMap(({ later }) => later),
    needs: known.flatMap(({ needs }) => needs),
    single: known.flatMap(({ single }) => single),
    versions: known.flatMap(({ versions }) => versions),
    restarts: known.flatMap(({ restarts }) => restarts),
    minimums: known.flatMap(({ minimums }) => minimums),
    audit: {
      namespaces: known.flatMap(({ audit }) => audit.namespaces),
      userNamespaces: known.flatMap(({ audit }) => audit.userNamespaces),
      ready: known.flatMap(({ audit }) => audit.ready),
      answers: known.flatMap(({ audit }) => audit.answers),
      smoke: known.flatMap(({ audit }) => audit.smoke),
      secrets: known.flatMap(({ audit }) => audit.secrets),
    },
  };
}
