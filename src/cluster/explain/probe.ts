import type { Finding } from './causes.ts';

/**
 * What the registry itself says when it is asked for the image with the pod's own credentials, from here and not from the node. `unknown`: it
 * could not be asked.
 */
export interface RegistryAnswer {
  readonly state: 'present' | 'absent' | 'unauthorized' | 'unknown';
  /** `os/arch[/variant]` that the image has, by its index or its configuration; empty when neither says. */
  readonly platforms?: readonly string[];
  readonly message?: string;
}

export interface ProbeRequest {
  readonly image: string;
  /** The very secrets of the pod. */
  readonly secrets: readonly { readonly namespace: string; readonly name: string }[];
}

/** Asks a registry about one image. Never throws: what goes wrong is `unknown` with its message. */
export type ProbeRegistry = (
  request: ProbeRequest,
  options?: { readonly signal?: AbortSignal },
) => Promise<RegistryAnswer>;

/** Causes that the registry can confirm or refute. */
const ASKABLE = new Set<Finding['cause']>([
  'image-missing',
  'platform-missing',
  'wrong-architecture',
  'no-credentials',
  'secret-other-host',
  'credentials-refused',
  'unknown-ca',
  'host-unknown',
  'pull-failed',
]);

export interface CheckedFinding extends Finding {
  /** What the registry said, as one sentence; absent when it was not asked. */
  readonly checked?: string;
}

/** Checks a finding against the registry. `platform` is the node's, `linux/amd64`. */
export async function checkFinding(
  finding: Finding,
  probe: ProbeRegistry,
  options: { readonly platform?: string; readonly signal?: AbortSignal } = {},
): Promise<CheckedFinding> {
  const { image, secrets = [], namespace } = finding.place;
  if (image === undefined || !ASKABLE.has(finding.cause)) return finding;
  const answer = await probe({ image, secrets: secrets.map((name) => ({ namespace, name })) }, options);
  const asked = secrets.length === 0 ? 'without a login, as the pod does' : 'with the pod’s own secret';
  return settle(finding, answer, asked, options.platform);
}

function settle(
  finding: Finding,
  answer: RegistryAnswer,
  asked: string,
  platform: string | undefined,
): CheckedFinding {
  const { doubt: _, ...sure } = finding;
  const said = answer.message === undefined ? '' : ` (${answer.message})`;
  switch (answer.state) {
    case 'absent':
      // Nodes with containerd 1 and a CA in hosts.toml call this an unknown authority.
      return {
        ...sure,
        cause: finding.cause === 'host-unknown' ? finding.cause : 'image-missing',
        checked: `asked ${asked}, the registry says that it is not there${said}`,
      };
    case 'unauthorized':
      return { ...finding, checked: `asked ${asked}, the registry refuses too${said}` };
    case 'present': {
      const { platforms = [] } = answer;
      if (platform !== undefined && platforms.length > 0 && !platforms.some((one) => matches(one, platform)))
        return {
          ...sure,
          cause: finding.cause === 'wrong-architecture' ? finding.cause : 'platform-missing',
          checked: `the registry has it for ${platforms.join(', ')}, the node is ${platform}`,
        };
      return {
        ...sure,
        checked:
          finding.cause === 'image-missing'
            ? 'the registry has it now; the next try of the kubelet may succeed'
            : finding.cause === 'wrong-architecture'
              ? `the registry says ${platforms.length === 0 ? 'nothing of its platform' : `that it is for ${platforms.join(', ')}`}, but the programs in it are not what it says`
              : `asked ${asked}, the registry gives it from here, so the trouble is on the node or on its way`,
      };
    }
    default:
      return { ...finding, checked: `the registry could not be asked from here${said}` };
  }
}

/** `linux/arm64` and `linux/arm64/v8` are one (image-spec "Variants"). */
function matches(has: string, wanted: string): boolean {
  const [os, arch] = has.split('/');
  return `${os}/${arch}` === wanted.split('/').slice(0, 2).join('/');
}
