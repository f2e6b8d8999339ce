import type { ComponentFact, SettingFacts, SettingRow, SettingWay } from '../../facts/index.ts';
import type { ComponentSettings, ProfileSettings } from '../../lock/index.ts';
import { equal, isObject, type Json, mergePatch, toJson } from '../edit/index.ts';
import type { Finding } from '../types.ts';

/** Changes of one Deployment that the manifests hold. */
export interface DeploymentChange {
  readonly deployment: string;
  readonly container: string;
  /** Merge patch over the object. */
  readonly object: { readonly [key: string]: Json };
  /** Merge patch over the container. */
  readonly ofContainer: { readonly [key: string]: Json };
  readonly variables: readonly { readonly name: string; readonly value: string }[];
  /** Keys of nodes over which the pods are spread. */
  readonly spread: readonly string[];
}

export interface Budget {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: { readonly [key: string]: Json };
}

/** What settings come to, before anything is written. */
export interface SettingPlan {
  readonly deployments: readonly DeploymentChange[];
  /** `config` of the operator's configuration object; empty when nothing is set. */
  readonly operatorConfig: { readonly [key: string]: Json };
  /** Merge patch over the platform's main object. */
  readonly clusterObject: { readonly [key: string]: Json };
  readonly budgets: readonly Budget[];
  readonly findings: readonly Finding[];
}

const PLACE = 'sources.profile.settings';

/** Nodes have these labels. Source: Kubernetes, well-known labels. */
const TOPOLOGY: Readonly<Record<'hostname' | 'zone', string>> = {
  hostname: 'kubernetes.io/hostname',
  zone: 'topology.kubernetes.io/zone',
};

/** Sends every setting on its ways. What has no way is an error, what upstream overwrites is a note that says so. */
export function planSettings(settings: ProfileSettings, facts: SettingFacts): SettingPlan {
  const making = new Making(facts);
  for (const fact of facts.components) {
    const asked = settings.components[fact.name as keyof ProfileSettings['components']];
    for (const [setting, value] of Object.entries(asked ?? {}))
      making.take(fact, setting as SettingRow['setting'], toJson(value));
  }
  if (settings.proxy !== undefined) making.proxy(settings.proxy);
  if (settings.caBundle !== undefined) making.trust();
  return making.plan();
}

interface Changing {
  object: Json;
  ofContainer: Json;
  readonly variables: { name: string; value: string }[];
  spread: readonly string[];
}

class Making {
  readonly #facts: SettingFacts;
  readonly #deployments = new Map<ComponentFact, Changing>();
  readonly #budgets: Budget[] = [];
  readonly #findings: Finding[] = [];
  #operatorConfig: Json = {};
  #clusterObject: Json = {};

  constructor(facts: SettingFacts) {
    this.#facts = facts;
  }

  take(fact: ComponentFact, setting: SettingRow['setting'], value: Json): void {
    const subject = `${PLACE}.components.${fact.name}.${setting}`;
    const own = this.#facts.rows.filter(({ component }) => component === fact.name);
    const row = own.find((one) => one.setting === setting);
    if (row === undefined) {
      const known = own.map((one) => one.setting).join(', ');
      this.#findings.push({ level: 'error', subject, message: `cannot be set; ${fact.name} takes ${known}` });
      return;
    }
    for (const way of row.ways) this.#go(way, fact, setting, value, subject);
  }

  #go(
    way: SettingWay,
    fact: ComponentFact,
    setting: SettingRow['setting'],
    value: Json,
    subject: string,
  ): void {
    switch (way.kind) {
      case 'told':
        this.#findings.push({
          level: 'note',
          subject,
          message: `has no effect: ${way.message.replace('{value}', String(value))}`,
        });
        return;
      case 'deployment':
        this.#inDeployment(this.#changing(fact), setting, value);
        return;
      case 'variables': {
        const holder = this.#facts.components.find(({ name }) => name === way.of);
        if (holder === undefined) return;
        this.#asVariables(this.#changing(holder).variables, way.names, value, subject);
        return;
      }
      case 'operator-config':
        this.#operatorConfig = mergePatch(this.#operatorConfig, nested(way.path, quantities(setting, value)));
        return;
      case 'cluster-object':
        this.#clusterObject = merged(this.#clusterObject, clusterPatch(way, setting, value));
        return;
      case 'budget':
        if (fact.labels !== undefined && isObject(value))
          this.#budgets.push({
            name: fact.name,
            namespace: fact.namespace,
            labels: fact.labels,
            spec: value,
          });
    }
  }

  #changing(fact: ComponentFact): Changing {
    const found = this.#deployments.get(fact) ?? { object: {}, ofContainer: {}, variables: [], spread: [] };
    this.#deployments.set(fact, found);
    return found;
  }

  #inDeployment(change: Changing, setting: SettingRow['setting'], value: Json): void {
    if (setting === 'replicas') change.object = mergePatch(change.object, { spec: { replicas: value } });
    else if (setting === 'spread')
      change.spread = (value as readonly ('hostname' | 'zone')[]).map((name) => TOPOLOGY[name]);
    else if (setting === 'nodeSelector' || setting === 'tolerations')
      change.object = mergePatch(change.object, { spec: { template: { spec: { [setting]: value } } } });
    else change.ofContainer = mergePatch(change.ofContainer, { [setting]: quantities(setting, value) });
  }

  #asVariables(
    into: { name: string; value: string }[],
    names: Readonly<Record<string, string>>,
    value: Json,
    subject: string,
  ): void {
    for (const [kind, amounts] of Object.entries(isObject(value) ? value : {}))
      for (const [resource, amount] of Object.entries(isObject(amounts) ? amounts : {})) {
        const name = names[`${kind}.${resource}`];
        if (name !== undefined) into.push({ name, value: String(amount) });
        else
          this.#findings.push({
            level: 'error',
            subject: `${subject}.${kind}.${resource}`,
            message: `cannot be set; the controller takes ${Object.keys(names).join(', ')}`,
          });
      }
  }

  proxy(proxy: NonNullable<ProfileSettings['proxy']>): void {
    const { http, https, no } = proxy;
    this.#operatorConfig = mergePatch(this.#operatorConfig, {
      routing: {
        proxyConfig: {
          ...(http === undefined ? {} : { httpProxy: http }),
          ...(https === undefined ? {} : { httpsProxy: https }),
          ...(no.length === 0 ? {} : { noProxy: no.join(',') }),
        },
      },
    });
    const text = https ?? http;
    if (text === undefined) return;
    const url = new URL(text);
    this.#clusterObject = merged(this.#clusterObject, {
      spec: {
        components: {
          cheServer: {
            proxy: {
              url: `${url.protocol}//${url.hostname}`,
              port: url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port,
              nonProxyHosts: no,
            },
          },
        },
      },
    });
  }

  trust(): void {
    const { caBundle, operatorConfig } = this.#facts;
    this.#operatorConfig = mergePatch(this.#operatorConfig, {
      routing: {
        tlsCertificateConfigmapRef: { name: caBundle.name, namespace: operatorConfig.namespace },
      },
    });
  }

  plan(): SettingPlan {
    return {
      deployments: [...this.#deployments].flatMap(([fact, { object, ofContainer, ...rest }]) =>
        fact.deployment === undefined || !isObject(object) || !isObject(ofContainer)
          ? []
          : [
              {
                deployment: fact.deployment.name,
                container: fact.deployment.container,
                object,
                ofContainer,
                ...rest,
              },
            ],
      ),
      operatorConfig: isObject(this.#operatorConfig) ? this.#operatorConfig : {},
      clusterObject: isObject(this.#clusterObject) ? this.#clusterObject : {},
      budgets: this.#budgets,
      findings: this.#findings,
    };
  }
}

/** Quantities are text in Kubernetes' objects, whatever the configuration has. */
function quantities(setting: SettingRow['setting'], value: Json): Json {
  if (setting !== 'resources' || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([kind, amounts]) => [
      kind,
      isObject(amounts)
        ? Object.fromEntries(Object.entries(amounts).map(([name, amount]) => [name, String(amount)]))
        : amounts,
    ]),
  );
}

function clusterPatch(
  way: Extract<SettingWay, { kind: 'cluster-object' }>,
  setting: SettingRow['setting'],
  asked: Json,
): Json {
  const plain = quantities(setting, asked);
  const value =
    way.singular === true && isObject(plain)
      ? Object.fromEntries(
          Object.entries(plain).map(([key, amounts]) => [key === 'requests' ? 'request' : key, amounts]),
        )
      : plain;
  if (way.container === undefined) return nested(way.path, value);
  const item = { ...(way.container === '' ? {} : { name: way.container }), [setting]: value };
  return nested([...way.path, 'containers'], [item]);
}

function nested(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => ({ [key]: inner }), value);
}

/** Like a merge patch, but items of lists of containers are joined by their name. */
function merged(a: Json, b: Json): Json {
  if (Array.isArray(a) && Array.isArray(b)) {
    const items = [...(a as readonly Json[])];
    for (const item of b as readonly Json[]) {
      const at = items.findIndex((other) => nameOf(other) === nameOf(item));
      if (at === -1 || !isObject(item)) items.push(item);
      else items[at] = merged(items[at] ?? {}, item);
    }
    return items;
  }
  if (!isObject(a) || !isObject(b)) return b;
  const both: Record<string, Json> = { ...a };
  for (const [key, value] of Object.entries(b))
    both[key] = key in both ? merged(both[key] ?? null, value) : value;
  return both;
}

function nameOf(item: Json): Json {
  return isObject(item) ? (item['name'] ?? null) : null;
}

/**
 * Places that settings and a user's own patch both fill with different values, as key paths: neither may win silently.
 */
export function disagreements(settings: Json, patch: Json, path = ''): string[] {
  if (!isObject(settings) || !isObject(patch)) return equal(settings, patch) ? [] : [path];
  return Object.entries(settings).flatMap(([key, value]) => {
    const other = patch[key];
    return other === undefined ? [] : disagreements(value, other, path === '' ? key : `${path}.${key}`);
  });
}

/** True when nothing is asked. */
export function asksNothing({ components, proxy, caBundle }: ProfileSettings): boolean {
  const asked = Object.values(components).some(
    (one: ComponentSettings | undefined) => Object.keys(one ?? {}).length > 0,
  );
  return !asked && proxy === undefined && caBundle === undefined;
}
