import { nameOf } from '../names.ts';
import type { CallOptions, ClusterClient, KubeObject, PatchType } from '../types.ts';
import { type Api, attempt } from './api.ts';
import { failureOf } from './failure.ts';
import { readStatus } from './status.ts';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

/** Changing objects. What may have reached the server is sent again only where that changes nothing. */
export function createWrites(
  api: Api,
): Pick<ClusterClient, 'apply' | 'create' | 'replace' | 'delete' | 'patch'> {
  const write = async (
    method: 'POST' | 'PUT',
    path: string,
    object: KubeObject,
    verb: string,
    o: { fieldManager?: string; dryRun?: boolean } & CallOptions,
  ): Promise<KubeObject> =>
    api.call(
      {
        method,
        path,
        query: { fieldManager: o.fieldManager, dryRun: dryRun(o) },
        contentType: 'application/json',
        body: json(object),
        repeatable: false,
        signal: o.signal,
      },
      attempt(verb, nameOf(object)),
    );

  return {
    apply: async (object, o) => {
      const name = nameOf(object);
      return api.call(
        {
          method: 'PATCH',
          path: await api.path(name, o),
          query: {
            fieldManager: o.fieldManager,
            force: o.force === true ? 'true' : undefined,
            dryRun: dryRun(o),
          },
          contentType: 'application/apply-patch+yaml',
          body: json(object),
          repeatable: true,
          signal: o.signal,
        },
        attempt('apply', name),
      );
    },
    create: async (object, o = {}) => {
      const path = await api.collection(object, object.metadata.namespace ?? api.namespace, o);
      return write('POST', path, object, 'create', o);
    },
    replace: async (object, o = {}) => write('PUT', await api.path(nameOf(object), o), object, 'replace', o),
    delete: async (name, o = {}) => {
      const { status, body } = await api.send({
        method: 'DELETE',
        path: await api.path(name, o),
        contentType: 'application/json',
        body: json({
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          propagationPolicy: o.propagation ?? 'Background',
          ...(o.preconditions === undefined ? {} : { preconditions: o.preconditions }),
          ...(o.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: o.gracePeriodSeconds }),
          ...(o.dryRun === true ? { dryRun: ['All'] } : {}),
        }),
        repeatable: true,
        signal: o.signal,
      });
      if (status === 404) return false;
      if (status < 200 || status > 299) throw failureOf(readStatus(status, body), attempt('delete', name));
      return true;
    },
    patch: async (name, patch, type, o = {}) =>
      api.call(
        {
          method: 'PATCH',
          path: `${await api.path(name, o)}${o.subresource === undefined ? '' : `/${o.subresource}`}`,
          query: { fieldManager: o.fieldManager, dryRun: dryRun(o) },
          contentType: PATCH_TYPES[type],
          body: json(patch),
          repeatable: type !== 'json',
          signal: o.signal,
        },
        attempt('patch', name),
      ),
  };
}

function dryRun(options: { readonly dryRun?: boolean }): string | undefined {
  return options.dryRun === true ? 'All' : undefined;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
