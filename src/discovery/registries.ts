import { looksLikeHost } from '../oci/index.ts';

/** Hosts that serve images and hardly anything else: one path segment behind them is enough. */
const REGISTRY_HOST =
  /^(?:quay\.io|ghcr\.io|docker\.io|index\.docker\.io|(?:[a-z0-9-]+\.)?gcr\.io|nvcr\.io|registry\.[a-z0-9.-]+|[a-z0-9-]+\.pkg\.dev|mcr\.microsoft\.com|public\.ecr\.aws|[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com|[a-z0-9]+\.azurecr\.io|cr\.[a-z0-9.-]+|[a-z0-9-]+\.cr\.[a-z0-9.-]+|docker\.elastic\.co|lscr\.io|xpkg\.[a-z0-9.-]+|icr\.io|[a-z0-9-]+\.icr\.io|docker\.[a-z0-9.-]+|images?\.[a-z0-9.-]+)(?::\d+)?$/i;

/** Which hosts serve images: those that the field knows, and those of the user, whatever they are called. */
export class Registries {
  readonly #prefixes: readonly string[];
  readonly #own: ReadonlySet<string>;

  /** `prefixes` are what names at the user's registries begin with: `registry.corp.example/che`. */
  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes;
    this.#own = new Set(prefixes.map((prefix) => prefix.split('/')[0] ?? ''));
  }

  /** A registry of the user: what names it names an image, be the host an address or one of a cluster. */
  isOwn(host: string): boolean {
    return this.#own.has(host);
  }

  /** A host that serves images and hardly anything else. */
  has(host: string): boolean {
    return this.#own.has(host) || REGISTRY_HOST.test(host);
  }

  /**
   * Whether a name begins with a host of its own, so that no registry belongs before it. Where the user's prefix is a host alone, that of
   * the source may stand in the middle (`registry: registry.corp.example`, `name: quay.io/team/app`).
   */
  isWhole(name: string, registry: string): boolean {
    const [first = '', host = ''] = [name, registry].map((text) => text.split('/')[0]);
    return looksLikeHost(first) && (this.isOwn(first) || !this.#prefixes.includes(host));
  }

  /** What a name says behind the user's prefix, which may be of any depth; other names as they are, and nothing of the prefix itself. */
  behindPrefix(repository: string): string {
    const prefix = this.#prefixes.find((one) => repository === one || repository.startsWith(`${one}/`));
    return prefix === undefined ? repository : repository.slice(prefix.length + 1);
  }

  /** `quay.io/team/app`: a name at such a host that is more than an organisation. */
  isBelowOrganisation(repository: string | undefined): boolean {
    const segments = repository?.split('/') ?? [];
    const host = segments[0] ?? '';
    return segments.length > (this.isOwn(host) ? 1 : 2) && this.has(host);
  }
}
