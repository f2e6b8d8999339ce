/**
 * What requests have relied on lately: a client that was told “it is here” will not send it again, so it must not be collected
 * just then, although nothing on disk refers to it yet.
 */
export class Recent {
  readonly #marks = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  mark(key: string): void {
    this.#marks.set(key, this.#now());
  }

  unmark(key: string): void {
    this.#marks.delete(key);
  }

  /** Whether it was marked at this time (milliseconds since the epoch) or later. */
  since(key: string, time: number): boolean {
    return (this.#marks.get(key) ?? Number.NEGATIVE_INFINITY) >= time;
  }

  /** Forgets older marks. */
  prune(before: number): void {
    for (const [key, time] of this.#marks) if (time < before) this.#marks.delete(key);
  }
}
