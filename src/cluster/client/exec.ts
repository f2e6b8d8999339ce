import { SallyportError } from '../../base/index.ts';
import { readUpTo, type WebSocketConnection } from '../../http/index.ts';
import type { ExecOptions, ExecResult, PodName } from '../types.ts';
import { failureOf } from './failure.ts';
import { readStatus, statusOf } from './status.ts';
import type { ApiTransport } from './transport.ts';

/** Kubernetes' sub-protocols for exec over WebSocket: each message begins with the number of its stream (kubelet/pkg/cri/streaming/remotecommand). */
const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'] as const;

const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, status: 3, close: 255 } as const;

const STDIN_CHUNK = 32 * 1024;

/** Runs a command in a container. A command that fails is a result (`exitCode`); throws for everything that kept it from running. */
export async function execInPod(
  transport: ApiTransport,
  pod: Required<PodName>,
  container: string,
  command: readonly string[],
  { stdin, signal }: ExecOptions = {},
): Promise<ExecResult> {
  const subject = `Pod ${pod.namespace}/${pod.name}, container ${container}`;
  const opened = await transport.webSocket({
    path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/exec`,
    query: {
      command,
      container,
      stdin: stdin === undefined ? undefined : 'true',
      stdout: 'true',
      stderr: 'true',
    },
    protocols: PROTOCOLS,
    signal,
  });
  if (!('messages' in opened)) {
    const { bytes } = await readUpTo(opened.body, 64 * 1024);
    throw failureOf(readStatus(opened.status, bytes), { verb: 'exec into the pod', subject });
  }
  if (stdin !== undefined) sendStdin(opened, stdin);
  const streams: Record<number, Buffer[]> = {
    [CHANNEL.stdout]: [],
    [CHANNEL.stderr]: [],
    [CHANNEL.status]: [],
  };
  for await (const message of opened.messages()) {
    const channel = message[0];
    if (channel === undefined) continue;
    streams[channel]?.push(message.subarray(1));
    // The status is the last thing; some servers leave the closing to us.
    if (channel === CHANNEL.status) break;
  }
  opened.close();
  const textOf = (channel: number): string => Buffer.concat(streams[channel] ?? []).toString('utf8');
  return {
    stdout: textOf(CHANNEL.stdout),
    stderr: textOf(CHANNEL.stderr),
    exitCode: exitCodeOf(textOf(CHANNEL.status), subject),
  };
}

function sendStdin(socket: WebSocketConnection, stdin: Buffer): void {
  for (let at = 0; at < stdin.length; at += STDIN_CHUNK)
    socket.send(Buffer.concat([Buffer.from([CHANNEL.stdin]), stdin.subarray(at, at + STDIN_CHUNK)]));
  // Only version 5 can say that there is no more.
  if (socket.protocol === PROTOCOLS[0]) socket.send(Buffer.from([CHANNEL.close, CHANNEL.stdin]));
}

/** `{"status":"Success"}`, or a Failure whose cause `ExitCode` carries the number. */
function exitCodeOf(text: string, subject: string): number {
  if (text === '')
    throw new SallyportError('CONNECTION_FAILED', 'the connection ended before the command did', { subject });
  const value = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (value['status'] === 'Success') return 0;
  const status = statusOf(value, 500);
  const code = status.causes.find(({ reason }) => reason === 'ExitCode')?.message;
  if (code !== undefined) return Number(code);
  throw failureOf(status, { verb: 'run the command', subject });
}
