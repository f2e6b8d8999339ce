import { printable, SallyportError } from '../../base/index.ts';

const SHOWN = 60;

/** The JSON of a good answer. Throws `CLUSTER_REFUSED` for anything else: a proxy's page, a login form. */
export function readAnswer<T>(body: Buffer, server: URL): T {
  const text = body.toString('utf8');
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw noApiServer(server, `what it says is no JSON: “${printable(text.trim(), SHOWN)}”`, cause);
  }
}

/** Something else than an API server answers at its address. */
export function noApiServer(server: URL, why: string, cause?: unknown): SallyportError {
  return new SallyportError('CLUSTER_REFUSED', `does not answer as a Kubernetes API server does; ${why}`, {
    subject: server.host,
    cause,
    hint: 'Check server and proxy-url of this context in the kubeconfig, HTTPS_PROXY and NO_PROXY; `kubectl get --raw /version` shows whether it helped.',
  });
}
