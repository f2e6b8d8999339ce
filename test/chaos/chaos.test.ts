import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type SallyportError, toSallyportError } from '../../src/base/index.ts';
import { LOGIN } from './chaos-registry.ts';
import { COMMANDS, type Command } from './commands.ts';
import { FAULTS, type Fault } from './faults.ts';
import { readBack } from './readback.ts';
import { fillSource, IMAGES, openWorld, targetName, type World } from './world.ts';

/**
 * Every command that touches a registry against every way in which one misbehaves, as source and as target. It ends with a right copy,
 * read back whole by another client, or with a clear error; never with a wrong copy, and never not at all.
 */

const sourceDir = mkdtempSync(join(tmpdir(), 'sallyport-chaos-source-'));
let world: World | undefined;

beforeAll(() => fillSource(sourceDir));
afterEach(async () => {
  await world?.close();
  world = undefined;
});
afterAll(() => rmSync(sourceDir, { recursive: true, force: true }));

/** Every case has to end by itself in this time; most take a tenth of a second. */
const BOUND_MS = 60_000;

const CASES = COMMANDS.flatMap((command) =>
  command.sides.flatMap((side) =>
    FAULTS.filter((fault) => fault.side === side || fault.side === 'both').map(
      (fault): [string, Command, 'source' | 'target', Fault] => [
        `${command.name}: ${fault.name}, at the ${side}`,
        command,
        side,
        fault,
      ],
    ),
  ),
);

describe('against a registry that misbehaves', () => {
  it.each(CASES)(
    '%s',
    async (_name, command, side, fault) => {
      world = await openWorld(sourceDir);
      const prepared = await command.prepare?.(world);
      world[side].suffer(fault);
      const first = await outcomeOf(world, command, prepared);
      const suffered = world[side].suffered();
      await checkTarget(world, command, fault, first);
      if (suffered > 0) checkEnd(command, fault, first);
      else expect(first).toBeUndefined();
      checkSecrets(world);
      // The weather clears: the same command goes on from what is there.
      world[side].suffer(undefined);
      const second = await outcomeOf(world, command, prepared);
      expect(second).toBeUndefined();
      // An image that is there whole is not looked at again; what was hidden then may still be missing.
      await checkTarget(world, command, first === undefined ? fault : undefined, second);
    },
    BOUND_MS,
  );
});

/** The error that the command ends with, or undefined for a success that is right in all that it says. */
async function outcomeOf(
  at: World,
  command: Command,
  prepared: unknown,
): Promise<SallyportError | undefined> {
  let wrong: readonly string[];
  try {
    wrong = await command.run(at, prepared);
  } catch (thrown) {
    expect(command.afterFailure?.(at) ?? []).toEqual([]);
    return toSallyportError(thrown);
  }
  expect(wrong).toEqual([]);
  return undefined;
}

/** Whatever happened: no tag leads to something that is not whole; and after a success everything is there. */
async function checkTarget(
  at: World,
  command: Command,
  fault: Fault | undefined,
  error: SallyportError | undefined,
): Promise<void> {
  const held = await readBack(at.target.server.url);
  expect(held.problems).toEqual([]);
  if (!command.copies || error !== undefined) return;
  for (const [reference, image] of IMAGES) {
    const name = targetName(reference);
    expect(held.tags.get(name), name).toBe(image.root.descriptor.digest);
    if (fault?.hidesReferrers === true) continue;
    const repository = name.replace(/:[^:]*$/, '');
    for (const { manifest, tag } of image.extras) {
      const { digest } = manifest.descriptor;
      if (tag !== undefined) expect(held.tags.get(`${repository}:${tag}`), tag).toBe(digest);
      else expect([...held.referrers]).toContain(`${repository}@${digest}`);
    }
  }
}

/** The end is the one that the table says, and an error is one that a person can use. */
function checkEnd(command: Command, fault: Fault, error: SallyportError | undefined): void {
  if (fault.ends === 'right') expect(error).toBeUndefined();
  if (error === undefined) {
    if (command.onlyLooks !== true) expect(['right', 'either']).toContain(fault.ends);
    return;
  }
  for (const one of error.parts.length > 0 ? error.parts : [error]) {
    if (typeof fault.ends !== 'string') expect(fault.ends).toContain(one.code);
    expect(['INTERNAL', 'ABORTED']).not.toContain(one.code);
    expect(one.subject ?? '').not.toBe('');
    expect(one.message.length).toBeLessThan(1500);
    expect(`${one.subject ?? ''} ${one.message} ${one.hint}`).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
    expect(`${one.message} ${JSON.stringify(one.facts)}`).not.toContain(LOGIN.password);
  }
}

/** No other origin saw a credential, and nobody was told one. */
function checkSecrets(at: World): void {
  for (const headers of [...at.source.elsewhere.seen, ...at.target.elsewhere.seen]) {
    expect(headers.authorization).toBeUndefined();
    expect(headers.cookie).toBeUndefined();
  }
  const said = JSON.stringify(at.events);
  expect(said).not.toContain(LOGIN.password);
  expect(said).not.toContain(Buffer.from(`${LOGIN.user}:${LOGIN.password}`).toString('base64'));
}
