import { closeSync, ftruncateSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCa } from '../../test/support/docker-registry.ts';
import { type Case, compiled, mirror } from '../bench.ts';
import { cpu, interleave, median, type Run, ratio, runOnce, seconds } from '../measure.ts';
import { streamByOpenssl } from '../openssl.ts';
import { listOf, namesOf, TWENTY, withEmptyRegistry, withSource } from '../registries.ts';

/** As many bytes as the twenty images have. */
const SIZE = 600_000_000;

/**
 * The two servers take most of both processors, so the wall clock tells little of us. Compared is the processor time: what one core of ours
 * carries in a second, against one core of the openssl command line that takes in, hashes and sends the same number of bytes.
 */
export const tls: Case = {
  needs: ['/usr/bin/time', 'docker-registry', 'openssl'],
  run: async (bench) => {
    const ca = makeCa(join(bench.dir, 'ca'));
    const zeros = join(bench.dir, 'zeros');
    const file = openSync(zeros, 'w');
    ftruncateSync(file, SIZE);
    closeSync(file);
    await withSource(
      join(bench.dir, 'twenty-tls'),
      TWENTY,
      async (source) => {
        const list = join(bench.dir, 'twenty.txt');
        writeFileSync(list, listOf(TWENTY, source.host));
        const floor = await compiled(bench, 'floor');
        const fresh = (command: (host: string) => readonly string[]) => (): Promise<Run> =>
          withEmptyRegistry(
            join(bench.dir, 'target'),
            ({ host }) =>
              runOnce(command(host), { cwd: bench.dir, env: { ...process.env, FLOOR_CA: ca.caFile } }),
            ca,
          );
        const openssl: number[] = [];
        const runs = await interleave(3, {
          openssl: async () => {
            const { receive, hash, send } = await streamByOpenssl(zeros, ca);
            openssl.push(receive.cpuMs + hash.cpuMs + send.cpuMs);
            return receive;
          },
          ours: fresh((host) =>
            mirror(bench, list, `${host}/copy`, [
              `${source.host},caFile=${ca.caFile}`,
              `${host},caFile=${ca.caFile}`,
            ]),
          ),
          floor: fresh((host) => [
            'node',
            floor,
            `https://${source.host}`,
            `https://${host}`,
            ...namesOf(TWENTY),
          ]),
        });
        const floorCpu = cpu(runs['floor']);
        const rate = (ms: number): string => `${(SIZE / 1e6 / (ms / 1000)).toFixed(0)} MB/s`;
        const ours = cpu(runs['ours']);
        bench.report(
          'TLS on both sides, the same 600 MB, a second of one core',
          `**${(median(openssl) / ours).toFixed(2)} ×** the openssl command line: ${rate(ours)} against ${rate(median(openssl))}`,
          'shown',
        );
        bench.report(
          'the same against bare streaming with the TLS of Node (openssl too)',
          `**${(floorCpu / ours).toFixed(2)} ×**: ${rate(ours)} against ${rate(floorCpu)}`,
          'at least 0.8 ×',
        );
        bench.report(
          'the same, whole copy against the bare one',
          `**${ratio(runs['ours'], runs['floor']).toFixed(2)} ×**: ${seconds(runs['ours'])} against ${seconds(runs['floor'])}`,
          'shown',
        );
      },
      ca,
    );
    rmSync(zeros);
  },
};
