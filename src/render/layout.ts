import type { InputRole } from '../facts/index.ts';
import { parseDocument, topLevel } from '../yaml/index.ts';
import { textAt } from './edit/index.ts';
import type { RenderFile } from './input.ts';
import { openFile } from './objects.ts';

/** Where each file goes. The number makes `kubectl apply -f manifests/` take them in the order in which they need each other. */
const PLACES: Readonly<Record<Exclude<InputRole, 'editor-definition' | 'extra'>, string>> = {
  'cert-manager': 'manifests/10-cert-manager.yaml',
  'devworkspace-operator': 'manifests/20-devworkspace-operator.yaml',
  'che-operator': 'manifests/30-che-operator.yaml',
  'che-cluster': 'manifests/40-che-cluster.yaml',
};

export const ADDED = {
  namespaces: 'manifests/00-namespaces.yaml',
  namespacesFirst: 'manifests/01-namespaces-of-the-files-below.yaml',
  accounts: 'manifests/05-service-accounts.yaml',
  budgets: 'manifests/06-disruption-budgets.yaml',
  trust: 'manifests/07-ca-bundle.yaml',
  /** A copy of the CRD, so that the object below can be made before the operator starts. */
  operatorConfigFirst: 'manifests/14-operator-config-crd-of-the-file-below.yaml',
  operatorConfig: 'manifests/15-devworkspace-operator-config.yaml',
  cheCluster: PLACES['che-cluster'],
  pullSecrets: 'secrets/pull-secrets.yaml',
} as const;

export interface PlacedFile extends RenderFile {
  /** Path in the output folder. */
  readonly path: string;
  /** False for what kubectl cannot apply: values, devfiles, kustomizations. */
  readonly applied: boolean;
}

/** Gives every input its path in the output: unique, in the order given, and the same each time. */
export function placeFiles(files: readonly RenderFile[]): PlacedFile[] {
  const extras = files.filter(({ role }) => role === 'extra');
  const taken = new Set<string>();
  return files.map((file) => {
    const applied = file.role !== 'editor-definition' && isAppliable(file);
    const wanted =
      file.role === 'editor-definition'
        ? `editor-definitions/${baseName(file.file.path)}`
        : file.role !== 'extra'
          ? PLACES[file.role]
          : applied
            ? `manifests/50-${counter(extras, file)}${baseName(file.file.path)}`
            : `files/${counter(extras, file)}${baseName(file.file.path)}`;
    let path = wanted;
    for (let count = 2; taken.has(path); count++) path = wanted.replace(/(\.[a-z]+)?$/, `-${count}$1`);
    taken.add(path);
    return { ...file, path, applied };
  });
}

/** The files of one run keep their order by a number, when there are several. */
function counter(extras: readonly RenderFile[], file: RenderFile): string {
  if (extras.length < 2) return '';
  return `${String(extras.indexOf(file) + 1).padStart(String(extras.length).length, '0')}-`;
}

function baseName(path: string): string {
  if (path === '-') return 'stdin.yaml';
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return name.replace(/[^A-Za-z0-9._-]+/g, '-');
}

/** kubectl takes objects only, and refuses a kustomization as an object. */
function isAppliable({ file }: RenderFile): boolean {
  const { source, documents } = openFile(file);
  if (documents.length === 0) return false;
  return documents.every((document) => {
    let kind = topLevel(source, document, 'kind');
    let apiVersion = topLevel(source, document, 'apiVersion');
    if (kind === undefined || apiVersion === undefined) {
      const root = parseDocument(source, document);
      kind = textAt(root, 'kind');
      apiVersion = textAt(root, 'apiVersion');
    }
    return (
      kind !== undefined && apiVersion !== undefined && !apiVersion.startsWith('kustomize.config.k8s.io/')
    );
  });
}
