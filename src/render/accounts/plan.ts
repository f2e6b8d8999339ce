import type { RuntimeAccount, RuntimeFacts } from '../../facts/index.ts';
import { type KubeObject, type OpenFile, objectsOf } from '../objects.ts';
import type { Puller } from './workloads.ts';

/** An account that must carry the pull secret. */
export interface WantedAccount {
  readonly namespace: string | undefined;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly madeBy: RuntimeAccount['madeBy'] | 'user';
  readonly reason: string;
}

export interface AccountPlan {
  /** Accounts that the inputs hold: they are edited where they stand. */
  readonly edited: readonly {
    readonly file: OpenFile;
    readonly object: KubeObject;
    readonly account: WantedAccount;
  }[];
  /** Accounts that no input holds: they are written anew. */
  readonly added: readonly WantedAccount[];
}

const SERVICE_ACCOUNT = new Set(['ServiceAccount']);

/** Who needs the pull secret, and where that account is to be found. Sorted by namespace and name. */
export function planAccounts(
  files: readonly OpenFile[],
  pullers: readonly Puller[],
  facts: RuntimeFacts | undefined,
): AccountPlan {
  const wanted = new Map<string, WantedAccount>();
  for (const account of facts?.accounts ?? [])
    wanted.set(keyOf(account.namespace, account.name), { ...account, labels: account.labels });
  for (const { namespace, account, workload } of pullers) {
    const key = keyOf(namespace, account);
    const reason = `${workload} pulls with it`;
    const known = wanted.get(key);
    if (known === undefined)
      wanted.set(key, {
        namespace,
        name: account,
        labels: {},
        madeBy: account === 'default' ? 'kubernetes' : 'user',
        reason,
      });
  }
  const edited: AccountPlan['edited'][number][] = [];
  for (const file of files) {
    for (const object of objectsOf(file, SERVICE_ACCOUNT)) {
      const key = keyOf(object.namespace, object.name);
      const account = wanted.get(key);
      if (account === undefined) continue;
      edited.push({ file, object, account });
      wanted.delete(key);
    }
  }
  return { edited, added: [...wanted].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, account]) => account) };
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}
