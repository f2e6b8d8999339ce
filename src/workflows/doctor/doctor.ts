import { SallyportError } from '../../base/index.ts';
import type { RegistryConfig } from '../../lock/index.ts';
import { isHost, isRepositoryPath } from '../../oci/index.ts';
import type { CapabilityValues } from '../../registry/index.ts';
import type { WorkflowContext } from '../context.ts';
import { openRegistries } from '../registries.ts';
import { type Finding, runChecks } from './check.ts';
import { REGISTRY_CHECKS } from './registry/checks.ts';
import { createScratch } from './scratch.ts';

export interface DoctorOptions {
  /** `HOST[/PATH]`; repositories for the trials are made below the path. */
  readonly registry: string;
  readonly registries: Readonly<Record<string, RegistryConfig>>;
  /** Write nothing: only what a source needs is looked at. */
  readonly readOnly?: boolean;
}

export interface DoctorResult {
  readonly subject: string;
  readonly findings: readonly Finding[];
  /** Learned now or by earlier runs, and not expired. */
  readonly learned: Readonly<Partial<CapabilityValues>>;
  /** Nothing that is needed failed. */
  readonly fit: boolean;
}

const READING: ReadonlySet<string> = new Set(['reach', 'login', 'pull limit']);

/**
 * Tries what a copy wants of a registry on two scratch repositories, and removes them again. A mirror that is configured for the host is
 * left aside: the host itself is examined. Throws `USAGE` for what is no registry, `ABORTED` after cleaning up.
 */
export async function examineRegistry(
  context: WorkflowContext,
  options: DoctorOptions,
): Promise<DoctorResult> {
  const text = options.registry.replace(/^https?:\/\//, '').replace(/\/+$/, '');
  const slash = text.indexOf('/');
  const host = slash === -1 ? text : text.slice(0, slash);
  const path = slash === -1 ? '' : text.slice(slash + 1);
  if (!isHost(host) || (path !== '' && !isRepositoryPath(path))) {
    throw new SallyportError('USAGE', 'is not a registry', {
      subject: options.registry,
      hint: 'Write it as HOST[:PORT][/PATH], e.g. registry.corp.example/che.',
    });
  }
  const registries = openRegistries(context, options.registries);
  try {
    const scratch = createScratch({
      host,
      path,
      session: registries.session(host),
      repository: (name) => registries.target({ registry: host, repository: name }),
      signal: context.signal,
    });
    const checks = REGISTRY_CHECKS.filter(({ name }) => options.readOnly !== true || READING.has(name));
    const findings = await runChecks(checks, scratch).catch(async (thrown: unknown) => {
      await runChecks(
        checks.filter(({ name }) => name === 'delete').map((check) => ({ ...check, after: [] })),
        scratch,
      );
      throw thrown;
    });
    return {
      subject: text,
      findings,
      learned: scratch.session.capabilities.all(),
      fit: !findings.some(({ state }) => state === 'failed'),
    };
  } finally {
    registries.close();
  }
}
