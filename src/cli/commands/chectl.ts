import { defineCommand } from '../command.ts';
import { type CommonFlags, path, textFlag } from '../flags.ts';

export interface ChectlFlags extends CommonFlags {
  readonly chectl?: string;
  readonly domain?: string;
  readonly platform: 'k8s' | 'minikube' | 'microk8s' | 'docker-desktop';
  readonly output: 'line' | 'json';
}

export const chectlCommand = defineCommand<ChectlFlags, [string]>({
  loader: async () => (await import('../handlers/chectl.ts')).chectl,
  parameters: {
    flags: {
      chectl: textFlag('VERSION', 'Version of chectl (default: the installed one is asked)'),
      domain: textFlag('DOMAIN', 'Domain of the installation (default: the one of the rendered CheCluster)'),
      platform: {
        kind: 'enum',
        values: ['k8s', 'minikube', 'microk8s', 'docker-desktop'],
        default: 'k8s',
        brief: 'Platform as chectl calls it',
      },
      output: {
        kind: 'enum',
        values: ['line', 'json'],
        default: 'line',
        brief: 'A line for a shell, or JSON with the words of the command and the notes',
      },
    },
    positional: {
      kind: 'tuple',
      parameters: [
        { brief: 'Output folder of render or relocate', parse: path, placeholder: 'DIR', default: 'out' },
      ],
    },
  },
  docs: {
    brief: 'Print the exact chectl command that installs what was rendered',
    fullDescription:
      'Prints the `chectl server:deploy` command for the rendered templates: without the DevWorkspace Operator and cert-manager, which are applied before. What to do first goes to standard error.',
    customUsage: [{ input: 'out/', brief: 'For the installed chectl' }],
  },
});
