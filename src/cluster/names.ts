import type { KubeObject, ObjectName } from './types.ts';

/** `apps/v1` → `apps`; the core group is the empty text. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

export function nameOf({ apiVersion, kind, metadata }: KubeObject): ObjectName {
  const { name, namespace } = metadata;
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** How an object is called in messages: `Deployment eclipse-che/che`, `Namespace eclipse-che`. */
export function describeName({ kind, namespace, name }: ObjectName): string {
  return `${kind} ${namespace === undefined || namespace === '' ? '' : `${namespace}/`}${name}`;
}

/** As kubectl takes it: `-n eclipse-che deployment.apps/che`, for commands in hints. */
export function kubectlName({ apiVersion, kind, namespace, name }: ObjectName): string {
  const group = groupOf(apiVersion);
  const flag = namespace === undefined || namespace === '' ? '' : `-n ${namespace} `;
  return `${flag}${kind.toLowerCase()}${group === '' ? '' : `.${group}`}/${name}`;
}

/** The same for one object in whichever version its API is asked for: objects are told apart by group, kind, namespace and name. */
export function identityOf({ apiVersion, kind, namespace = '', name }: ObjectName): string {
  return `${groupOf(apiVersion)}|${kind}|${namespace}|${name}`;
}
