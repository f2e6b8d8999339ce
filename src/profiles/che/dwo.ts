import semver from 'semver';
import { SallyportError } from '../../base/index.ts';
import type { ProfileRequest, UpstreamReader } from '../types.ts';
import { judgePair } from './compatibility.ts';
import { NEWEST_KNOWN_MINOR, OLDEST_KNOWN_MINOR, releasedWith } from './pairs.ts';

type Call = { readonly signal?: AbortSignal };

const NAME = 'devworkspace-operator';

/**
 * The DevWorkspace Operator for a Che version, without `v`: the explicit one when it fits, else the one that chectl was released with, else
 * that of the built-in table. Throws `VERSION_UNKNOWN`, `VERSION_INCOMPATIBLE`, `UPSTREAM_FAILED`.
 */
export async function chooseDwo(
  che: string,
  request: Pick<ProfileRequest, 'devworkspaceOperator' | 'force'>,
  upstream: UpstreamReader,
  call: Call,
): Promise<{ readonly version: string; readonly notes: readonly string[] }> {
  const released = (await chectlDwo(che, upstream, call)) ?? releasedWith(che);
  const wish = request.devworkspaceOperator;
  const dwo = wish === 'auto' ? released : (semver.valid(wish.replace(/^v/, '')) ?? undefined);
  if (dwo === undefined) {
    throw wish === 'auto'
      ? new SallyportError(
          'VERSION_UNKNOWN',
          `which DevWorkspace Operator belongs to Eclipse Che ${che} is not known`,
          {
            subject: upstream.locate(chectlPath(che)),
            hint: `Name it with --dwo VERSION. Known are Che 7.${OLDEST_KNOWN_MINOR} to 7.${NEWEST_KNOWN_MINOR}, the newest with ${releasedWith(`7.${NEWEST_KNOWN_MINOR}.0`)}.`,
          },
        )
      : new SallyportError('VERSION_UNKNOWN', 'is not a version of the DevWorkspace Operator', {
          subject: `--dwo ${wish}`,
          hint: 'DevWorkspace Operator versions look like 0.43.0.',
        });
  }
  const { refusals, notes } = judgePair({ che, dwo, released });
  if (refusals.length > 0 && !request.force)
    throw new SallyportError('VERSION_INCOMPATIBLE', refusals.join('; '), { subject: `--dwo ${wish}` });
  return { version: dwo, notes: [...refusals.map((reason) => `--force overrides: ${reason}`), ...notes] };
}

function chectlPath(che: string): string {
  const [major, minor] = che.split('.');
  return `che-incubator/chectl/${major}.${minor}.x/package.json`;
}

/** What chectl's package.json on the release branch says; undefined when it is not there or names a branch. */
async function chectlDwo(che: string, upstream: UpstreamReader, call: Call): Promise<string | undefined> {
  const path = chectlPath(che);
  const bytes = await upstream.read(path, call);
  if (bytes === undefined) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new SallyportError('UPSTREAM_FAILED', 'is not JSON', { subject: upstream.locate(path), cause });
  }
  const ref = operatorRepository(parsed) ?? gitDependency(parsed);
  return ref === undefined ? undefined : (semver.valid(ref.replace(/^v/, '')) ?? undefined);
}

/** chectl 7.115 and newer: `operatorRepositories: [{name, url, ref}]`. */
function operatorRepository(json: unknown): string | undefined {
  const list = member(json, 'operatorRepositories');
  const entry = Array.isArray(list)
    ? (list as unknown[]).find((one) => member(one, 'name') === NAME)
    : undefined;
  const ref = member(entry, 'ref');
  return typeof ref === 'string' ? ref : undefined;
}

/** Before that a dependency on a git tag: `https://…/devworkspace-operator#v0.30.0`. */
function gitDependency(json: unknown): string | undefined {
  const address = ['dependencies', 'devDependencies']
    .map((kind) => member(member(json, kind), NAME))
    .find((value) => typeof value === 'string');
  return typeof address === 'string' ? address.split('#')[1] : undefined;
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
