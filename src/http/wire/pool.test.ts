import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPool, type Pool } from './pool.ts';

let server: Server;
let port: number;
let dials: number;
beforeEach(async () => {
  dials = 0;
  server = createServer((socket) => void socket.on('error', () => {}).resume());
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  port = (server.address() as AddressInfo).port;
});
let pools: Pool[] = [];
afterEach(async () => {
  for (const pool of pools) pool.close();
  pools = [];
  await new Promise<void>((done) => void server.close(() => done()));
});

const dial = (): Promise<Socket> =>
  new Promise((resolve) => {
    dials++;
    const socket = connect({ host: '127.0.0.1', port }, () => resolve(socket));
  });

function pool(size: number, open = dial): Pool {
  const made = createPool(size, open);
  pools.push(made);
  return made;
}

describe('createPool', () => {
  it('hands out the connection that was given back last', async () => {
    const connections = pool(5);
    const [first, second] = await Promise.all([connections.take(undefined), connections.take(undefined)]);
    connections.giveBack(first);
    connections.giveBack(second);
    expect(await connections.take(undefined)).toBe(second);
    expect(dials).toBe(2);
  });

  it('opens no more than its size, and serves those who wait in their order', async () => {
    const connections = pool(1);
    const only = await connections.take(undefined);
    const served: number[] = [];
    const turns = [1, 2].map(async (number) => {
      const connection = await connections.take(undefined);
      served.push(number);
      return connection;
    });
    connections.giveBack(only);
    expect(await turns[0]).toBe(only);
    // The second gets a new one in the place of one that ended.
    only.socket.destroy();
    const other = await turns[1];
    expect(served).toEqual([1, 2]);
    expect(other).not.toBe(only);
    other?.socket.destroy();
    expect(dials).toBe(2);
  });

  it('does not keep the place of a dial that failed', async () => {
    let fails = true;
    const connections = pool(1, () => (fails ? Promise.reject(new Error('no')) : dial()));
    await expect(connections.take(undefined)).rejects.toThrow('no');
    fails = false;
    (await connections.take(undefined)).socket.destroy();
  });

  it('forgets who stopped waiting, and keeps the connection that was dialled for them', async () => {
    const connections = pool(1);
    const stop = new AbortController();
    const dialling = connections.take(stop.signal);
    const waiting = connections.take(stop.signal);
    const patient = connections.take(undefined);
    stop.abort();
    await expect(dialling).rejects.toMatchObject({ code: 'ABORTED' });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    (await patient).socket.destroy();
    expect(dials).toBe(1);
  });

  it('drops what ended while it waited for work', async () => {
    const connections = pool(3);
    const first = await connections.take(undefined);
    connections.giveBack(first);
    connections.dropIdle();
    await new Promise((gone) => first.socket.once('close', gone));
    const second = await connections.take(undefined);
    expect(second).not.toBe(first);
    second.socket.destroy();
  });

  it('opens nothing after its end', async () => {
    const connections = pool(3);
    connections.close();
    await expect(connections.take(undefined)).rejects.toMatchObject({ code: 'ABORTED' });
  });
});
