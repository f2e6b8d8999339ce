/**
 * File names of the editor definitions with the first Che minor that has them and, where it is past, the last. For upstreams that
 * cannot list a folder. Source: eclipse-che/che-operator 7.62.0–7.121.0, editors-definitions, each release looked at on 2026-11-23.
 */
const FILES: readonly (readonly [name: string, from: number, to?: number])[] = [
  ['che-chemuxer-next', 121],
  ['che-clion-server-latest', 94],
  ['che-clion-server-next', 94],
  ['che-code-insiders', 87],
  ['che-code-latest', 87],
  ['che-code-server-latest', 99],
  ['che-code-server-next', 99],
  ['che-code-sshd-insiders', 110],
  ['che-code-sshd-next', 110],
  ['che-goland-server-latest', 108],
  ['che-goland-server-next', 108],
  ['che-herdr-latest', 121],
  ['che-idea-latest', 87, 110],
  ['che-idea-next', 87, 110],
  ['che-idea-server-latest', 87],
  ['che-idea-server-next', 87],
  ['che-phpstorm-server-latest', 108],
  ['che-phpstorm-server-next', 108],
  ['che-pycharm-server-latest', 92],
  ['che-pycharm-server-next', 92],
  ['che-rider-server-latest', 108],
  ['che-rider-server-next', 108],
  ['che-rubymine-server-latest', 94],
  ['che-rubymine-server-next', 94],
  ['che-web-terminal-latest', 117],
  ['che-webstorm-server-latest', 92],
  ['che-webstorm-server-next', 92],
  ['jetbrains-sshd-next', 116],
];

/** The release that the table was last compared with; newer ones may have more. */
export const LAST_COMPARED_MINOR = 121;

/** The file names that a release is known or expected to have: empty before 7.87, when editors were in the plugin registry. */
export function knownEditorFiles(cheMinor: number): string[] {
  return FILES.filter(([, from, to]) => from <= cheMinor && (to === undefined || cheMinor <= to)).map(
    ([name]) => `${name}.yaml`,
  );
}
