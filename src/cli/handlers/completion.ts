import { proposeCompletions } from '@stricli/core';
import { buildApp } from '../app.ts';
import type { Shell } from '../commands/completion.ts';
import type { CliContext } from '../context.ts';

/** Each script hands the words typed so far to the hidden `complete` command and offers what it prints, files otherwise. */
const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `_sallyport() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(sallyport complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
  if [ \${#COMPREPLY[@]} -eq 0 ]; then compopt -o default; fi
}
complete -F _sallyport sallyport
`,
  zsh: `#compdef sallyport
_sallyport() {
  local -a proposals
  proposals=("\${(@f)$(sallyport complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  if [[ -n "\${proposals[1]}" ]]; then compadd -- "\${proposals[@]}"; else _files; fi
}
compdef _sallyport sallyport
`,
  fish: `function __sallyport_complete
  set -l words (commandline -opc) (commandline -ct)
  sallyport complete -- $words[2..-1] 2>/dev/null
end
complete -c sallyport -a '(__sallyport_complete)'
`,
};

export function completion(this: CliContext, _flags: object, shell: Shell): void {
  this.process.stdout.write(SCRIPTS[shell]);
}

export async function complete(this: CliContext, _flags: object, ...words: string[]): Promise<void> {
  const proposals = await proposeCompletions(await buildApp(this.version), words, this);
  this.process.stdout.write(proposals.map(({ completion: word }) => `${word}\n`).join(''));
}
