/**
 * Every way in which Sallyport can fail, with what the user should do next.
 * `docs/errors.md` explains each at length; a test compares it with this table.
 */
export const ERROR_HINTS = {
  // usage and configuration
  USAGE: 'Run the command with --help to see what it takes.',
  CONFIG_INVALID:
    'Correct the named place in the configuration file; the published JSON Schema lists every key.',
  CONFIG_NOT_FOUND:
    'Name a file with -c FILE, write one with `sallyport init`, or use flags such as --profile or -f.',
  CONFLICTING_OPTIONS: 'Keep one of the two; neither wins silently over the other.',
  // files
  FILE_NOT_FOUND: 'Check the path.',
  FILE_UNREADABLE: 'Check the permissions of the file.',
  FILE_WRITE_FAILED:
    'Check that the folder exists, is writable and has space; nothing half-written was left.',
  OUTPUT_FOREIGN_FILES: 'Choose an empty folder, or pass --force to write beside the files that are there.',
  NO_SPACE: 'Free some space or choose another folder, then run the same command again; it continues.',
  LOCKED: 'Wait for the other process to end. If none is running, remove the lock that is named.',
  // manifests
  YAML_INVALID: 'Correct the named line; `kubectl apply --dry-run=client -f FILE` shows the same.',
  REFERENCE_INVALID: 'Write it as [host[:port]/]path[:tag][@sha256:…].',
  NO_INPUT: 'Name manifests with -f FILE, a folder, or `-f -` for standard input; or use --profile.',
  // profile and upstream
  PROFILE_UNKNOWN: 'The profiles are listed by `sallyport images --help`.',
  VERSION_UNKNOWN:
    'Check the version at the project that publishes it, or name --upstream DIR with its files.',
  VERSION_INCOMPATIBLE: 'Choose a pair that belongs together, or pass --force to go on all the same.',
  UPSTREAM_NOT_FOUND: 'Check the version, or give the files with --upstream DIR in the same layout.',
  UPSTREAM_FAILED:
    'Check the network and HTTPS_PROXY, or give the files with --upstream DIR in the same layout.',
  // lock
  LOCK_NOT_FOUND: 'Write it with `sallyport lock`.',
  LOCK_INVALID: 'Write it anew with `sallyport lock`; it is made by the program and not meant to be edited.',
  LOCK_MISMATCH:
    'The inputs changed since the lock was written; run `sallyport lock` again and review what moved.',
  TARGET_COLLISION: 'Use `naming: nested`, which keeps the source host in the target name.',
  // bundles
  BUNDLE_INVALID:
    'Carry the bundle over again; `sallyport bundle verify FILE` names everything that is wrong with it.',
  // render
  RENDER_IMPOSSIBLE: 'Change the option or the place that is named; nothing was written.',
  // registries
  CONNECTION_FAILED:
    'Check the address, the network and HTTPS_PROXY/NO_PROXY; a registry without TLS needs --registry HOST,plainHttp.',
  TLS_FAILED:
    'Give the CA with --registry HOST,caFile=FILE (or certs.d/HOST/ca.crt); never switch verification off for good.',
  UNAUTHORIZED:
    'Log in with `docker login` or `podman login`, or name credentials with --registry HOST,authFile=FILE.',
  FORBIDDEN: 'Ask the registry for the right to do this with the credentials that are named.',
  MANIFEST_NOT_FOUND:
    'Check the name and the tag; the tags that exist nearby are listed when the registry tells.',
  BLOB_NOT_FOUND: 'The image is damaged at its source: its manifest names content that is not there.',
  RATE_LIMITED:
    'Log in, wait, or set `mirror` for that host to a pull-through cache; the same command continues.',
  QUOTA_EXCEEDED: 'Ask for more room at the registry; the same command continues.',
  TAG_IMMUTABLE:
    'The tag exists with another digest and the registry forbids moving it; remove it there or use another prefix.',
  REGISTRY_REFUSED: 'See what the registry said; `--verbose` shows each request.',
  REGISTRY_PROTOCOL:
    'The server did not answer as an OCI registry does; check the address and what stands before it.',
  REDIRECT_REFUSED:
    'The server sent us to an address that is not allowed; check the registry and what stands before it.',
  DIGEST_MISMATCH:
    'The content is not what its digest says. Nothing was written; try again, then suspect the server or a proxy.',
  SIZE_MISMATCH:
    'The content is not as long as its descriptor says. Nothing was written; try again, then suspect the server or a proxy.',
  MANIFEST_INVALID: 'The manifest is not one that can be copied; the reason is named.',
  UNSUPPORTED_MEDIA_TYPE:
    'Push the image again with a current client: schema 1 and unknown kinds are not copied.',
  PLATFORM_MISSING: 'Choose platforms that the image has, or leave platforms out to take all.',
  TIMEOUT: 'The server stopped answering; run the same command again, it continues.',
  CREDENTIALS_INVALID: 'Correct the credentials file or helper that is named.',
  // cluster
  KUBECONFIG_INVALID: 'Correct the kubeconfig; `kubectl config view` shows what it says.',
  CLUSTER_UNAUTHORIZED:
    'Log in again with the tool that wrote the kubeconfig; `kubectl auth whoami` shows whether it helped.',
  CLUSTER_FORBIDDEN: 'Ask an administrator of the cluster for the right that is named.',
  KIND_UNKNOWN: 'Apply its CustomResourceDefinition first, or the operator that brings it.',
  OBJECT_NOT_FOUND: 'Check the name and the namespace.',
  OBJECT_INVALID: 'Correct the field that the server names, and run the same command again.',
  OBJECT_CONFLICT: 'Run the same command again.',
  FIELD_CONFLICT:
    'Take the field out of the manifest, or take it over from the other manager with --force-conflicts.',
  ADMISSION_DENIED: 'Change the object as the rule wants it, or have the rule changed.',
  WEBHOOK_DOWN:
    'Bring the webhook back (its pods, its Service, its CA bundle); `kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations` lists them.',
  NAMESPACE_TERMINATING: 'Wait until the namespace is gone, then run the same command again.',
  OBJECT_TOO_LARGE: 'Make the object smaller; etcd stores 1.5 MiB in one at the most.',
  CLUSTER_QUOTA_EXCEEDED:
    'Ask for a larger quota, or for less in the manifests; `kubectl describe quota` shows what is used.',
  CHANGE_BREAKS: 'Nothing was applied. Do what is named first, then run the same command again.',
  NOT_READY:
    'See what each object waits for; a longer --timeout helps only where it was still moving. The same command continues.',
  STATE_INVALID: 'Delete the object that is named; the next apply writes it anew.',
  NO_PREVIOUS_STATE: 'Apply the older release again: sallyport apply with its manifests.',
  CLUSTER_REFUSED: 'See what the server said; `--verbose` shows each request.',
  // answers
  CLOSURE_BROKEN:
    'Each reference listed still points outside of the target: add it to the lock, or exclude it with a reason.',
  PARTIAL_FAILURE: 'Correct what is listed and run the same command again; what was done is not done twice.',
  ABORTED: 'Run the same command again; it continues.',
  INTERNAL: 'This is a defect of Sallyport. Please report it with the text below.',
} as const;

export type ErrorCode = keyof typeof ERROR_HINTS;
