import semver from 'semver';
import { SallyportError } from '../../base/index.ts';
import { resolveCertManager } from '../cert-manager/cert-manager.ts';
import { classifier } from '../classify.ts';
import type { ProfileInput, ProfileRequest, ResolvedProfile, UpstreamReader } from '../types.ts';
import { DEFAULT_EDITOR, editorsByImage, readEditors } from './editors.ts';
import { CHE_FACTS } from './facts.ts';
import { CHE_IMAGES, CHE_UNNAMED_IMAGES } from './images.ts';
import { OLDER_MINORS_THAT_FIT, pairedDwo } from './pairs.ts';

type Call = { readonly signal?: AbortSignal };

/**
 * Eclipse Che with the DevWorkspace Operator that belongs to it.
 * Throws `VERSION_UNKNOWN`, `VERSION_INCOMPATIBLE`, `UPSTREAM_NOT_FOUND`, `UPSTREAM_FAILED`, `USAGE`.
 */
export async function resolveChe(
  request: ProfileRequest,
  upstream: UpstreamReader,
  call: Call,
): Promise<ResolvedProfile> {
  const version = request.version.replace(/^v/, '');
  if (semver.valid(version) === null) {
    throw new SallyportError('VERSION_UNKNOWN', 'is not a version of Eclipse Che', {
      subject: request.version,
      hint: 'Che versions look like 7.121.0.',
    });
  }
  const notes: string[] = [];
  const cheFolder = `eclipse-che/che-operator/${version}/deploy/deployment/${request.platform}`;
  const operator = await readNeeded(
    upstream,
    `${cheFolder}/combined.yaml`,
    'VERSION_UNKNOWN',
    `there are no manifests of Eclipse Che ${version} for ${request.platform}`,
    call,
  );
  const dwo = await chooseDwo(version, request, upstream, notes, call);
  const dwoPath = `devfile/devworkspace-operator/v${dwo}/deploy/deployment/${request.platform}/combined.yaml`;
  const [controller, cluster, editors, certManager] = await Promise.all([
    readNeeded(
      upstream,
      dwoPath,
      'UPSTREAM_NOT_FOUND',
      `there are no manifests of the DevWorkspace Operator ${dwo} for ${request.platform}`,
      call,
    ),
    readNeeded(
      upstream,
      `${cheFolder}/org_v2_checluster.yaml`,
      'UPSTREAM_NOT_FOUND',
      `Eclipse Che ${version} has no CheCluster of its own there`,
      call,
    ),
    readEditors(upstream, version, call),
    // OpenShift signs service certificates itself.
    request.certManager === 'none' || (request.certManager === 'auto' && request.platform === 'openshift')
      ? undefined
      : resolveCertManager(request.certManager, upstream, call),
  ]);
  const inputs: ProfileInput[] = [
    ...(certManager?.inputs ?? []),
    { role: 'devworkspace-operator', ...controller },
    { role: 'che-operator', ...operator },
    { role: 'che-cluster', ...cluster },
    ...editors,
  ];
  return {
    name: 'che',
    version,
    platform: request.platform,
    components: {
      'che-operator': version,
      'devworkspace-operator': dwo,
      ...(certManager === undefined ? {} : { 'cert-manager': certManager.version }),
    },
    inputs,
    images: [...(certManager?.images ?? []), ...CHE_UNNAMED_IMAGES],
    facts: CHE_FACTS,
    classify: classifier(CHE_IMAGES, request, editorsByImage(inputs), DEFAULT_EDITOR),
    notes: [...notes, ...(certManager?.notes ?? [])],
  };
}

async function readNeeded(
  upstream: UpstreamReader,
  path: string,
  code: 'VERSION_UNKNOWN' | 'UPSTREAM_NOT_FOUND',
  message: string,
  call: Call,
): Promise<{ path: string; bytes: Buffer }> {
  const bytes = await upstream.read(path, call);
  if (bytes === undefined) throw new SallyportError(code, message, { subject: upstream.locate(path) });
  return { path, bytes };
}

/** The explicit version when it fits, else the one that chectl was released with, else that of the built-in table. */
async function chooseDwo(
  che: string,
  request: ProfileRequest,
  upstream: UpstreamReader,
  notes: string[],
  call: Call,
): Promise<string> {
  const paired = (await chectlDwo(che, upstream, call)) ?? pairedDwo(che);
  if (request.devworkspaceOperator === 'auto') {
    if (paired !== undefined) return paired;
    throw new SallyportError(
      'VERSION_UNKNOWN',
      `which DevWorkspace Operator belongs to Eclipse Che ${che} is not known`,
      { subject: che, hint: 'Name it with --dwo VERSION.' },
    );
  }
  const wished = request.devworkspaceOperator.replace(/^v/, '');
  if (semver.valid(wished) === null) {
    throw new SallyportError('VERSION_UNKNOWN', 'is not a version of the DevWorkspace Operator', {
      subject: request.devworkspaceOperator,
      hint: 'DevWorkspace Operator versions look like 0.43.0.',
    });
  }
  if (paired === undefined || wished === paired) return wished;
  const older = semver.minor(paired) - semver.minor(wished);
  const incompatible = semver.major(wished) !== semver.major(paired) || older > OLDER_MINORS_THAT_FIT;
  const reason = `Eclipse Che ${che} was released with the DevWorkspace Operator ${paired}; ${wished} ${semver.lt(wished, paired) ? 'is older and lacks parts of the API that this Che uses' : 'is newer and was not tried with it'}`;
  if (incompatible && !request.force)
    throw new SallyportError('VERSION_INCOMPATIBLE', reason, {
      subject: `--dwo ${request.devworkspaceOperator}`,
    });
  notes.push(incompatible ? `--force overrides: ${reason}` : reason);
  return wished;
}

/** `operatorRepositories` of chectl's package.json on the release branch (chectl 7.115 and newer). */
async function chectlDwo(che: string, upstream: UpstreamReader, call: Call): Promise<string | undefined> {
  const [major, minor] = che.split('.');
  const path = `che-incubator/chectl/${major}.${minor}.x/package.json`;
  const bytes = await upstream.read(path, call);
  if (bytes === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SallyportError('UPSTREAM_FAILED', 'is not JSON', { subject: upstream.locate(path), cause });
  }
  const repositories =
    typeof parsed === 'object' && parsed !== null && 'operatorRepositories' in parsed
      ? parsed.operatorRepositories
      : undefined;
  if (!Array.isArray(repositories)) return undefined;
  for (const entry of repositories as unknown[]) {
    if (typeof entry !== 'object' || entry === null || !('name' in entry) || !('ref' in entry)) continue;
    if (
      entry.name === 'devworkspace-operator' &&
      typeof entry.ref === 'string' &&
      semver.valid(entry.ref) !== null
    )
      return entry.ref.replace(/^v/, '');
  }
  return undefined;
}
