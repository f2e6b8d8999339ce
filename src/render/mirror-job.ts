import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SallyportError } from '../base/index.ts';
import { type Lock, type RegistryConfig, writeLock } from '../lock/index.ts';
import { documentText, type Json } from './edit/index.ts';
import { containerFile } from './mirror-image.ts';
import type { OutputFile } from './types.ts';

/** What is asked of Jobs that copy. */
export interface MirrorJob {
  /** Pods that move blobs beside each other. */
  readonly workers: number;
  /** An image with the `sallyport` command. */
  readonly image: string;
}

export interface MirrorJobInput extends MirrorJob {
  readonly lock: Lock;
  readonly registries: Readonly<Record<string, RegistryConfig>>;
}

const NAME = 'sallyport-mirror';
const NAMESPACE = 'sallyport';
const CREDENTIALS = 'sallyport-mirror-credentials';
const FILES = 'sallyport-mirror-files';
const LOCK_FILE = 'sallyport.lock.yaml';
/** The API server takes no ConfigMap above 1 MiB (kubernetes.io/docs/concepts/configuration/configmap); its other bytes need room too. */
const MAX_LOCK = 1_000_000;

/**
 * `jobs/`: two Jobs that copy a lock, and how to make their image. One is Indexed, and its pods each move a shard of the blobs, the other waits until they are all at the target
 * and then writes manifests and tags, so that nothing is visible before everything is there. It sees by asking the target: no rights in the
 * cluster are needed. Throws `RENDER_IMPOSSIBLE` for a lock that no ConfigMap can hold.
 */
export function mirrorJobFiles(input: MirrorJobInput): readonly OutputFile[] {
  const lock = carriedLock(input.lock);
  const documents: Json[] = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: NAME, namespace: NAMESPACE },
      ...lock.content,
    },
    job(input, NAME, lock.file, ['--shard', `$(JOB_COMPLETION_INDEX)/${input.workers}`], {
      completionMode: 'Indexed',
      completions: input.workers,
      parallelism: input.workers,
      // Of one shard, so that a bad node does not use up what the others may need.
      backoffLimitPerIndex: 6,
    }),
    job(input, `${NAME}-finish`, lock.file, ['--after-shards'], { backoffLimit: 6 }),
  ];
  const text = `${heading(input)}${documents.map((document) => `---\n${documentText(document)}`).join('')}`;
  return [containerFile(input.image), { path: 'jobs/mirror.yaml', bytes: Buffer.from(text) }];
}

/**
 * The lock as a ConfigMap can hold it: as it is, or packed and without what no copy asks for (where images are named, and the digests of their
 * platforms, which are as long as they are hard to pack). So 10,000 images fit.
 */
function carriedLock(lock: Lock): {
  readonly file: string;
  readonly content: Readonly<Record<string, Json>>;
} {
  const whole = writeLock(lock);
  if (whole.length <= MAX_LOCK)
    return { file: LOCK_FILE, content: { data: { [LOCK_FILE]: whole.toString('utf8') } } };
  const images = lock.images.map((image) => ({ ...image, uses: [], platforms: [] }));
  const packed = gzipSync(writeLock({ ...lock, images }));
  if (packed.length <= MAX_LOCK) {
    const file = `${LOCK_FILE}.gz`;
    return { file, content: { binaryData: { [file]: packed.toString('base64') } } };
  }
  throw new SallyportError(
    'RENDER_IMPOSSIBLE',
    `is too large for a ConfigMap, packed too (${lock.images.length} images), so no mirror job can carry it`,
    {
      subject: 'the lock',
      hint: 'Split the configuration, or copy from machines that have the lock: `sallyport mirror --shard I/N` on each of N, then `sallyport mirror --after-shards` on one.',
    },
  );
}

function heading({ registries, workers, image }: MirrorJobInput): string {
  const files = [...new Set(Object.values(registries).flatMap(filesOf))];
  return [
    `# Copies the lock from inside the cluster: ${workers} pods move the blobs, each blob once; another then writes manifests and tags.`,
    `# They run ${image}: jobs/Containerfile makes it.`,
    '# Before applying it, with the registries of docker login or podman login:',
    `#   kubectl create namespace ${NAMESPACE} --dry-run=client -o yaml | kubectl apply -f -`,
    `#   kubectl -n ${NAMESPACE} create secret docker-registry ${CREDENTIALS} --from-file=.dockerconfigjson=$HOME/.docker/config.json`,
    ...(files.length === 0
      ? []
      : [
          `#   kubectl -n ${NAMESPACE} create secret generic ${FILES} ${files.map((file) => `--from-file=${basename(file)}=${file}`).join(' ')}`,
        ]),
    // kubectl's own apply keeps a copy of each object in an annotation, which may have 256 KiB.
    '# Then: kubectl apply --server-side -f jobs/mirror.yaml',
    `#       kubectl -n ${NAMESPACE} wait --for=condition=complete --timeout=-1s job/${NAME}-finish`,
    '',
  ].join('\n');
}

/** What makes no sense to try again, and what is nobody's fault. */
const FAILURE_RULES: Json = [
  // 2: wrong usage or configuration.
  { action: 'FailJob', onExitCodes: { containerName: 'mirror', operator: 'In', values: [2] } },
  // A drained or preempted node.
  { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
];

function job(
  { registries, image }: MirrorJobInput,
  name: string,
  lockFile: string,
  args: readonly string[],
  spec: Readonly<Record<string, Json>>,
): Json {
  const files = Object.values(registries).some((registry) => filesOf(registry).length > 0);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE, labels: { 'app.kubernetes.io/name': NAME } },
    spec: {
      ...spec,
      podFailurePolicy: { rules: FAILURE_RULES },
      ttlSecondsAfterFinished: 86_400,
      template: {
        metadata: { labels: { 'app.kubernetes.io/name': NAME } },
        spec: {
          // A pod failure policy wants it; what was finished is at the target, so a new pod goes on.
          restartPolicy: 'Never',
          automountServiceAccountToken: false,
          // The program's own image may be in the target too.
          imagePullSecrets: [{ name: CREDENTIALS }],
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 65_532,
            runAsGroup: 65_532,
            fsGroup: 65_532,
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'mirror',
              image,
              command: ['sallyport'],
              args: ['mirror', '--lock', `/lock/${lockFile}`, ...args, ...registryArgs(registries)],
              env: [
                { name: 'DOCKER_CONFIG', value: '/credentials' },
                { name: 'HOME', value: '/work' },
                { name: 'XDG_STATE_HOME', value: '/work/state' },
                { name: 'XDG_CACHE_HOME', value: '/work/cache' },
              ],
              workingDir: '/work',
              resources: {
                requests: { cpu: '500m', memory: '192Mi' },
                limits: { memory: '512Mi' },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [
                { name: 'lock', mountPath: '/lock', readOnly: true },
                { name: 'credentials', mountPath: '/credentials', readOnly: true },
                ...(files ? [{ name: 'files', mountPath: '/files', readOnly: true }] : []),
                { name: 'work', mountPath: '/work' },
              ],
            },
          ],
          volumes: [
            { name: 'lock', configMap: { name: NAME } },
            {
              name: 'credentials',
              secret: {
                secretName: CREDENTIALS,
                items: [{ key: '.dockerconfigjson', path: 'config.json' }],
                optional: true,
                defaultMode: 0o440,
              },
            },
            ...(files ? [{ name: 'files', secret: { secretName: FILES, defaultMode: 0o440 } }] : []),
            { name: 'work', emptyDir: {} },
          ],
        },
      },
    },
  };
}

/** The configured registries as flags; files lie where the secret is mounted, credentials come from the other secret. */
function registryArgs(registries: Readonly<Record<string, RegistryConfig>>): string[] {
  return Object.entries(registries).flatMap(([host, config]) => {
    const { authFile: _, ...wire } = config;
    const settings = Object.entries(wire).flatMap(([key, value]) => {
      if (value === undefined || value === false) return [];
      if (value === true) return [key];
      return [`${key}=${key.endsWith('File') ? `/files/${basename(String(value))}` : value}`];
    });
    return settings.length === 0 ? [] : ['--registry', [host, ...settings].join(',')];
  });
}

function filesOf({ caFile, certFile, keyFile }: RegistryConfig): string[] {
  return [caFile, certFile, keyFile].filter((file) => file !== undefined);
}
