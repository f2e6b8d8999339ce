import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { join } from 'node:path';

/**
 * Runs inside the node's namespaces: `dns.ts FOLDER API-PORT ADDRESS` answers NAME.NAMESPACE.svc[.cluster.local] with the Service's
 * address (or a headless Service's ready endpoints), names of FOLDER/hosts, and "no such name" for every other. A records over UDP.
 */
const [folder = '', port = '', address = ''] = process.argv.slice(2);
const pki = (name: string) => readFileSync(join(folder, 'pki', name));
const agent = new Agent({
  keepAlive: true,
  ca: pki('ca.crt'),
  cert: pki('admin.crt'),
  key: pki('admin.key'),
});

interface Service {
  readonly spec: { readonly clusterIP?: string };
}

interface EndpointSlices {
  readonly items: readonly {
    readonly endpoints: readonly {
      readonly addresses: readonly string[];
      readonly conditions: { readonly ready?: boolean };
    }[];
  }[];
}

function ask<T>(path: string): Promise<T | undefined> {
  return new Promise((done) => {
    get({ host: '127.0.0.1', port: Number(port), path, agent }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        done(response.statusCode === 200 ? (JSON.parse(Buffer.concat(parts).toString()) as T) : undefined),
      );
    }).on('error', () => done(undefined));
  });
}

/** The addresses of a name, or undefined where there is no such name. */
async function lookup(name: string): Promise<readonly string[] | undefined> {
  for (const line of readFileSync(join(folder, 'hosts'), 'utf8').split('\n')) {
    const [known, ...names] = line.split(/\s+/);
    if (known !== undefined && names.includes(name)) return [known];
  }
  const [, service, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.cluster\.local)?$/.exec(name) ?? [];
  if (service === undefined || namespace === undefined) return undefined;
  const found = await ask<Service>(`/api/v1/namespaces/${namespace}/services/${service}`);
  if (found === undefined) return undefined;
  const { clusterIP } = found.spec;
  if (clusterIP !== undefined && clusterIP !== '' && clusterIP !== 'None') return [clusterIP];
  const label = encodeURIComponent(`kubernetes.io/service-name=${service}`);
  const slices = await ask<EndpointSlices>(
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${label}`,
  );
  return slices?.items.flatMap(({ endpoints }) =>
    endpoints.filter(({ conditions }) => conditions.ready === true).flatMap(({ addresses }) => addresses),
  );
}

/** RFC 1035 section 4.1: a header of 12 bytes, then the question's labels, type and class. */
const socket = createSocket('udp4');
socket.on('message', async (query, from) => {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  if (at + 5 > query.length) return;
  const isAddress = query.readUInt16BE(at + 1) === 1;
  const found = await lookup(labels.join('.').toLowerCase());
  const answers = (isAddress ? (found ?? []) : []).map((ip) =>
    // A pointer to the question's name, type A, class IN, 2 seconds, 4 bytes.
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 2, 0, 4, ...ip.split('.').map(Number)]),
  );
  const head = Buffer.from(query.subarray(0, at + 5));
  head[2] = 0x85;
  head[3] = found === undefined ? 0x83 : 0x80;
  for (const [offset, count] of [
    [4, 1],
    [6, answers.length],
    [8, 0],
    [10, 0],
  ] as const)
    head.writeUInt16BE(count, offset);
  socket.send(Buffer.concat([head, ...answers]), from.port, from.address);
});
socket.bind(53, address);
