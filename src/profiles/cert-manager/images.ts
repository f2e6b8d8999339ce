import type { ImageRow } from '../image-row.ts';

/** Read on 2026-11-23. */
export const CERT_MANAGER_IMAGES: readonly ImageRow[] = [
  {
    repository: /^quay\.io\/jetstack\/cert-manager-(?:controller|webhook|cainjector)$/,
    mark: 'always',
    group: 'cert-manager',
    source: 'cert-manager/cert-manager, static manifest',
  },
  {
    repository: /^quay\.io\/jetstack\/cert-manager-(?:ctl|startupapicheck)$/,
    mark: 'conditional',
    group: 'cert-manager',
    condition: 'when the startup check of the Helm chart is used',
    source: 'cert-manager/cert-manager, make/manifests.mk',
  },
  {
    repository: /^quay\.io\/jetstack\/cert-manager-acmesolver$/,
    mark: 'conditional',
    group: 'acme',
    condition: 'when certificates are ordered by ACME HTTP-01',
    source: 'cert-manager/website#163',
  },
];
