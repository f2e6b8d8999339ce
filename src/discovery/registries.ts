import { looksLikeHost } from '../oci/index.ts';

/** Hosts that serve images and hardly anything else: one path segment behind them is enough. */
const REGISTRY_HOST =
  /^(?:quay\.io|ghcr\.io|docker\.io|index\.docker\.io|(?:[a-z0-9-]+\.)?gcr\.io|nvcr\.io|registry\.[a-z0-9.-]+|[a-z0-9-]+\.pkg\.dev|mcr\.microsoft\.com|public\.ecr\.aws|[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com|[a-z0-9]+\.azurecr\.io|cr\.[a-z0-9.-]+|[a-z0-9-]+\.cr\.[a-z0-9.-]+|docker\.elastic\.co|lscr\.io|xpkg\.[a-z0-9.-]+|icr\.io|[a-z0-9-]+\.icr\.io|docker\.[a-z0-9.-]+|images?\.[a-z0-9.-]+)(?::\d+)?$/i;

/** Which hosts serve images: those that the field knows, and those of the user, whatever they are called. */
export class Registries {
  readonly #prefixes: readonly string[];
  readonly #hosts: ReadonlySet<string>;

  /** `prefixes` are what names at the user's registries begin with: `registry.corp.example/che`. */
  constructor(prefixes: readonly string[]) {
    this.#prefixes = prefixes;
    this.#hosts = new Set(prefixes.map((prefix) => prefix.split('/')[0] ?? ''));
  }

  /**
   * A name below the user's prefix names an image, be the host an address or one of a cluster. What else that host serves is judged as
   * anywhere: more than was found before would be outside of the target, and nobody could move it there.
   */
  isOwn(name: string): boolean {
    return this.#prefixes.some((prefix) => name.startsWith(`${prefix}/`));
  }

  /** A name at a host that serves images and hardly anything else. */
  has(name: string): boolean {
    return REGISTRY_HOST.test(name.split('/')[0] ?? '') || this.isOwn(name);
  }

  /**
   * Whether a name begins with a host of its own, so that no registry belongs before it. Where the user's prefix is a host alone, that of
   * the source may stand in the middle (`registry: registry.corp.example`, `name: quay.io/team/app`).
   */
  isWhole(name: string, registry: string): boolean {
    const [first = '', host = ''] = [name, registry].map((text) => text.split('/')[0]);
    return looksLikeHost(first) && (this.#hosts.has(first) || !this.#prefixes.includes(host));
  }

  /** What a name says behind the user's prefix, which may be of any depth; other names as they are, and nothing of the prefix itself. */
  behindPrefix(repository: string): string {
    const prefix = this.#prefixes.find((one) => repository === one || repository.startsWith(`${one}/`));
    return prefix === undefined ? repository : repository.slice(prefix.length + 1);
  }

  /** `quay.io/team/app`: a name at such a host that is more than an organisation. */
  isBelowOrganisation(repository = ''): boolean {
    const depth = repository.split('/').length;
    return depth > (this.isOwn(repository) ? 1 : 2) && this.has(repository);
  }
}
