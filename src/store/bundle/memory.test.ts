import { describe, expect, it } from 'vitest';
import { createMemory } from './memory.ts';

describe('createMemory', () => {
  it('gives out again what came back', () => {
    const memory = createMemory(8);
    const first = memory.take(8);
    memory.takeBack(first);
    const second = memory.take(3);
    expect(second.length).toBe(3);
    expect(second.buffer).toBe(first.buffer);
  });

  it('never gives the same to two, even when it comes back twice', () => {
    const memory = createMemory(8);
    const first = memory.take(8);
    memory.takeBack(first);
    memory.takeBack(first);
    expect(memory.take(8).buffer).not.toBe(memory.take(8).buffer);
  });

  it('takes nothing that is not its own', () => {
    const memory = createMemory(8);
    const foreign = Buffer.alloc(8);
    memory.takeBack(foreign);
    expect(memory.take(8).buffer).not.toBe(foreign.buffer);
  });
});
