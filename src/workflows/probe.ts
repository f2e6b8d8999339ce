import { buffer } from 'node:stream/consumers';
import { toSallyportError } from '../base/index.ts';
import type { ClusterClient, ProbeRegistry, RegistryAnswer } from '../cluster/index.ts';
import type { RegistryConfig } from '../lock/index.ts';
import {
  type Descriptor,
  formatPlatform,
  isUnknownPlatform,
  MANIFEST_LIMITS,
  parseReference,
  pullSecretKeys,
  type Reference,
  selectorOf,
} from '../oci/index.ts';
import { createRegistrySessions, createRepository, credentialsOfAuths } from '../registry/index.ts';
import type { ContentStore } from '../store/index.ts';
import type { WorkflowContext } from './context.ts';
import { createHttpClientFor } from './registries.ts';

/** Codes that mean "not with these credentials". */
const REFUSALS = new Set(['UNAUTHORIZED', 'FORBIDDEN', 'CREDENTIALS_INVALID']);

export interface OpenProbe {
  readonly ask: ProbeRegistry;
  close(): void;
}

/**
 * Asks registries for images with the very pull secrets of a pod, and with no other credentials: what this machine may read says nothing
 * about the pod. The secrets stay in memory and go to no other host than their own.
 */
export function openProbe(
  context: WorkflowContext,
  client: ClusterClient,
  registries: Readonly<Record<string, RegistryConfig>>,
): OpenProbe {
  const http = createHttpClientFor(context, registries);
  const answers = new Map<string, Promise<RegistryAnswer>>();

  /** One question with one login, or with none. */
  const askAs = async (
    reference: Reference,
    entry: unknown,
    options: { readonly signal?: AbortSignal },
  ): Promise<RegistryAnswer> => {
    const { mirror: _, ...config } = registries[reference.registry] ?? {};
    const sessions = createRegistrySessions({
      http,
      credentials: credentialsOfAuths(
        entry === undefined ? {} : { [reference.registry]: entry },
        'the pull secrets of the pod',
      ),
      clock: context.clock,
      emit: () => undefined,
      registryConfig: () => config,
    });
    const repository = createRepository({
      session: sessions.session(reference.registry),
      repository: reference.repository,
      emit: () => undefined,
      clock: context.clock,
    });
    try {
      const found = await repository.resolve(selectorOf(reference), options);
      if (found === undefined) return { state: 'absent' };
      const { view } = await repository.readManifest(found.digest, options);
      const platforms =
        view.kind === 'index'
          ? view.manifests.flatMap(({ platform }) =>
              platform === undefined || isUnknownPlatform(platform) ? [] : [formatPlatform(platform)],
            )
          : await ownPlatform(repository, view.config, options);
      return { state: 'present', platforms };
    } catch (thrown) {
      const error = toSallyportError(thrown);
      if (REFUSALS.has(error.code)) return { state: 'unauthorized', message: error.message };
      return { state: 'unknown', message: error.message };
    } finally {
      sessions.close();
    }
  };

  const askOnce: ProbeRegistry = async ({ image, secrets }, options = {}) => {
    try {
      const reference = parseReference(image);
      const entries = (
        await Promise.all(secrets.map((name) => readSecret(client, name, options.signal)))
      ).flatMap((auths) => Object.entries(auths));
      const keys = new Set(
        pullSecretKeys(
          entries.map(([key]) => key),
          reference,
        ),
      );
      // As the kubelet does: one login after the other until the registry takes one, and without any only when there is none.
      const logins = [...keys].flatMap((key) => entries.filter(([other]) => other === key));
      let answer: RegistryAnswer = { state: 'unknown' };
      for (const [, entry] of logins.length === 0 ? [['', undefined] as const] : logins) {
        answer = await askAs(reference, entry, options);
        if (answer.state !== 'unauthorized') break;
      }
      return answer;
    } catch (thrown) {
      return { state: 'unknown', message: toSallyportError(thrown).message };
    }
  };

  return {
    ask: (request, options) => {
      const key = `${request.image} ${request.secrets.map(({ namespace, name }) => `${namespace}/${name}`).join(' ')}`;
      let answer = answers.get(key);
      if (answer === undefined) {
        answer = askOnce(request, options);
        answers.set(key, answer);
      }
      return answer;
    },
    close: () => http.close(),
  };
}

/**
 * The platform of an image that no index describes, from its configuration (image-spec config.md: `os` and `architecture` are required). Empty
 * when there is none that says so: an artifact, or more bytes than a configuration has.
 */
async function ownPlatform(
  store: ContentStore,
  config: Descriptor | undefined,
  options: { readonly signal?: AbortSignal },
): Promise<readonly string[]> {
  if (config === undefined || config.size > MANIFEST_LIMITS.bytes) return [];
  const text = (await buffer(await store.readBlob(config, options))).toString('utf8');
  const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { os, architecture, variant } = value;
  if (typeof os !== 'string' || typeof architecture !== 'string') return [];
  return [formatPlatform({ os, architecture, ...(typeof variant === 'string' ? { variant } : {}) })];
}

/** The `auths` of a pull secret; empty when it is not there or may not be read. */
async function readSecret(
  client: ClusterClient,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', namespace, name }, { signal });
  const data = (secret?.['data'] ?? {}) as Readonly<Record<string, string | undefined>>;
  const packed = data['.dockerconfigjson'] ?? data['.dockercfg'];
  if (packed === undefined) return {};
  const value = JSON.parse(Buffer.from(packed, 'base64').toString('utf8')) as {
    auths?: Record<string, unknown>;
  };
  return value.auths ?? (value as Record<string, unknown>);
}
