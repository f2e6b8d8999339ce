import { fill, makeImage } from '../../scripts/sample-images.ts';
import { parseReference } from '../../src/oci/index.ts';
import { openRegistries } from '../../src/workflows/registries.ts';
import { testContext } from './workflow-context.ts';

/**
 * Fills a plain-http registry as a mirror of the public hosts: each reference at `HOST/quay.io/…`, as a small real image for two
 * platforms. The developer image has an attestation, the first image a signature, and one layer is shared by all.
 */
export async function fillMirror(host: string, references: readonly string[], cwd: string): Promise<void> {
  const registries = openRegistries(testContext(cwd), { [host]: { plainHttp: true } });
  try {
    for (const [index, text] of references.entries()) {
      const { registry, repository, tag = 'latest' } = parseReference(text);
      const image = makeImage({
        platforms: ['linux/amd64', 'linux/arm64'],
        layers: [
          { size: 40_000, seed: 'base', shared: true },
          { size: 5_000 + index, seed: text },
        ],
        docker: index % 5 === 4,
        attestations: index % 7 === 1,
        ...(index === 0
          ? { signature: 'tag' as const }
          : index === 1
            ? { signature: 'referrer' as const }
            : {}),
      });
      await fill(registries.target({ registry: host, repository: `${registry}/${repository}` }), image, tag);
    }
  } finally {
    registries.close();
  }
}

/** `--registry` flags that send every public host to the mirror. */
export function mirrorFlags(host: string, hosts: Iterable<string>): string[] {
  return [...new Set(hosts)].flatMap((name) => ['--registry', `${name},mirror=${host}/${name},plainHttp`]);
}
