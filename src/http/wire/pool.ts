import type { Socket } from 'node:net';
import { SallyportError, whenAborted } from '../../base/index.ts';
import { aborted } from '../failures.ts';
import { type Connection, createConnection } from './connection.ts';

/** The connections to one server. */
export interface Pool {
  /** The one that was used last, or a new one. Throws what `open` throws, and `ABORTED`. */
  take(signal: AbortSignal | undefined): Promise<Connection>;
  /** Gives back one that was taken and not used. */
  giveBack(connection: Connection): void;
  /** Ends connections that wait for work: after one was found dead, its neighbours are likely dead too. */
  dropIdle(): void;
  close(): void;
}

/** At most `size` connections at a time, each from `open`; whoever finds none waits for its turn. Those that wait for work keep no process alive. */
export function createPool(size: number, open: () => Promise<Socket>): Pool {
  const idle: Connection[] = [];
  const waiting = new Set<(found: Connection | undefined) => void>();
  let count = 0;
  let closed = false;

  /** The next in line gets the connection, or the place for a new one. */
  const next = (found: Connection | undefined): boolean => {
    for (const turn of waiting) {
      waiting.delete(turn);
      turn(found);
      return true;
    }
    return false;
  };

  const free = (connection: Connection): void => {
    if (closed) connection.socket.destroy();
    else if (!next(connection)) {
      connection.socket.unref();
      idle.push(connection);
    }
  };

  const dial = async (): Promise<Connection> => {
    count++;
    try {
      const socket = await open();
      const connection = createConnection(socket, {
        freed: () => free(connection),
        gone: () => {
          const at = idle.indexOf(connection);
          if (at >= 0) idle.splice(at, 1);
          count--;
          next(undefined);
        },
      });
      return connection;
    } catch (error) {
      count--;
      next(undefined);
      throw error;
    }
  };

  const turn = (signal: AbortSignal | undefined): Promise<Connection | undefined> =>
    new Promise((resolve, reject) => {
      const mine = (found: Connection | undefined): void => {
        stay();
        resolve(found);
      };
      waiting.add(mine);
      const stay = whenAborted(signal, () => {
        waiting.delete(mine);
        reject(aborted(signal?.reason));
      });
    });

  /** A dial that nobody waits for any more is of use to the next. */
  const dialFor = (signal: AbortSignal | undefined): Promise<Connection> =>
    new Promise((resolve, reject) => {
      let left = false;
      const stay = whenAborted(signal, () => {
        left = true;
        reject(aborted(signal?.reason));
      });
      dial().then(
        (connection) => {
          stay();
          if (left) free(connection);
          else resolve(connection);
        },
        (error: unknown) => {
          stay();
          reject(error);
        },
      );
    });

  return {
    take: async (signal) => {
      if (signal?.aborted === true) throw aborted(signal.reason);
      if (closed) throw new SallyportError('ABORTED', 'the run is over');
      let found = idle.pop();
      if (found === undefined && count >= size) found = await turn(signal);
      if (found === undefined) return dialFor(signal);
      found.socket.ref();
      return found;
    },
    giveBack: free,
    dropIdle: () => {
      for (const { socket } of [...idle]) socket.destroy();
    },
    close: () => {
      closed = true;
      for (const { socket } of [...idle]) socket.destroy();
    },
  };
}
