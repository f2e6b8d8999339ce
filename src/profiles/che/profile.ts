import semver from 'semver';
import { SallyportError } from '../../base/index.ts';
import { resolveCertManager } from '../cert-manager/cert-manager.ts';
import { classifier } from '../classify.ts';
import { matchesEditor } from '../selection.ts';
import type { ProfileInput, ProfileRequest, ResolvedProfile, UpstreamReader } from '../types.ts';
import { chooseDwo } from './dwo.ts';
import { editorsByImage, readEditors, undefinedEditorImages } from './editors.ts';
import { CHE_FACTS } from './facts.ts';
import { CHE_IMAGES, CHE_UNNAMED_IMAGES } from './images.ts';
import { isThereForOther, nearbyVersions } from './nearby.ts';
import { editorOf, readOperatorEnvironment } from './operator-environment.ts';
import { registryUse } from './registry-images.ts';

type Call = { readonly signal?: AbortSignal };

/**
 * Eclipse Che with the DevWorkspace Operator that belongs to it.
 * Throws `VERSION_UNKNOWN`, `VERSION_INCOMPATIBLE`, `UPSTREAM_NOT_FOUND`, `UPSTREAM_FAILED`, `YAML_INVALID`, `USAGE`.
 */
export async function resolveChe(
  request: ProfileRequest,
  upstream: UpstreamReader,
  call: Call,
): Promise<ResolvedProfile> {
  const version = cheVersion(request.version);
  const { platform } = request;
  const folder = `eclipse-che/che-operator/${version}/deploy/deployment/${platform}`;
  const operatorPath = `${folder}/combined.yaml`;
  const operatorBytes = await upstream.read(operatorPath, call);
  if (operatorBytes === undefined)
    throw await noSuchChe(version, request, upstream, upstream.locate(operatorPath), call);
  const operator = { path: operatorPath, bytes: operatorBytes };
  const dwo = await chooseDwo(version, request, upstream, call);
  const [controller, cluster, editors, certManager] = await Promise.all([
    readNeeded(
      upstream,
      `devfile/devworkspace-operator/v${dwo.version}/deploy/deployment/${platform}/combined.yaml`,
      `there are no manifests of the DevWorkspace Operator ${dwo.version} for ${platform}`,
      call,
    ),
    readNeeded(
      upstream,
      `${folder}/org_v2_checluster.yaml`,
      `Eclipse Che ${version} has no CheCluster of its own there`,
      call,
    ),
    readEditors(upstream, version, call),
    // OpenShift signs service certificates itself.
    request.certManager === 'none' || (request.certManager === 'auto' && platform === 'openshift')
      ? undefined
      : resolveCertManager(request.certManager, upstream, call),
  ]);
  const inputs: ProfileInput[] = [
    ...(certManager?.inputs ?? []),
    { role: 'devworkspace-operator', ...controller },
    { role: 'che-operator', ...operator },
    { role: 'che-cluster', ...cluster },
    ...editors.inputs,
  ];
  const environment = readOperatorEnvironment(operator);
  const editorImages = editorsByImage(editors, environment.images);
  const chosen = request.defaultEditor ?? environment.defaultEditor;
  const defaultEditor = editorOf(chosen) ?? chosen;
  const classify = classifier({
    rows: CHE_IMAGES,
    request,
    editors: editorImages,
    defaultEditor,
    purposes: registryPurposes(environment.images),
  });
  return {
    name: 'che',
    version,
    platform,
    components: {
      'che-operator': version,
      'devworkspace-operator': dwo.version,
      ...(certManager === undefined ? {} : { 'cert-manager': certManager.version }),
    },
    inputs,
    images: [
      ...(certManager?.images ?? []),
      ...undefinedEditorImages(editors),
      ...CHE_UNNAMED_IMAGES.filter((image) => (image.platform ?? platform) === platform).map(
        ({ reference, reason, source }) => ({ reference, reason, source }),
      ),
    ],
    facts: { ...CHE_FACTS, arguments: certManager?.arguments ?? [] },
    classify,
    notes: [
      ...dwo.notes,
      ...editors.notes,
      ...foreignEditor(defaultEditor, editorImages),
      ...keptEditors(request, defaultEditor, editorImages, (image) => classify(image).wanted),
      ...(certManager?.notes ?? []),
    ],
  };
}

function cheVersion(text: string): string {
  const version = semver.valid(text.replace(/^v/, ''));
  if (version !== null) return version;
  const whole = /^v?(7\.\d+)(?:\.x)?$/.exec(text)?.[1];
  throw new SallyportError('VERSION_UNKNOWN', 'is not a version of Eclipse Che', {
    subject: text,
    hint:
      whole === undefined
        ? 'Name a release such as 7.121.0; names that move (latest, next) cannot be locked.'
        : `Che versions have three parts: did you mean ${whole}.0?`,
  });
}

async function noSuchChe(
  version: string,
  { platform }: ProfileRequest,
  upstream: UpstreamReader,
  subject: string,
  call: Call,
): Promise<SallyportError> {
  const other = await isThereForOther(version, platform, upstream, call);
  if (other !== undefined) {
    return new SallyportError(
      'UPSTREAM_NOT_FOUND',
      `this upstream has Eclipse Che ${version} for ${other}, but not for ${platform}`,
      {
        subject,
        hint: `Add combined.yaml and org_v2_checluster.yaml of deploy/deployment/${platform} at the same tag, or leave --platform ${platform} out.`,
      },
    );
  }
  const nearby = await nearbyVersions(version, platform, upstream, call);
  return new SallyportError(
    'VERSION_UNKNOWN',
    `there are no manifests of Eclipse Che ${version} for ${platform}`,
    {
      subject,
      ...(nearby.length === 0 ? {} : { hint: `There are ${nearby.join(', ')}; choose one of these.` }),
    },
  );
}

async function readNeeded(
  upstream: UpstreamReader,
  path: string,
  message: string,
  call: Call,
): Promise<{ path: string; bytes: Buffer }> {
  const bytes = await upstream.read(path, call);
  if (bytes === undefined)
    throw new SallyportError('UPSTREAM_NOT_FOUND', message, { subject: upstream.locate(path) });
  return { path, bytes };
}

/** What the registries of old releases want each image for. */
function registryPurposes(
  variables: ReadonlyMap<string, readonly string[]>,
): Map<string, 'plugins' | 'samples'> {
  return new Map(
    [...variables].flatMap(([reference, names]): [string, 'plugins' | 'samples'][] => {
      const uses = names.map(registryUse);
      if (uses.some((use) => use === undefined || use.kind === 'editor')) return [];
      return [[reference, uses.some((use) => use?.kind === 'plugin') ? 'plugins' : 'samples']];
    }),
  );
}

function foreignEditor(editor: string, known: ReadonlyMap<string, readonly string[]>): string[] {
  const editors = new Set([...known.values()].flat());
  if (editors.size === 0 || editors.has(editor)) return [];
  return [
    `the default editor ${editor} is none of this release's: add the images of its definition to sources.images`,
  ];
}

/** What leaving editors out does not leave out, and why: said, because the list alone does not show it. */
function keptEditors(
  { without }: Pick<ProfileRequest, 'without'>,
  defaultEditor: string,
  images: ReadonlyMap<string, readonly string[]>,
  wanted: (image: string) => boolean,
): string[] {
  const of = (pattern: string): string[] =>
    [...images].flatMap(([image, editors]) =>
      editors.some((editor) => matchesEditor(editor, pattern)) ? [image] : [],
    );
  const named = without.flatMap((text) => {
    const [group, list = ''] = text.split('=', 2);
    return group === 'editors' ? list.split(',').filter((name) => name !== '') : [];
  });
  return [
    ...(without.includes('editors') && of(defaultEditor).length > 0
      ? [`the images of ${defaultEditor} stay: workspaces that name no editor start with it`]
      : []),
    ...named
      .filter((name) => of(name).length > 0 && of(name).every(wanted))
      .map((name) => `leaving out ${name} removes no image: other editors have the same ones`),
  ];
}
