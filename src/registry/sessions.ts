import { type Clock, type EmitEvent, ignoreEvents, systemClock } from '../base/index.ts';
import { errandsOf, type HttpClient } from '../http/index.ts';
import { type Authorizer, createAuthorizer } from './auth/authorizer.ts';
import { createCapabilities } from './capabilities.ts';
import { endpointOf } from './endpoint.ts';
import { createLanes } from './lanes.ts';
import { createPace } from './pace.ts';
import { createPullGate } from './pull-limit.ts';
import { createSession } from './session.ts';
import { createStanding } from './standing.ts';
import type {
  CredentialSource,
  Credentials,
  LearnedCapability,
  RegistrySession,
  RegistrySettings,
} from './types.ts';
import { createWarningListener } from './warnings.ts';

export interface RegistrySessionsOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialSource;
  /** Per host as it stands in references. Default: nothing special. */
  readonly registryConfig?: (host: string) => RegistrySettings;
  readonly clock?: Clock;
  readonly emit?: EmitEvent;
  /** At the end of a registry's pull limit: wait for the window to pass instead of failing. Default false. */
  readonly waitForPulls?: boolean;
  /** What earlier runs learned of a server (`host[:port]`). Default: nothing. */
  readonly known?: (server: string) => readonly LearnedCapability[];
}

export interface RegistrySessions {
  /** The session for a host as it stands in references; the same one each time. Throws `CONFIG_INVALID` for a mirror that is no address. */
  session(registry: string): RegistrySession;
  /** What is known of each server that was opened, by `host[:port]`. */
  learned(): ReadonlyMap<string, readonly LearnedCapability[]>;
  /** Forgets tokens and what was learned, and lets nothing be tried again. The HTTP client belongs to the caller. */
  close(): void;
}

/** Sessions of one run: tokens, limits, pauses and learned abilities are shared per server, and nothing is asked before it is needed. */
export function createRegistrySessions(options: RegistrySessionsOptions): RegistrySessions {
  const { http, credentials, clock = systemClock, emit = ignoreEvents } = options;
  const sessions = new Map<string, RegistrySession>();
  const onWarning = createWarningListener(emit);
  let closed = false;

  const open = (registry: string): RegistrySession => {
    const settings: RegistrySettings = options.registryConfig?.(registry) ?? {};
    const endpoint = endpointOf(registry, settings);
    const errands = errandsOf(endpoint.base, http);
    const lookup = (repository: string, signal?: AbortSignal): Promise<Credentials | undefined> =>
      credentials.lookup(endpoint.credentialHost, repository, signal);
    const authorizers = new Map<string, Authorizer>();
    const authorizerFor = (origin: string): Authorizer => {
      let found = authorizers.get(origin);
      if (found === undefined) {
        const own = origin === endpoint.base.origin;
        found = createAuthorizer({
          http: errands,
          clock,
          base: new URL(origin),
          lookup: own ? lookup : async () => undefined,
        });
        authorizers.set(origin, found);
      }
      return found;
    };
    return createSession({
      endpoint,
      traveller: { http: errands, authorizerFor },
      lanes: createLanes(settings.concurrency, clock.now),
      pace: createPace(clock),
      standing: createStanding(clock),
      pullGate: createPullGate({ registry, clock, emit, wait: options.waitForPulls ?? false }),
      capabilities: createCapabilities(clock, options.known?.(endpoint.server)),
      clock,
      emit,
      credentialUse: (repository) => authorizerFor(endpoint.base.origin).used(repository),
      onWarning,
      isClosed: () => closed,
    });
  };

  return {
    session: (registry) => {
      const found = sessions.get(registry) ?? open(registry);
      sessions.set(registry, found);
      return found;
    },
    learned: () =>
      new Map([...sessions.values()].map(({ server, capabilities }) => [server, capabilities.learned()])),
    close: () => {
      closed = true;
      sessions.clear();
    },
  };
}
