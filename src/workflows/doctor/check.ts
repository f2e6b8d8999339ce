import { isAbort, toSallyportError } from '../../base/index.ts';

/** What a check says: what was looked at, what came of it, what that means, and what to do when it is not well. */
export interface Finding {
  readonly check: string;
  /** `warning`: it works, with a cost that is named; `failed`: it does not; `skipped`: what it needs failed. */
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly found: string;
  readonly meaning: string;
  readonly next?: string;
}

/** What a check found out. */
export interface Outcome {
  readonly ok: boolean;
  readonly found: string;
  /** In place of the row's words, where this outcome means something else. */
  readonly meaning?: string;
}

/** A row of a table of checks. `Bench` is what the checks of one table work with. */
export interface Check<Bench> {
  readonly name: string;
  /** Without it nothing can be done: the answer of the whole is then no. Others cost time or comfort. */
  readonly needed: boolean;
  /** Checks that must be well before this one makes sense. */
  readonly after: readonly string[];
  /** What it means when it is well, and when it is not. */
  readonly well: string;
  readonly unwell: string;
  /** What to do when it is not well; a failure brings its own. */
  readonly next?: string;
  /** Undefined: there is nothing to say, and the check is left out. Throws when it fails. */
  run(bench: Bench): Promise<Outcome | undefined>;
}

/** Runs a table of checks one after the other and gives what they found, in its order. Throws only `ABORTED`. */
export async function runChecks<Bench>(checks: readonly Check<Bench>[], bench: Bench): Promise<Finding[]> {
  const findings: Finding[] = [];
  const unwell = new Set<string>();
  for (const check of checks) {
    const missing = check.after.find((name) => unwell.has(name));
    const finding =
      missing === undefined
        ? await findingOf(check, bench)
        : {
            check: check.name,
            state: 'skipped' as const,
            found: `not tried, since ${missing} failed`,
            meaning: '',
          };
    if (finding === undefined) continue;
    if (finding.state === 'failed' || finding.state === 'skipped') unwell.add(check.name);
    findings.push(finding);
  }
  return findings;
}

async function findingOf<Bench>(check: Check<Bench>, bench: Bench): Promise<Finding | undefined> {
  const { name, needed, well, unwell, next } = check;
  const state = needed ? 'failed' : 'warning';
  try {
    const outcome = await check.run(bench);
    if (outcome === undefined) return undefined;
    const { ok, found, meaning = ok ? well : unwell } = outcome;
    if (ok) return { check: name, state: 'ok', found, meaning };
    return { check: name, state, found, meaning, ...(next === undefined ? {} : { next }) };
  } catch (thrown) {
    if (isAbort(thrown)) throw thrown;
    const error = toSallyportError(thrown);
    const found = error.subject === undefined ? error.message : `${error.subject}: ${error.message}`;
    return { check: name, state, found, meaning: unwell, next: needed ? error.hint : (next ?? error.hint) };
  }
}
