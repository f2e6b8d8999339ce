import { createRequire } from 'node:module';

/** Where the bundled command keeps the library, beside its parts; not defined elsewhere. */
declare const SALLYPORT_YAML: string | undefined;

let loaded: typeof import('yaml') | undefined;

/**
 * The YAML library, loaded at the first use: most manifests are read by the scanner alone, and a third of what `sallyport images` took to
 * start was this library. Not `import()`, because reading is synchronous.
 */
export function yamlPackage(): typeof import('yaml') {
  loaded ??= createRequire(import.meta.url)(
    typeof SALLYPORT_YAML === 'undefined' ? 'yaml' : SALLYPORT_YAML,
  ) as typeof import('yaml');
  return loaded;
}
