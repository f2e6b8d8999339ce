import { request as httpRequest } from 'node:http';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { SallyportError } from '../base/index.ts';
import { bareHost, isLocalAddress } from './addresses.ts';
import { timedOut, transportFailure } from './failures.ts';
import { portOf, proxyAuthorization } from './proxy.ts';
import { proxyFailure, proxyRefusal } from './proxy-refusal.ts';
import { isTlsError, type Presented, tlsFailure } from './tls-failure.ts';
import type { Timeouts } from './types.ts';

export interface DialPlan {
  /** Origin to reach; its protocol says whether TLS is spoken to it. */
  readonly origin: URL;
  readonly proxy?: URL;
  readonly context: () => SecureContext;
  /** For a proxy that is itself reached by TLS. */
  readonly proxyContext: () => SecureContext;
  readonly insecureSkipVerify: boolean;
  readonly serverName?: string;
  readonly refuseLocalPeer: boolean;
  readonly timeouts: Timeouts;
  /** Learns of each socket from its first moment, so that closing the client can end a dial under way. */
  readonly track: (socket: Socket) => void;
}

/**
 * A connection ready for requests: TCP, CONNECT through the proxy when there is one, TLS. Done here and not by one of
 * the usual proxy agents, because each phase has its own time limit, a proxy's refusal must never look like the registry's answer, and
 * the socket must end with the client. The request gets the socket only after the certificate was verified.
 */
export async function dial(plan: DialPlan): Promise<Socket> {
  const { origin, proxy, timeouts } = plan;
  // Before anything is opened: certificates that cannot be used are told first.
  const choice =
    origin.protocol === 'https:'
      ? {
          context: plan.context(),
          insecure: plan.insecureSkipVerify,
          ...(plan.serverName === undefined ? {} : { serverName: plan.serverName }),
        }
      : undefined;
  const first = proxy ?? origin;
  let socket: Socket = await openTcp(first, plan);
  if (proxy !== undefined) {
    if (proxy.protocol === 'https:')
      socket = await openTls(socket, proxy, { context: plan.proxyContext(), insecure: false }, plan);
    // Plain http goes to the proxy in absolute form; many proxies allow CONNECT to TLS ports only.
    if (choice === undefined) return socket;
    socket = await openTunnel(socket, proxy, origin, timeouts);
  }
  return choice === undefined ? socket : openTls(socket, origin, choice, plan);
}

function openTcp(to: URL, plan: DialPlan): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: bareHost(to),
      port: portOf(to),
      noDelay: true,
      keepAlive: true,
      // Node gives each address 250 ms by default, which is too short for a far server behind several addresses.
      autoSelectFamilyAttemptTimeout: 2000,
    });
    plan.track(socket);
    const phase = plan.proxy === undefined ? 'dial' : 'proxy';
    const timer = setTimeout(
      () => socket.destroy(timedOut(to.host, phase, 'no connection', plan.timeouts.dial)),
      plan.timeouts.dial,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      const failure = transportFailure(error, to.host, phase);
      reject(plan.proxy === undefined ? failure : proxyFailure(plan.proxy, plan.origin, failure));
    };
    const gone = (): void => fail(new Error('the connection was closed while it was being made'));
    socket.once('error', fail).once('close', gone);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail).off('close', gone);
      if (plan.refuseLocalPeer && plan.proxy === undefined && isLocalAddress(socket.remoteAddress)) {
        socket.destroy();
        reject(leadsHere(to));
      } else resolve(socket);
    });
  });
}

function leadsHere(to: URL): SallyportError {
  return new SallyportError(
    'REDIRECT_REFUSED',
    'the server sent us to a name that leads to this machine or its link',
    {
      subject: to.host,
      facts: { to: to.host },
    },
  );
}

/** Asks the proxy for a way to the origin (RFC 9110 section 9.3.6). */
function openTunnel(socket: Socket, proxy: URL, origin: URL, timeouts: Timeouts): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const authority = `${origin.hostname}:${portOf(origin)}`;
    const authorization = proxyAuthorization(proxy);
    const request = httpRequest({
      method: 'CONNECT',
      path: authority,
      headers: {
        host: authority,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
      createConnection: () => socket,
    });
    const timer = setTimeout(
      () =>
        request.destroy(
          timedOut(proxy.host, 'proxy', `the proxy gave no way to ${origin.host}`, timeouts.dial),
        ),
      timeouts.dial,
    );
    request.once('error', (error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(proxyFailure(proxy, origin, transportFailure(error, proxy.host, 'proxy')));
    });
    request.once('connect', (response, tunnel, head) => {
      clearTimeout(timer);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        if (head.length > 0) tunnel.unshift(head);
        resolve(tunnel);
        return;
      }
      tunnel.destroy();
      reject(proxyRefusal(proxy, origin, status, response.statusMessage ?? '', authorization !== undefined));
    });
    request.end();
  });
}

interface TlsChoice {
  readonly context: SecureContext;
  readonly insecure: boolean;
  readonly serverName?: string;
}

function openTls(
  socket: Socket,
  to: URL,
  { context, insecure, serverName }: TlsChoice,
  { timeouts, track }: DialPlan,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const host = serverName ?? bareHost(to);
    const secure = connectTls({
      socket,
      host,
      servername: isIP(host) === 0 ? host : '',
      ALPNProtocols: ['http/1.1'],
      secureContext: context,
      rejectUnauthorized: !insecure,
    });
    track(secure);
    let presented: Presented | undefined;
    // Comes before Node's own verification destroys a bad connection and forgets the certificate.
    secure.prependOnceListener('secure', () => {
      const certificate = secure.getPeerCertificate(true);
      if (Object.keys(certificate).length > 0) presented = certificate;
    });
    const timer = setTimeout(
      () => secure.destroy(timedOut(to.host, 'tls', 'the TLS handshake did not end', timeouts.tls)),
      timeouts.tls,
    );
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        isTlsError(error) ? tlsFailure(to.host, error, presented) : transportFailure(error, to.host, 'tls'),
      );
    };
    const gone = (): void =>
      fail(
        Object.assign(new Error('the connection was closed during the TLS handshake'), {
          code: 'ECONNRESET',
        }),
      );
    secure.once('error', fail).once('close', gone);
    secure.once('secureConnect', () => {
      clearTimeout(timer);
      secure.off('error', fail).off('close', gone);
      resolve(secure);
    });
  });
}
