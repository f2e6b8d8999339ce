import type { PullSecretPlace } from '../../facts/index.ts';
import { documentText, type Json } from '../edit/index.ts';
import type { WantedAccount } from './plan.ts';

/** Service accounts as documents of one file, each with the reason why it is there. */
export function accountsText(accounts: readonly WantedAccount[], secret: string): string {
  return accounts
    .map((account) => {
      const metadata: Record<string, Json> = {
        name: account.name,
        ...(account.namespace === undefined ? {} : { namespace: account.namespace }),
        ...(Object.keys(account.labels).length === 0 ? {} : { labels: account.labels }),
      };
      const body: Json = {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata,
        imagePullSecrets: [{ name: secret }],
      };
      return `---\n${comment(account.reason)}${documentText(body)}`;
    })
    .join('');
}

export interface PullSecretOptions {
  readonly name: string;
  /** Host of the target, with its port. */
  readonly registry: string;
  /** Content of `.dockerconfigjson`; a placeholder without any credentials when absent. */
  readonly dockerConfigJson?: string;
}

/** No registry and no credentials: valid for the API server, and kubelets then ask without any. */
const PLACEHOLDER = '{"auths": {}}';

/** The pull secret for each namespace as documents of one file, with the command that puts the real content in. */
export function pullSecretsText(places: readonly PullSecretPlace[], options: PullSecretOptions): string {
  const real = options.dockerConfigJson;
  return places
    .map((place) => {
      const metadata: Record<string, Json> = {
        name: options.name,
        namespace: place.namespace,
        ...(Object.keys(place.labels).length === 0 ? {} : { labels: place.labels }),
        ...(place.annotations === undefined ? {} : { annotations: place.annotations }),
      };
      const content: Record<string, Json> =
        real === undefined
          ? { stringData: { '.dockerconfigjson': PLACEHOLDER } }
          : { data: { '.dockerconfigjson': Buffer.from(real, 'utf8').toString('base64') } };
      const body: Json = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        type: 'kubernetes.io/dockerconfigjson',
        ...content,
      };
      const notes =
        real === undefined
          ? [
              place.reason,
              `The content is a placeholder without credentials. The real one for ${options.registry}, from a file that holds them:`,
              ...secretCommand(place, options).map((line) => `  ${line}`),
            ]
          : [place.reason, `Holds credentials for ${options.registry}: keep it out of version control.`];
      return `---\n${notes.map(comment).join('')}${documentText(body)}`;
    })
    .join('');
}

/**
 * The command that makes the secret with its labels from a docker config file. The credentials are read from a file, so that
 * they stand neither in the shell's history nor in the process list.
 */
export function secretCommand(
  place: Pick<PullSecretPlace, 'namespace' | 'labels' | 'annotations'>,
  options: Pick<PullSecretOptions, 'name'>,
  file = 'config.json',
): string[] {
  const labels = Object.entries(place.labels).map(([key, value]) => `${key}=${value}`);
  const annotations = Object.entries(place.annotations ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    `kubectl create secret generic ${options.name} --namespace ${place.namespace} --type kubernetes.io/dockerconfigjson \\`,
    `  --from-file .dockerconfigjson=${file} --dry-run=client -o yaml \\`,
    ...(labels.length === 0 ? [] : [`  | kubectl label --local -f - ${labels.join(' ')} -o yaml \\`]),
    ...(annotations.length === 0
      ? []
      : [`  | kubectl annotate --local -f - ${annotations.join(' ')} -o yaml \\`]),
    '  | kubectl apply --server-side -f -',
  ];
}

/** A line of reason above an object. */
export function comment(line: string): string {
  return `# ${line}\n`;
}
