import { nextLine } from './chars.ts';
import { invalidYaml } from './invalid.ts';
import { type Problem, readWithLibrary } from './library.ts';
import { scanBlock } from './scan-block.ts';
import { TreeBuilder } from './tree.ts';
import type { DocumentSlice, YamlNode, YamlSource } from './types.ts';
import { type View, viewOfFile } from './view.ts';

/**
 * The tree of one document, scalars decoded when asked; undefined for an empty one. Throws `YAML_INVALID` naming line and
 * column.
 */
export function parseDocument(source: YamlSource, document: DocumentSlice): YamlNode | undefined {
  checkCharacters(source, document);
  const read = readView(viewOfFile(source.text), document.start, document.end);
  if ('reason' in read) throw problemIn(source, document, read);
  return read.node;
}

/** The tree of the document in [start, end) of a view, or what is wrong with it. */
export function readView(
  view: View,
  start: number,
  end: number,
): { readonly node: YamlNode | undefined } | Problem {
  const tree = new TreeBuilder(view);
  return scanBlock(view.text, start, end, tree) ? { node: tree.root } : readWithLibrary(view, start, end);
}

const SECRET = /\bkind["']?[ \t]*:[ \t]*["']?Secret\b/;

/** The error for a problem of a file; lines of documents that hold secrets are not shown. */
export function problemIn(source: YamlSource, document: DocumentSlice, problem: Problem): Error {
  const secret = SECRET.test(source.text.slice(document.start, document.end));
  const lineStart = source.text.lastIndexOf('\n', problem.offset - 1) + 1;
  const line = source.text.slice(lineStart, nextLine(source.text, problem.offset, document.end));
  const template = line.includes('{{')
    ? '; this looks like a template: render it first, for example with `helm template`'
    : '';
  return invalidYaml(source, problem.offset, `${problem.reason}${template}`, secret ? 'hide' : 'show');
}

/** C0 controls but tab and line breaks, and DEL: not in c-printable of YAML 1.2.2, and refused by kubectl's decoder. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/** Throws `YAML_INVALID` for control characters, which the library lets pass. Not for whole files: CRDs are big and seldom read. */
export function checkCharacters(source: YamlSource, document: DocumentSlice): void {
  const at = source.text.slice(document.start, document.end).search(CONTROL);
  if (at !== -1) throw invalidYaml(source, document.start + at, 'control characters are not allowed', 'hide');
}
