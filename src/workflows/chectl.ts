import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import semver from 'semver';
import { at, SallyportError, textAt } from '../base/index.ts';
import { type ChectlOptions, chectlCommand, commandLine } from '../render/index.ts';
import { openSource, parseConfigDocument } from '../yaml/index.ts';
import type { WorkflowContext } from './context.ts';
import { exists, readIfThere } from './files.ts';

export interface ChectlRequest {
  /** The output folder of `render`. */
  readonly folder: string;
  /** Of chectl; undefined: the installed one is asked. */
  readonly version?: string;
  readonly platform: ChectlOptions['platform'];
  /** Default: the one in the rendered CheCluster. */
  readonly domain?: string;
}

export interface ChectlResult {
  /** The words of the command line, to be run from where we are. */
  readonly command: readonly string[];
  /** The same for a shell. */
  readonly line: string;
  readonly che: string;
  /** Absent when it is neither named nor installed. */
  readonly chectl?: string;
  /** What the user should know before running it. */
  readonly notes: readonly string[];
}

/** The oldest chectl whose flags are known. Source: che-incubator/chectl 7.62.0–7.121.0; 7.60 ignored --skip-devworkspace-operator (eclipse-che/che#21980). */
const OLDEST = '7.62.0';

const FOLDER = 'Name the output folder of `sallyport render` or `relocate` with --profile che.';

/** What chectl wants in the CheCluster or its patch on plain Kubernetes. Source: chectl 7.121.0, src/tasks/platforms/kubernetes. */
const IDENTITY = ['identityProviderURL', 'oAuthClientName', 'oAuthSecret'] as const;

/**
 * The exact `chectl server:deploy` command for a rendered folder. Throws `FILE_NOT_FOUND`, `USAGE` for a folder without chectl templates,
 * `VERSION_INCOMPATIBLE` for a chectl that is too old to leave the DevWorkspace Operator alone.
 */
export async function chectlCommandFor(
  context: WorkflowContext,
  request: ChectlRequest,
): Promise<ChectlResult> {
  const { folder, platform } = request;
  if (!(await exists(resolve(context.cwd, folder))))
    throw new SallyportError('FILE_NOT_FOUND', 'does not exist', { subject: folder, hint: FOLDER });
  const templates = join(folder, 'chectl');
  const operator = await readTemplate(context, join(templates, 'che-operator/kubernetes/operator.yaml'));
  const cluster = await readTemplate(
    context,
    join(templates, 'che-operator/kubernetes/crds/org_checluster_cr.yaml'),
  );
  if (operator === undefined || cluster === undefined) {
    throw new SallyportError('USAGE', 'holds no chectl templates', {
      subject: folder,
      hint: `${FOLDER} On OpenShift chectl installs through OLM and takes no templates.`,
    });
  }
  const che = cheVersion(operator);
  const chectl = request.version ?? (await installedVersion(context));
  const domain = request.domain ?? said(cluster, 'domain');
  const notes = [
    ...versionNotes(chectl, che),
    ...(platform === 'k8s' && domain === undefined
      ? ['DOMAIN stands for the domain of the installation: name it with --domain, or as render.domain']
      : []),
    ...(platform === 'k8s' ? identityNotes(cluster) : []),
    `run it behind the namespaces, the pull secrets, ${join(folder, 'manifests/05-service-accounts.yaml')} and the DevWorkspace Operator; ${join(folder, 'README.md')} has these steps`,
  ];
  const command = chectlCommand({
    version: che,
    platform,
    ...(domain === undefined ? {} : { domain }),
    templates,
    crPatch: join(templates, 'che-operator-cr-patch.yaml'),
    skipCertManager: true,
  });
  return {
    command,
    line: commandLine(command),
    che,
    ...(chectl === undefined ? {} : { chectl }),
    notes,
  };
}

function versionNotes(chectl: string | undefined, che: string): string[] {
  if (chectl === undefined)
    return [`chectl is not installed here: the command is for chectl ${che}, which belongs to Che ${che}`];
  const version = semver.parse(chectl.replace(/^v/, ''));
  // “next” builds carry a date in place of a release
  if (version === null || version.major === 0)
    return [`chectl ${chectl} is no release: its steps may differ from those of chectl ${che}`];
  if (semver.lt(version, OLDEST)) {
    throw new SallyportError(
      'VERSION_INCOMPATIBLE',
      `is older than ${OLDEST}, and would install its own DevWorkspace Operator`,
      { subject: `chectl ${chectl}`, hint: `Use chectl ${che}, which belongs to Che ${che}.` },
    );
  }
  return version.minor === semver.parse(che)?.minor
    ? []
    : [
        `chectl ${chectl} belongs to another release: it takes these templates, but its steps are made for Che ${version.version}; chectl ${che} fits`,
      ];
}

function identityNotes(cluster: unknown): string[] {
  const missing = IDENTITY.filter((key) => said(cluster, 'auth', key) === undefined);
  return missing.length === 0
    ? []
    : [
        `on plain Kubernetes chectl refuses a CheCluster without spec.networking.auth.{${missing.join(',')}}: add them under render.cheCluster and render again`,
      ];
}

/** `chectl/7.121.0 linux-x64 node-v18.20.8`; undefined where it is not installed. */
function installedVersion(context: WorkflowContext): Promise<string | undefined> {
  return new Promise((done) => {
    const { env, signal } = context;
    const options = { env: { ...env }, timeout: 20_000, ...(signal === undefined ? {} : { signal }) };
    execFile('chectl', ['--version'], options, (error, stdout) => {
      done(error === null ? /\bchectl\/(\S+)/.exec(stdout)?.[1] : undefined);
    });
  });
}

async function readTemplate(context: WorkflowContext, path: string): Promise<unknown> {
  const bytes = await readIfThere(resolve(context.cwd, path), path);
  return bytes === undefined ? undefined : parseConfigDocument(openSource({ path, bytes })).value;
}

/** The operator's own variable. Source: che-operator 7.86.0 and 7.121.0, deploy/deployment/kubernetes/combined.yaml. */
function cheVersion(operator: unknown): string {
  const containers = at(operator, 'spec', 'template', 'spec', 'containers');
  for (const container of Array.isArray(containers) ? containers : []) {
    const variables = at(container, 'env');
    for (const variable of Array.isArray(variables) ? variables : [])
      if (at(variable, 'name') === 'CHE_VERSION') return String(at(variable, 'value'));
  }
  throw new SallyportError('VERSION_UNKNOWN', 'has no variable CHE_VERSION, so Che’s version is not known', {
    subject: 'chectl/che-operator/kubernetes/operator.yaml',
  });
}

/** A text of `spec.networking`; an empty one says nothing. */
function said(cluster: unknown, ...path: readonly string[]): string | undefined {
  const text = textAt(cluster, 'spec', 'networking', ...path);
  return text === '' ? undefined : text;
}
