import { createHash } from 'node:crypto';
import { shardOf } from '../src/transfer/shard.ts';

/**
 * Simulates `mirror --shard` for 10,000 images and 1 to 64 workers: which bytes each worker moves by the real rule (`shardOf`), and how long the
 * longest takes under stated speeds. A model, not a measurement: it shows how evenly digests split work, and where the target is the limit.
 * Usage: npx tsx bench/fan-out.ts
 */
const IMAGES = 10_000;
/** Bytes per second that one worker moves, and that the target takes from all together. */
const WORKER = 100e6;
const TARGET = 1e9;
/** Seconds that a worker needs to plan, whatever its shard: each reads all manifests, 128 at a time, 40 ms each. */
const PLAN = ((IMAGES * 3) / 128) * 0.04;

interface Blob {
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

/** Ten base layers that all share, per image a config and three layers between 10 kB and 300 MB, log-uniform. */
function blobs(): Blob[] {
  const named = (name: string, size: number): Blob => ({
    digest: `sha256:${createHash('sha256').update(name).digest('hex')}`,
    size: Math.round(size),
  });
  const spread = (name: string): number =>
    1e4 * 3e4 ** (createHash('sha256').update(`size ${name}`).digest().readUInt32LE(0) / 2 ** 32);
  const all = Array.from({ length: 10 }, (_, base) => named(`base ${base}`, 80e6));
  for (let image = 0; image < IMAGES; image++) {
    all.push(named(`config ${image}`, 5000));
    for (let layer = 0; layer < 3; layer++) all.push(named(`${image} ${layer}`, spread(`${image} ${layer}`)));
  }
  return all;
}

const all = blobs();
const total = all.reduce((sum, { size }) => sum + size, 0);
process.stdout.write(`${IMAGES} images, ${all.length} blobs, ${(total / 1e9).toFixed(0)} GB\n`);
process.stdout.write('workers  bytes moved  largest shard / mean  minutes  faster than one\n');
let one = 0;
for (const workers of [1, 4, 16, 64]) {
  const shares = new Array<number>(workers).fill(0);
  for (const { digest, size } of all) {
    const shard = shardOf(digest, workers);
    shares[shard] = (shares[shard] ?? 0) + size;
  }
  const moved = shares.reduce((sum, share) => sum + share, 0);
  const largest = Math.max(...shares);
  const seconds = PLAN + Math.max(largest / WORKER, moved / TARGET);
  if (workers === 1) one = seconds;
  process.stdout.write(
    `${String(workers).padStart(7)}  ${(moved / total).toFixed(3)} ×      ${(largest / (moved / workers)).toFixed(2)}                  ${(seconds / 60).toFixed(0).padStart(7)}  ${(one / seconds).toFixed(1)} ×\n`,
  );
}
