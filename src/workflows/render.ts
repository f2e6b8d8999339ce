import { resolve } from 'node:path';
import { combineErrors, SallyportError } from '../base/index.ts';
import { discover } from '../discovery/index.ts';
import { type Config, checkInputs, type Lock } from '../lock/index.ts';
import { normalizeReference, parsePrefix, parseReference } from '../oci/index.ts';
import {
  type Discover,
  type MirrorJob,
  type OutputFile,
  type RenderFile,
  type RenderInput,
  type RenderOutput,
  referencesOf,
  render,
  rewriteFile,
} from '../render/index.ts';
import type { WorkflowContext } from './context.ts';
import { readIfThere } from './files.ts';
import { gatherInputs, type Inputs } from './inputs.ts';
import { origin } from './lock.ts';
import { targetPrefixOf } from './lock-target.ts';
import { writeOutputFolder } from './output-folder.ts';
import { targetLogin } from './target-login.ts';
import { refuseUnresolved, tellUnresolved } from './unresolved.ts';

export interface RenderOptions {
  readonly config: Config;
  readonly lock: Lock;
  readonly force?: boolean;
  /** Read already, by whoever made the lock a moment ago. */
  readonly inputs?: Inputs;
  /** Refuse images that cannot be known (templates), which the proof cannot cover. */
  readonly strict?: boolean;
  /** Write the real credentials for the target into the pull secret. */
  readonly withCredentials?: boolean;
  /** Also write Jobs that copy the lock from inside a cluster. */
  readonly mirrorJob?: MirrorJob;
}

export interface RenderResult {
  readonly files: readonly OutputFile[];
  readonly closure: RenderOutput['closure'];
  readonly images: number;
}

/**
 * Renders the whole output folder in memory and proves its closure.
 * Throws `LOCK_MISMATCH`, `LOCK_INVALID`, `CLOSURE_BROKEN` with every place that points elsewhere (or, when strict, cannot be known), and `PARTIAL_FAILURE` for parts that could not be made.
 */
export async function renderFromLock(
  context: WorkflowContext,
  options: RenderOptions,
): Promise<RenderResult> {
  const { config, lock } = options;
  const inputs = options.inputs ?? (await gatherInputs(context, options));
  if (inputs.failures.length > 0)
    throw combineErrors(inputs.failures, 'some files could not be read as manifests');
  const prefix = targetPrefixOf(lock);
  if (options.strict === true) refuseUnresolved(inputs.discovery.unresolved);
  if (options.inputs === undefined) {
    checkInputs(lock, origin(inputs).inputs);
    tellUnresolved(context, inputs.discovery.unresolved, 'left as it is');
  }
  const { profile } = inputs;
  const dockerConfigJson =
    options.withCredentials === true ? await credentialsFor(context, config, prefix) : undefined;
  const output = render({
    files: renderFiles(inputs),
    lock,
    config,
    discover: discoverOver(prefix),
    ...(profile === undefined
      ? {}
      : {
          platform: {
            name: profile.name,
            version: profile.version,
            platform: profile.platform,
            facts: profile.facts,
          },
        }),
    ...(dockerConfigJson === undefined ? {} : { dockerConfigJson }),
    ...(await settingsOf(context, config)),
    ...(options.mirrorJob === undefined ? {} : { mirrorJob: options.mirrorJob }),
  });
  refuseUnknown(output.unknown);
  reportFindings(context, output.findings);
  if (!output.closure.ok) throw closureBroken(output.closure);
  return { files: output.files, closure: output.closure, images: lock.images.length };
}

/** The settings of the profile, with the text of the file that they name. Throws `FILE_NOT_FOUND`, `CONFIG_INVALID`. */
async function settingsOf(
  context: WorkflowContext,
  config: Config,
): Promise<Pick<RenderInput, 'settings' | 'caBundle'>> {
  const settings = config.sources.profile?.settings;
  if (settings?.caBundle === undefined) return settings === undefined ? {} : { settings };
  const path = settings.caBundle;
  const bytes = await readIfThere(resolve(context.cwd, path), path);
  if (bytes === undefined) throw new SallyportError('FILE_NOT_FOUND', 'does not exist', { subject: path });
  const caBundle = bytes.toString('utf8');
  if (!caBundle.includes('-----BEGIN CERTIFICATE-----') || caBundle.includes('PRIVATE KEY-----')) {
    throw new SallyportError(
      'CONFIG_INVALID',
      'is no file of certificates in PEM form, or holds a private key',
      {
        subject: path,
      },
    );
  }
  return { settings, caBundle };
}

/** Writes what was rendered. Throws `OUTPUT_FOREIGN_FILES`, `FILE_WRITE_FAILED`, `NO_SPACE`. */
export function writeRendered(
  context: WorkflowContext,
  folder: string,
  result: RenderResult,
  options: { readonly force: boolean; readonly alsoOurs?: readonly string[] },
): Promise<{ readonly written: number; readonly removed: number }> {
  return writeOutputFolder(context, folder, result.files, options);
}

/**
 * As a filter: the one input with its references rewritten, nothing added. The lock may have been made from other inputs, as long as it
 * knows every image. Throws `LOCK_MISMATCH`, `LOCK_INVALID`, `NO_INPUT`, when strict `CLOSURE_BROKEN`.
 */
export async function renderStream(
  context: WorkflowContext,
  options: Omit<RenderOptions, 'inputs' | 'withCredentials' | 'mirrorJob'>,
): Promise<Buffer> {
  const inputs = await gatherInputs(context, options);
  if (inputs.failures.length > 0)
    throw combineErrors(inputs.failures, 'the input could not be read as manifests');
  const [file, second] = inputs.files;
  if (file === undefined) throw new SallyportError('NO_INPUT', 'there is nothing to rewrite');
  if (second !== undefined)
    throw new SallyportError('USAGE', 'several files need a folder', {
      subject: second.path,
      hint: 'Give one with -o DIR, or one single -f.',
    });
  targetPrefixOf(options.lock);
  if (options.strict === true) refuseUnresolved(inputs.discovery.unresolved);
  tellUnresolved(context, inputs.discovery.unresolved, 'left as it is');
  const excluded = new Set(options.lock.excluded.map(({ reference }) => reference));
  const rewritten = rewriteFile(
    { file, uses: inputs.discovery.uses },
    {
      references: referencesOf(options.lock),
      isExcluded: (reference) => excluded.has(normalizeReference(parseReference(reference))),
    },
  );
  reportFindings(context, rewritten.findings);
  refuseUnknown(rewritten.unknown);
  return rewritten.bytes;
}

/** Notes are told; places that could not be rendered as asked are one error, since the output would not be what was asked for. */
function reportFindings(context: WorkflowContext, findings: RenderOutput['findings']): void {
  const wrong: SallyportError[] = [];
  for (const { level, subject, message } of findings) {
    if (level === 'note') context.emit({ type: 'note', level: 'warning', subject, message });
    else wrong.push(new SallyportError('RENDER_IMPOSSIBLE', message, { subject }));
  }
  if (wrong.length > 0)
    throw combineErrors(wrong, `${wrong.length} places could not be rendered as asked; nothing was written`);
}

function renderFiles(inputs: Inputs): RenderFile[] {
  const roles = new Map((inputs.profile?.inputs ?? []).map(({ path, role }) => [path, role]));
  return inputs.files.map((file) => ({
    role: roles.get(file.path) ?? 'extra',
    file,
    uses: inputs.discovery.uses.filter((use) => use.file === file.path),
  }));
}

/**
 * The renderer looks through its own output as the inputs were looked through; what is rewritten must be found at the target too, be that called by
 * an address or by a name of the cluster. A file that cannot be read proves nothing, so it throws.
 */
function discoverOver(prefix: string): Discover {
  return (file) => {
    const { discovery, failures } = discover([file], { prefixes: [prefix] });
    if (failures.length > 0) throw combineErrors(failures, 'the output could not be read again');
    return discovery;
  };
}

function refuseUnknown(unknown: RenderOutput['unknown']): void {
  if (unknown.length === 0) return;
  const parts = unknown.map(
    (use) =>
      new SallyportError('LOCK_MISMATCH', `${use.reference} is not in the lock`, {
        subject: `${use.file}:${use.line}:${use.column}`,
      }),
  );
  throw combineErrors(parts, `${parts.length} references are not in the lock; nothing was written`);
}

function closureBroken(closure: RenderOutput['closure']): SallyportError {
  const parts = closure.outside.map(
    (use) =>
      new SallyportError('CLOSURE_BROKEN', `still points to ${use.reference} (${use.path})`, {
        subject: `${use.file}:${use.line}:${use.column}`,
      }),
  );
  return new SallyportError(
    'CLOSURE_BROKEN',
    `${parts.length} places of the output point outside of the target; nothing was written`,
    { parts },
  );
}

async function credentialsFor(context: WorkflowContext, config: Config, prefix: string): Promise<string> {
  const { registry, path } = parsePrefix(prefix);
  const login = await targetLogin(context, { registry, repository: path }, config.registries);
  if (login !== undefined) return login;
  throw new SallyportError('UNAUTHORIZED', 'no credentials are known for the target', { subject: registry });
}
