import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fill } from '../../../scripts/sample-images.ts';
import { parseReference } from '../../../src/oci/index.ts';
import { sallyport } from '../../support/cli.ts';
import { type Embedded, startEmbedded } from '../../support/embedded.ts';
import { mirrorFlags } from '../../support/filled-source.ts';
import { type Cluster, startCluster } from './cluster.ts';
import type { StandinImage } from './images.ts';

/** A release of Eclipse Che with what belongs to it, whose manifests are at hand. */
export interface Release {
  readonly version: string;
  readonly dwo: string;
  readonly certManager: string;
}

const SHARED = resolve(import.meta.dirname, '..', '..', '..', '..', 'shared', 'upstream');

/** Whether the real manifests are there; small ones of our own stand in for them elsewhere, or where SALLYPORT_UPSTREAM=mini. */
export const real = existsSync(SHARED) && process.env['SALLYPORT_UPSTREAM'] !== 'mini';
export const upstream = real ? SHARED : resolve(import.meta.dirname, '..', '..', 'fixtures', 'upstream-mini');

export const NEWER: Release = real
  ? { version: '7.121.0', dwo: 'v0.43.0', certManager: 'v1.18.0' }
  : { version: '7.999.0', dwo: 'v0.99.0', certManager: 'v1.8.2' };

/** The release before, for upgrades; there is none among the small manifests. */
export const OLDER: Release = { version: '7.117.0', dwo: 'v0.40.1', certManager: 'v1.18.0' };

/** What upstream's images behave as, by repository; the others only run. */
const ROLES: Readonly<Record<string, string>> = {
  'devfile/devworkspace-controller': 'devworkspace',
  'devfile/project-clone': 'once',
  'eclipse/che-operator': 'che-operator',
  'jetstack/cert-manager-controller': 'cert-manager-controller',
  'jetstack/cert-manager-webhook': 'cert-manager-webhook',
  'jetstack/cert-manager-cainjector': 'cert-manager-cainjector',
};

/** A stand-in for an upstream image: the same program, told by its repository what it is. */
export function standinFor(reference: string): StandinImage {
  const role = ROLES[parseReference(reference).repository];
  return { seed: reference, ...(role === undefined ? {} : { role }) };
}

/** A loopback registry that stands for the public ones, with an image for every reference. */
export interface PublicRegistry {
  /** Flags that send every public host there. */
  readonly flags: readonly string[];
  /** Adds what these releases name. */
  add(references: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

async function startPublicRegistry(cluster: Cluster): Promise<PublicRegistry> {
  const embedded: Embedded = await startEmbedded();
  const hosts = ['quay.io', 'docker.io', 'ghcr.io', 'registry.access.redhat.com'];
  return {
    flags: mirrorFlags(embedded.server.registry, hosts),
    add: async (references) => {
      for (const text of references) {
        const { registry, repository, tag = 'latest' } = parseReference(text);
        const store = embedded.repository(`${registry}/${repository}`);
        await fill(store, cluster.image(standinFor(text)), tag);
      }
    },
    close: () => embedded.close(),
  };
}

/** A node with everything that a platform is brought to it with; stopped together. */
export interface PlatformBench {
  readonly cluster: Cluster;
  readonly source: PublicRegistry;
  relocate(release: Release, files?: Readonly<Record<string, string>>): Promise<Relocated>;
  stop(): Promise<void>;
}

export async function startBench(): Promise<PlatformBench> {
  const cluster = await startCluster();
  const source = await startPublicRegistry(cluster);
  return {
    cluster,
    source,
    relocate: (release, files = {}) => relocatePlatform({ cluster, source, release, files }),
    stop: async () => {
      await source.close();
      await cluster.stop();
    },
  };
}

/** A release moved to the cluster's own registry: the folder with `out/` (manifests) and the lock in it. */
export interface Relocated {
  readonly dir: string;
  readonly out: string;
  /** What relocating said besides its result. */
  readonly said: string;
  /** Runs the built program there, with a kubeconfig of this cluster. */
  run(args: readonly string[]): ReturnType<typeof sallyport>;
}

/** `relocate` of the whole platform with the built program, as a user runs it. Throws with what it said when it fails. */
function relocatePlatform(options: {
  readonly cluster: Cluster;
  readonly source: PublicRegistry;
  readonly release: Release;
  /** Files beside it: `sallyport.yaml` and what it names. */
  readonly files?: Readonly<Record<string, string>>;
}): Promise<Relocated> {
  const { version, dwo, certManager } = options.release;
  const profile = [
    '--profile',
    'che',
    `--version=${version}`,
    `--dwo=${dwo}`,
    `--cert-manager=${certManager}`,
  ];
  return relocateProfile({ ...options, profile, more: ['--domain=che.corp.test'] });
}

/** The same for what these flags name. */
export async function relocateProfile(options: {
  readonly cluster: Cluster;
  readonly source: PublicRegistry;
  readonly profile: readonly string[];
  /** For `relocate` alone. */
  readonly more?: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
}): Promise<Relocated> {
  const { cluster, source, more = [], files = {} } = options;
  const dir = mkdtempSync(join(cluster.folder, 'relocated-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const { host, flags } = cluster.registry;
  const run = (args: readonly string[]) =>
    sallyport(args, { cwd: dir, env: { KUBECONFIG: cluster.kubeconfig, SSL_CERT_FILE: '' } });
  const succeed = async (args: readonly string[]) => {
    const { status, stdout, stderr } = await run(args);
    if (status !== 0) throw new Error(`sallyport ${args[0] ?? ''} ended with ${String(status)}:\n${stderr}`);
    return { stdout, stderr };
  };
  const configuration = 'sallyport.yaml' in files ? ['-c', 'sallyport.yaml'] : [];
  const profile = [...options.profile, `--upstream=${upstream}`, ...configuration];
  await source.add((await succeed(['images', ...profile, '-o', 'name'])).stdout.trim().split('\n'));
  const { stderr: said } = await succeed([
    'relocate',
    ...profile,
    ...more,
    `--to=${host}/che`,
    '--with-credentials',
    '-o',
    'out',
    ...flags,
    ...source.flags,
  ]);
  return { dir, out: join(dir, 'out'), said, run };
}

/** The image that the Che operator gives workspaces, as the rendered manifests have it. */
export function developerImage({ out }: Relocated): string {
  const text = readFileSync(join(out, 'manifests', '30-che-operator.yaml'), 'utf8');
  const found = /[^"\\\s]+\/universal-developer-image:ubi9-latest@sha256:[0-9a-f]{64}/.exec(text)?.[0];
  if (found === undefined) throw new Error('the rendered Che operator names no developer image');
  return found;
}
