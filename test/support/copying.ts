import type { Clock, SallyportEvent } from '../../src/base/index.ts';
import { type Digest, parsePlatform } from '../../src/oci/index.ts';
import type { RegistryServerOptions } from '../../src/server/index.ts';
import type { CopyRequest } from '../../src/transfer/index.ts';
import { type Embedded, startEmbedded } from './embedded.ts';
import { fakeClock } from './fake-clock.ts';

/** Two registries and what a copy between them needs. */
export interface Copying {
  readonly source: Embedded;
  readonly target: Embedded;
  readonly events: SallyportEvent[];
  /** Copies `name:tag` of the source to `to/name:tag` of the target. */
  request(name: string, options?: RequestOptions): CopyRequest;
  close(): Promise<void>;
}

export interface RequestOptions {
  readonly selector?: string;
  readonly digest?: Digest;
  readonly tag?: string;
  readonly byDigestOnly?: boolean;
  readonly platforms?: readonly string[];
  readonly referrers?: boolean;
  readonly toRepository?: string;
}

/** Retries come at once: the client's clock is not the real one. */
export async function startCopying(
  options: {
    readonly source?: Partial<RegistryServerOptions>;
    readonly target?: Partial<RegistryServerOptions>;
    readonly concurrency?: number;
    readonly clock?: Clock;
  } = {},
): Promise<Copying> {
  const events: SallyportEvent[] = [];
  const common = {
    clock: options.clock ?? fakeClock(),
    clientEmit: (event: SallyportEvent) => void events.push(event),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  };
  const source = await startEmbedded({ ...common, ...options.source });
  const target = await startEmbedded({ ...common, ...options.target });
  return {
    source,
    target,
    events,
    request: (name, wish = {}) => {
      const { selector = 'v1', tag = 'v1', byDigestOnly = false, platforms = [], referrers = false } = wish;
      const toRepository = wish.toRepository ?? `to/${name}`;
      return {
        source: `${source.server.registry}/${name}:${selector}`,
        target: `${target.server.registry}/to/${name}:${tag}`,
        from: source.repository(name),
        to: target.repository(`to/${name}`),
        toRepository,
        toRegistry: target.server.registry,
        selector,
        ...(wish.digest === undefined ? {} : { digest: wish.digest }),
        ...(byDigestOnly ? {} : { tag }),
        platforms: platforms.map(parsePlatform),
        referrers,
      };
    },
    close: async () => {
      await source.close();
      await target.close();
    },
  };
}
