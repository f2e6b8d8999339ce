import {
  type Clock,
  type EmitEvent,
  formatCount,
  listAt,
  SallyportError,
  type SallyportEvent,
  textAt,
} from '../../base/index.ts';
import { describeName, kubectlName, nameOf } from '../names.ts';
import type { ClusterClient, KubeObject } from '../types.ts';
import { crdEstablished } from './platform.ts';

export interface DefinitionsRequest {
  readonly client: ClusterClient;
  readonly clock: Clock;
  readonly emit: EmitEvent;
  readonly signal?: AbortSignal | undefined;
  readonly timeoutMs: number;
}

const LOOK_MS = 50;
const SLOWEST_MS = 1000;

/** Shorter waits are not told. */
const QUIET_MS = 1000;

/**
 * Waits until the server lists the kinds of CRDs, every served version. The small discovery documents are asked and not the CRDs, which are
 * a megabyte each. Throws `NOT_READY` with what the CRD's conditions say.
 */
export async function waitForDefinitions(
  { client, clock, emit, signal, timeoutMs }: DefinitionsRequest,
  definitions: readonly KubeObject[],
): Promise<void> {
  const started = clock.now();
  let open = [...definitions];
  let told: number | undefined;
  client.kinds.refresh();
  for (let pause = LOOK_MS; ; pause = Math.min(SLOWEST_MS, pause * 1.5)) {
    const listed = await Promise.all(open.map((definition) => isListed(client, definition, signal)));
    open = open.filter((_, index) => listed[index] !== true);
    if (open.length !== told && (told !== undefined || clock.now() - started >= QUIET_MS)) {
      told = open.length;
      emit(waitingFor(definitions, open));
    }
    if (open.length === 0) return;
    if (clock.now() - started >= timeoutMs) throw await notEstablished(client, open, timeoutMs, signal);
    await clock.sleep(pause, signal);
    client.kinds.refresh();
  }
}

function waitingFor(all: readonly KubeObject[], open: readonly KubeObject[]): SallyportEvent {
  return {
    type: 'waiting',
    step: 'wait for crds',
    ready: all.length - open.length,
    total: all.length,
    objects: all.map((definition) => ({
      name: describeName(nameOf(definition)),
      ...(open.includes(definition)
        ? { state: 'waiting', message: 'the server does not serve all of its versions yet' }
        : { state: 'ready', message: '' }),
    })),
  };
}

async function isListed(
  client: ClusterClient,
  definition: KubeObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const group = textAt(definition, 'spec', 'group') ?? '';
  const kind = textAt(definition, 'spec', 'names', 'kind') ?? '';
  const served = listAt(definition, 'spec', 'versions').filter(
    (version) => (version as { served?: boolean }).served !== false,
  );
  const found = await Promise.all(
    served.map((version) => client.kinds.find(`${group}/${textAt(version, 'name') ?? ''}`, kind, { signal })),
  );
  return found.every((resource) => resource !== undefined);
}

async function notEstablished(
  client: ClusterClient,
  definitions: readonly KubeObject[],
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<SallyportError> {
  const parts = await Promise.all(
    definitions.map(async (definition) => {
      const name = nameOf(definition);
      const live = await client.get(name, { signal });
      const said = live === undefined ? 'it is gone' : crdEstablished(live).message;
      return new SallyportError(
        'NOT_READY',
        said === '' ? 'the server does not list all of its versions' : said,
        {
          subject: describeName(name),
          hint: `kubectl describe ${kubectlName(name)}`,
        },
      );
    }),
  );
  return new SallyportError(
    'NOT_READY',
    `${formatCount(parts.length, 'kind')} not established within ${Math.round(timeoutMs / 1000)} s`,
    { parts },
  );
}
