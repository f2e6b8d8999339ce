import { documentText } from './edit/index.ts';

/** The `kustomization.yaml` of the output: every applied file in order. Secrets are not in it, so that applying never undoes them. */
export function kustomizationText(resources: readonly string[]): string {
  return `# kubectl apply --server-side -k . (server-side, because CRDs are larger than a client-side annotation may be)\n${documentText(
    {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources,
    },
  )}`;
}
