import { formatCount } from '../../base/index.ts';
import type { Closure } from '../closure.ts';
import type { RenderInput } from '../input.ts';
import type { RenderPlan } from '../plan.ts';
import type { Finding, OutputFile } from '../types.ts';
import { applySection } from './apply.ts';
import { chectlSection } from './chectl.ts';
import { changesSection, contentsSection, notesSection } from './contents.ts';
import { nodesSection, overlaySection } from './overlay.ts';
import { secretsSection } from './secrets.ts';

export interface ReadmeInput {
  readonly input: RenderInput;
  readonly plan: RenderPlan;
  /** Paths of the files that are applied, in order. */
  readonly applied: readonly string[];
  readonly files: readonly OutputFile[];
  readonly findings: readonly Finding[];
  readonly closure: Closure;
}

/** The README of the output folder. No dates and no absolute paths: the same input gives the same text. */
export function readmeText(readme: ReadmeInput): string {
  const { input, plan } = readme;
  const what =
    input.platform === undefined
      ? `# ${input.lock.metadata.name} from ${plan.prefix}`
      : `# ${titleOf(input.platform.name)} ${input.platform.version} from ${plan.prefix}`;
  const sections = [
    contentsSection(readme),
    secretsSection(readme),
    applySection(readme),
    chectlSection(readme),
    overlaySection(readme),
    nodesSection(readme),
    changesSection(readme),
    notesSection(readme),
  ];
  const intro = `Made by Sallyport from \`sallyport.lock.yaml\`: ${formatCount(input.lock.images.length, 'image')}, each pinned to a digest and pulled from \`${plan.prefix}\`. Rendering again gives the same bytes, so this folder can be committed.`;
  return `${[what, intro, ...sections.filter((section) => section !== '')].join('\n\n')}\n`;
}

function titleOf(profile: string): string {
  return profile === 'che' ? 'Eclipse Che' : profile;
}
