import { type Agent, type AgentOptions, Agent as PlainAgent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import type { Duplex } from 'node:stream';

type Deliver = (error: Error | null, stream: Duplex) => void;

export interface OwnAgent {
  readonly agent: Agent;
  /** Ends connections that wait for work: after one was found dead, its neighbours are likely dead too. */
  dropIdle(): void;
}

/** A keep-alive pool for one origin whose connections come from `open`. */
export function createAgent(secure: boolean, maxSockets: number, open: () => Promise<Duplex>): OwnAgent {
  const options: AgentOptions = {
    keepAlive: true,
    maxSockets,
    maxFreeSockets: maxSockets,
    scheduling: 'lifo',
  };
  const agent: Agent = secure ? new TlsAgent(options) : new PlainAgent(options);
  // Node takes the connection from the callback when nothing is returned ("agent.createConnection(options[, callback])").
  // An error is delivered without a stream, which the declared type does not know.
  agent.createConnection = (_options: unknown, deliver?: Deliver): undefined => {
    open().then(
      (socket) => deliver?.(null, socket),
      (error: Error) => (deliver as ((error: Error) => void) | undefined)?.(error),
    );
    return undefined;
  };
  return {
    agent,
    dropIdle: () => {
      for (const sockets of Object.values(agent.freeSockets))
        for (const socket of sockets ?? []) socket.destroy();
    },
  };
}
