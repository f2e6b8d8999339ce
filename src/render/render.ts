import { addedFiles, additionsFor, chectlFiles } from './added.ts';
import { proveClosure } from './closure.ts';
import { componentFiles } from './component/component.ts';
import type { RenderInput, RenderOutput } from './input.ts';
import { kustomizationText } from './kustomization.ts';
import { mirrorJobFiles } from './mirror-job.ts';
import { nodeFiles } from './nodes/index.ts';
import { planOf } from './plan.ts';
import { readmeText } from './readme/readme.ts';
import { addToFile } from './structure.ts';
import type { Finding, OutputFile } from './types.ts';

/**
 * Renders the whole output folder from values alone. What cannot be done as wanted is collected in `findings`; the closure proof
 * stands beside the files, which are there even when it fails. Throws `LOCK_INVALID`, `CONFIG_INVALID`, `YAML_INVALID`.
 */
export function render(input: RenderInput): RenderOutput {
  const plan = planOf(input);
  const findings: Finding[] = [...plan.findings];
  const done = plan.files.map((placed) => {
    const added = addToFile(placed.rewritten, additionsFor(input, plan, placed));
    findings.push(...added.findings);
    return { ...placed, bytes: added.bytes };
  });
  const files: OutputFile[] = [];
  for (const { path, bytes, role, complete } of done) {
    if (role === 'editor-definition' && !complete) continue;
    files.push({ path, bytes });
  }
  const added = addedFiles(input, plan);
  files.push(...added.files, ...added.aside);
  const applied = [...done.filter((file) => file.applied), ...added.files].map(({ path }) => path).sort();
  files.push({ path: 'kustomization.yaml', bytes: Buffer.from(kustomizationText(applied)) });
  const pairs = done
    .filter((file) => file.applied)
    .map(({ path, file, bytes }) => ({ path, before: file.bytes, after: bytes }));
  files.push(...componentFiles(pairs, added.files));
  const chectl = chectlFiles(input, plan, [...done, ...added.files]);
  files.push(...chectl.files);
  findings.push(...chectl.findings);
  const nodes = nodeFiles({
    lock: input.lock,
    kinds: input.config.render.nodeConfig,
    scheme: input.config.registries[plan.registry]?.plainHttp === true ? 'http' : 'https',
  });
  files.push(...nodes.files);
  findings.push(...nodes.findings);
  if (input.mirrorJob !== undefined)
    files.push(
      ...mirrorJobFiles({ ...input.mirrorJob, lock: input.lock, registries: input.config.registries }),
    );
  // the overlay holds the same values in pieces, and node configuration names the sources on purpose
  const proved = files.filter(({ path }) =>
    /^(?:manifests|secrets|chectl|files|editor-definitions)\//.test(path),
  );
  const closure = proveClosure(proved, {
    prefix: plan.prefix,
    isExcluded: plan.isExcluded,
    discover: input.discover,
  });
  const readme = readmeText({ input, plan, applied, files, findings, closure });
  files.push({ path: 'README.md', bytes: Buffer.from(readme) });
  return {
    files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
    unknown: plan.unknown,
    findings,
    closure,
  };
}
