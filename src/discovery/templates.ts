import type { Unresolved } from './types.ts';

/** What only somebody else can complete: who. Undefined for plain text. */
export function templateIn(text: string): Unresolved['why'] | undefined {
  if (/\{\{|\[\[|<%/.test(text)) return 'helm-template';
  if (/\$\([A-Za-z_][\w.-]*\)/.test(text)) return 'kubernetes-expansion';
  if (/\$\{[^}]*\}|\$[A-Za-z_]\w*/.test(text)) return 'shell-template';
  return undefined;
}

export const TEMPLATE_REASONS: Readonly<Record<Unresolved['why'], string>> = {
  'helm-template': 'a template must be rendered before its image is known',
  'kubernetes-expansion': 'the value is put together when it is used',
  'shell-template': 'a shell or a build puts the value together',
  'invalid-reference': 'stands where an image is named and is none',
  'missing-name': 'a digest alone: the program that reads it knows the name it belongs to',
  'missing-registry':
    'several registries are named for all images, and which one is meant is chosen elsewhere',
  'missing-tag': 'the tag is chosen elsewhere: by a chart, or by the operator that reads this',
};

/** A text with a template in it that, the template aside, has the shape of a reference: a host or path, and a colon or at sign. */
export function looksLikeTemplatedReference(text: string): boolean {
  if (/\s/.test(text.replace(/\{\{[^}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)/g, 'x')) || text.includes('://'))
    return false;
  const filled = text.replace(/\{\{[^}]*\}\}|\$\{[^}]*\}|\$\([^)]*\)|\$[A-Za-z_]\w*/g, 'x');
  return /^[a-z0-9.-]+\.[a-z]{2,}(?::\d+)?\/[\w./-]+[:@][\w.:-]+$/i.test(filled);
}
