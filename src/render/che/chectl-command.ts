export interface ChectlOptions {
  /** Che's version, which is chectl's too. */
  readonly version: string;
  /** A value of chectl's `--platform`. */
  readonly platform: 'k8s' | 'minikube' | 'microk8s' | 'docker-desktop';
  readonly domain?: string;
  /** Folder for `--templates`, relative to where the command is run. */
  readonly templates: string;
  readonly crPatch: string;
  readonly skipCertManager: boolean;
}

/** Flags that the command may have, with the reason; a condition says when. Source: chectl src/commands/server/deploy.ts, src/flags.ts. */
const FLAGS: readonly {
  readonly when?: (options: ChectlOptions) => boolean;
  readonly words: (options: ChectlOptions) => readonly string[];
  readonly reason: string;
}[] = [
  { words: ({ platform }) => ['--platform', platform], reason: 'required' },
  {
    when: ({ platform }) => platform === 'k8s',
    words: ({ domain }) => ['--domain', domain ?? 'DOMAIN'],
    reason: 'required on k8s; the others find it themselves',
  },
  {
    words: ({ templates }) => ['--templates', templates],
    reason: 'the rewritten files; --che-operator-image alone leaves every RELATED_IMAGE public',
  },
  {
    words: ({ crPatch }) => ['--che-operator-cr-patch-yaml', crPatch],
    reason: 'closed network and your own settings',
  },
  {
    words: () => ['--skip-devworkspace-operator'],
    reason: 'it is applied before with its pull secrets; chectl would not wait for its webhooks',
  },
  {
    when: ({ skipCertManager }) => skipCertManager,
    words: () => ['--skip-cert-manager'],
    reason: 'it is applied before; chectl would fetch its manifest from github.com',
  },
  { words: () => ['--batch'], reason: 'no questions' },
  { words: () => ['--telemetry=off'], reason: 'nothing is sent out' },
];

/** The words of the exact `chectl server:deploy` command line. */
export function chectlCommand(options: ChectlOptions): string[] {
  const flags = FLAGS.filter(({ when }) => when?.(options) ?? true);
  return ['chectl', 'server:deploy', ...flags.flatMap(({ words }) => words(options))];
}

/** The flags with their reasons, for the README of the output. */
export function chectlReasons(options: ChectlOptions): { readonly flag: string; readonly reason: string }[] {
  return FLAGS.filter(({ when }) => when?.(options) ?? true).map(({ words, reason }) => ({
    flag: words(options).join(' '),
    reason,
  }));
}

/** Words as a line for a shell, quoted where they need it. */
export function commandLine(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
