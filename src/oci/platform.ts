import { SallyportError } from '../base/index.ts';

/** OCI image-spec v1.1 image-index.md, `platform`; names are Go's GOOS and GOARCH. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/** BuildKit marks attestation manifests so; they belong to an image and are copied with it. */
export function isUnknownPlatform(platform: Platform): boolean {
  return platform.os === 'unknown' && platform.architecture === 'unknown';
}

/** `linux/arm64` or `linux/arm/v7`; the default variant of arm64 is left out as containerd's platforms package does. */
export function formatPlatform(platform: Platform): string {
  const { os, architecture, variant } = normalizePlatform(platform);
  return variant === undefined ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Throws `USAGE` for text that is not `os/architecture[/variant]`. */
export function parsePlatform(text: string): Platform {
  const match = /^([a-z0-9]+)\/([a-z0-9_]+)(?:\/([a-z0-9.]+))?$/.exec(text.trim().toLowerCase());
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new SallyportError('USAGE', 'is not a platform', {
      subject: text,
      hint: 'Write it as os/architecture[/variant], for example linux/amd64.',
    });
  }
  return normalizePlatform({
    os: match[1],
    architecture: match[2],
    ...(match[3] === undefined ? {} : { variant: match[3] }),
  });
}

/**
 * Aliases, bare variant numbers and implied variants as containerd's `platforms/database.go` has them; only arm without a
 * variant stays so, because a wish for `linux/arm` takes any.
 */
export function normalizePlatform(platform: Platform): Platform {
  const { variant, ...rest } = platform;
  const alias = ARCHITECTURE_ALIASES[rest.architecture];
  const architecture = alias?.architecture ?? rest.architecture;
  const isArm = architecture === 'arm' || architecture === 'arm64';
  const named = variant === undefined || variant === '' ? alias?.variant : variant;
  const shown = isArm && named !== undefined && /^\d/.test(named) ? `v${named}` : named;
  const implied =
    (architecture === 'arm64' && shown === 'v8') || (architecture === 'amd64' && shown === 'v1');
  return { ...rest, architecture, ...(shown === undefined || implied ? {} : { variant: shown }) };
}

const ARCHITECTURE_ALIASES: Readonly<Record<string, { architecture: string; variant?: string }>> = {
  x86_64: { architecture: 'amd64' },
  'x86-64': { architecture: 'amd64' },
  aarch64: { architecture: 'arm64' },
  armhf: { architecture: 'arm', variant: 'v7' },
  armel: { architecture: 'arm', variant: 'v6' },
  i386: { architecture: '386' },
};

/** True when an image for `offered` serves a wish for `wanted`; a wish without variant takes any. */
export function platformMatches(wanted: Platform, offered: Platform): boolean {
  const a = normalizePlatform(wanted);
  const b = normalizePlatform(offered);
  if (a.os !== b.os || a.architecture !== b.architecture) return false;
  // an arm image that names no variant is one for v7
  const variant = b.variant ?? (b.architecture === 'arm' ? 'v7' : undefined);
  if (a.variant !== undefined && a.variant !== variant) return false;
  return a.osVersion === undefined || a.osVersion === b.osVersion;
}
