import type { ClusterFacts } from '../../facts/index.ts';
import { nameOf, tryParseReference } from '../../oci/index.ts';
import type { CheckedObject } from './condition.ts';
import type { AllowedImages, Judged } from './judge.ts';

/**
 * Parts of the platform that the lock has and of which nothing runs: an operator without its namespace would otherwise be passed over, since only
 * what is there is looked at.
 */
export function missingParts(
  allowed: AllowedImages,
  containers: readonly Judged[],
  looked: readonly string[],
  knowledge: ClusterFacts,
): readonly CheckedObject[] {
  const running = new Set(containers.map(({ source, image }) => repositoryOf(source ?? image)));
  const locked = new Set(allowed.images.map(({ source }) => repositoryOf(source)));
  return knowledge.audit.namespaces
    .filter(({ runs }) => locked.has(runs) && !running.has(runs))
    .map(({ name, runs }) => ({
      name: `Namespace ${name}`,
      ready: false,
      message: looked.includes(name)
        ? `no pod in it runs ${runs}, which the lock has`
        : `does not exist, and no pod that was looked at runs ${runs}, which the lock has; apply the platform, or name the namespaces that it is in with -n NAME`,
    }));
}

function repositoryOf(image: string): string {
  const reference = tryParseReference(image);
  return 'reason' in reference ? '' : nameOf(reference);
}
