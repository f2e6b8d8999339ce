import { type ChectlOptions, chectlCommand, chectlReasons, commandLine } from '../che/chectl-command.ts';
import { shell } from './markdown.ts';
import type { ReadmeInput } from './readme.ts';

/** The exact command line, run from this folder, with the reason for each flag. */
export function chectlSection({ input, plan, files }: ReadmeInput): string {
  if (!files.some(({ path }) => path.startsWith('chectl/')) || input.platform === undefined) return '';
  const options: ChectlOptions = {
    version: input.platform.version,
    platform: 'k8s',
    ...(input.config.render.domain === undefined ? {} : { domain: input.config.render.domain }),
    templates: 'chectl',
    crPatch: 'chectl/che-operator-cr-patch.yaml',
    skipCertManager: true,
  };
  const before = plan.files
    .filter(({ role }) => role === 'cert-manager' || role === 'devworkspace-operator')
    .map(({ path }) => `\`${path}\``);
  return [
    '## Or with chectl',
    `chectl ${options.version}, after the namespaces and pull secrets${before.length === 0 ? '' : ` and after ${before.join(' and ')}`} with the waits above; the service accounts of \`manifests/05-service-accounts.yaml\` must be there too. On plain Kubernetes chectl also wants the identity provider’s settings in the patch (\`spec.networking.auth\`: identityProviderURL, oAuthClientName, oAuthSecret).`,
    shell([commandLine(chectlCommand(options))]),
    chectlReasons(options)
      .map(({ flag, reason }) => `- \`${flag}\`: ${reason}`)
      .join('\n'),
  ].join('\n\n');
}
