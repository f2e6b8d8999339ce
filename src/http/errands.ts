import { bareHost, isLoopback } from './addresses.ts';
import type { HttpClient } from './types.ts';

/**
 * A client for what follows from talking to one server that the user named: redirects, upload locations, token services. Names that this
 * server gave us must not lead to this machine (`checkHop` looks at addresses, this at what names resolve to), unless the server is here itself.
 */
export function errandsOf(base: URL, http: HttpClient): HttpClient {
  let isHere = isLoopback(base);
  return {
    send: async (request) => {
      if (bareHost(request.url) !== bareHost(base))
        return http.send(isHere ? request : { ...request, refuseLocalPeer: true });
      const response = await http.send(request);
      if (response.peerIsLocal === true) isHere = true;
      return response;
    },
    close: () => http.close(),
  };
}
