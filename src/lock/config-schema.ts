// The only module here that loads zod at once: reading a lock or merging flags must not pay for it at start.
import * as z from 'zod/mini';
import { toSallyportError } from '../base/index.ts';
import { parsePlatform, parsePrefix, parseReference } from '../oci/index.ts';
import { DEFAULTS } from './defaults.ts';
import { RELOCATION_NAME, SECRET_NAME } from './names.ts';
import { mirrorFault } from './registry-flag.ts';
import { settingsSchema } from './settings-schema.ts';

/**
 * The written shape of `sallyport.yaml`; every mapping is strict.
 * What it accepts is `Config` but for `metadata.name` and hosts. Every check brings its message; kinds, words, missing and unknown
 * keys get theirs in `config-problems.ts`, so no locale is loaded.
 */
export function configSchema() {
  const reasoned = z.array(z.strictObject({ reference: parsed(parseReference), reason: needed() }));
  return z.strictObject({
    apiVersion: z.literal('sallyport.dev/v1alpha1'),
    kind: z.literal('Relocation'),
    metadata: z._default(
      z.strictObject({
        name: z.exactOptional(z.string().check(z.regex(RELOCATION_NAME.pattern, RELOCATION_NAME.fault))),
      }),
      {},
    ),
    sources: z._default(
      z.strictObject({
        profile: z.exactOptional(profile()),
        manifests: list(needed()),
        images: z._default(reasoned, []),
        exclude: z._default(reasoned, []),
      }),
      { manifests: [], images: [], exclude: [] },
    ),
    platforms: list(parsed(parsePlatform)),
    registries: z._default(z.record(z.string(), registry()), {}),
    target: z.exactOptional(
      z.strictObject({
        prefix: parsed(parsePrefix),
        naming: z._default(z.enum(['nested', 'path', 'flat']), DEFAULTS.naming),
        reference: z._default(z.enum(['tag-and-digest', 'digest', 'tag']), DEFAULTS.reference),
        pullSecret: z.exactOptional(
          z.strictObject({
            name: z.string().check(z.regex(SECRET_NAME.pattern, SECRET_NAME.fault)),
          }),
        ),
      }),
    ),
    render: z._default(
      z.strictObject({
        openVSXURL: z.exactOptional(z.string()),
        externalDevfileRegistries: z.exactOptional(z.array(needed())),
        domain: z.exactOptional(needed()),
        cheCluster: z.exactOptional(z.record(z.string(), z.unknown())),
        annotateOriginals: z._default(z.boolean(), DEFAULTS.annotateOriginals),
        nodeConfig: list(z.enum(['containerd', 'crio', 'openshift', 'k3s'])),
      }),
      { annotateOriginals: DEFAULTS.annotateOriginals, nodeConfig: [] },
    ),
  });
}

function profile() {
  return z.strictObject({
    name: needed(),
    version: needed(),
    devworkspaceOperator: z._default(needed(), DEFAULTS.devworkspaceOperator),
    platform: z._default(z.enum(['kubernetes', 'openshift']), DEFAULTS.platform),
    upstream: z.exactOptional(needed()),
    certManager: z._default(needed(), DEFAULTS.certManager),
    only: list(z.enum(['always', 'default', 'conditional'])),
    without: list(needed()),
    editors: list(needed()),
    settings: z._default(settingsSchema(), { components: {} }),
  });
}

function registry() {
  return z.strictObject({
    mirror: z.exactOptional(
      z.string().check((context) => {
        const reason = mirrorFault(context.value);
        if (reason !== undefined)
          context.issues.push({ code: 'custom', message: reason, input: context.value });
      }),
    ),
    plainHttp: z.exactOptional(z.boolean()),
    insecureSkipVerify: z.exactOptional(z.boolean()),
    caFile: z.exactOptional(needed()),
    certFile: z.exactOptional(needed()),
    keyFile: z.exactOptional(needed()),
    authFile: z.exactOptional(needed()),
    concurrency: z.exactOptional(
      z.int(CONCURRENCY).check(z.minimum(1, CONCURRENCY), z.maximum(999, CONCURRENCY)),
    ),
  });
}

const CONCURRENCY = 'is not a whole number from 1 to 999';

/** Text that says something. */
function needed() {
  return z.string().check(z.minLength(1, 'is empty'));
}

function list<T extends z.core.$ZodType>(item: T) {
  return z._default(z.array(item), [] as z.core.output<T>[]);
}

/** Text that a parser of `oci/` accepts; its reason becomes the message. */
function parsed(parse: (text: string) => unknown) {
  return z.string().check((context) => {
    try {
      parse(context.value);
    } catch (thrown) {
      const message = `“${context.value}” ${toSallyportError(thrown).message}`;
      context.issues.push({ code: 'custom', message, input: context.value });
    }
  });
}
