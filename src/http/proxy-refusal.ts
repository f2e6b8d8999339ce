import { printable, SallyportError } from '../base/index.ts';

/** What a proxy said instead of opening the way, as an error that names the proxy and not the registry. */
export function proxyRefusal(
  proxy: URL,
  origin: URL,
  status: number,
  reason: string,
  authenticated: boolean,
): SallyportError {
  const facts = {
    phase: 'proxy',
    reason: `PROXY_${status}`,
    transient: status === 429 || status >= 500,
    status,
  };
  const details = { subject: origin.host, facts };
  if (status === 407)
    return new SallyportError(
      'CONNECTION_FAILED',
      `the proxy ${proxy.host} ${authenticated ? 'does not accept the credentials in its address' : 'wants credentials'} (407)`,
      {
        ...details,
        hint: 'Write HTTPS_PROXY as http://user:password@host:port, with special characters percent-encoded.',
      },
    );
  return new SallyportError(
    'CONNECTION_FAILED',
    `the proxy ${proxy.host} refuses the way there (${status}${reason === '' ? '' : ` ${printable(reason, 100)}`})`,
    {
      ...details,
      hint: 'Have the host allowed at the proxy, or name it in NO_PROXY when it is reached directly.',
    },
  );
}

/** A proxy that cannot be reached, as an error that does not read as if the registry could not. Stopping stays stopping. */
export function proxyFailure(proxy: URL, origin: URL, failure: SallyportError): SallyportError {
  if (failure.code !== 'CONNECTION_FAILED' && failure.code !== 'TIMEOUT') return failure;
  return new SallyportError(failure.code, `the proxy ${proxy.host}: ${failure.message}`, {
    subject: origin.host,
    cause: failure,
    facts: failure.facts,
    hint: 'Check that the proxy runs and that HTTPS_PROXY or HTTP_PROXY names it; hosts that are reached directly belong into NO_PROXY.',
  });
}
