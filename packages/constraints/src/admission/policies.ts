import { type GroupVersionKind, type GroupVersionResource, isSameJson, type KubeObject } from "@sallyport/kube";
import { isConstraint } from "../constraint.ts";
import type { Engine } from "../engines/engine.ts";
import { Expansion } from "../expansion/expansion.ts";
import { isExpansionTemplate, readExpansionTemplate } from "../expansion/expansion-template.ts";
import type { ExternalData } from "../external-data/external-data.ts";
import { isProvider, readProvider } from "../external-data/provider.ts";
import { Framework } from "../framework.ts";
import { kindOf } from "../group-version-kind.ts";
import { isNamespace } from "../match/match.ts";
import { idOf } from "../mutation/mutator.ts";
import { isMutator, Mutators, readMutator } from "../mutation/mutators.ts";
import { isTemplate } from "../template/template.ts";
import { Configuration, kindKey } from "./configuration.ts";
import { isGatekeeperGroup } from "./definitions.ts";
import type { StoredPolicy } from "./metrics.ts";
import { PolicyMetrics } from "./policy-metrics.ts";

/** One change of what is stored; `object` is undefined when it was deleted. */
export interface StoredChange {
  readonly resource: Pick<GroupVersionResource, "group" | "resource">;
  readonly namespace: string;
  readonly name: string;
  readonly object: KubeObject | undefined;
}

export interface GatekeeperPoliciesOptions {
  readonly engines: readonly Engine[];
  /** Asked by templates and mutators, as the engines were told. Without it Providers are not asked. */
  readonly externalData?: ExternalData | undefined;
  /** All objects of a kind, as far as they are known, as if they came now: what is to be replicated from here on. */
  readonly stored: (kind: GroupVersionKind) => Iterable<StoredChange>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** Gatekeeper's objects of a cluster, as they come and go, and what is in force of them: what cannot be used leaves the last good one in force. */
export class GatekeeperPolicies {
  readonly framework: Framework;
  readonly mutators: Mutators;
  readonly expansion = new Expansion();
  readonly configuration = new Configuration();
  readonly #options: GatekeeperPoliciesOptions;
  readonly #metrics = new PolicyMetrics();
  /** Gatekeeper's own objects by place, in force or not. */
  readonly #own = new Map<string, KubeObject>();
  readonly #faults = new Map<string, string>();
  readonly #replicated = new Map<string, KubeObject>();
  #wanted: ReadonlySet<string> = new Set();

  constructor(options: GatekeeperPoliciesOptions) {
    this.#options = options;
    this.framework = new Framework(options);
    this.mutators = new Mutators(options.externalData, (...told) => this.#metrics.mutated(...told));
  }

  /** Takes in what has come, changed or gone. */
  apply(change: StoredChange): void {
    const key = placeOf(change);
    if (isGatekeeperGroup(change.resource.group)) this.#applyOwn(key, change.object);
    if (this.#wanted.size > 0) this.#replicate(key, change.object);
  }

  /** Runs a review as often as it takes until all Providers that it asks have answered. */
  async resolve<T>(run: () => T): Promise<T> {
    const { externalData } = this.#options;
    return externalData === undefined ? run() : await externalData.resolve(run);
  }

  /** Gatekeeper's own objects, in force or not. */
  get own(): Iterable<KubeObject> {
    return this.#own.values();
  }

  /** The same, with whether each is in force. */
  *stored(): Iterable<StoredPolicy> {
    for (const [key, object] of this.#own) yield { object, isActive: !this.#faults.has(key) };
  }

  /** What became of them, and what is replicated, as Prometheus reads it. */
  renderMetrics(): string {
    const replicated = new Map<string, number>();
    for (const { kind } of this.#replicated.values()) replicated.set(kind, (replicated.get(kind) ?? 0) + 1);
    return this.#metrics.render({
      conflictingMutators: this.mutators.conflicting,
      celTemplates: this.framework.templatesOf("K8sNativeValidation"),
      replicated,
      wantedKinds: this.#wanted.size,
      providerErrors: this.#options.externalData?.failures ?? 0,
    });
  }

  /** Why an object that is stored is not in force, in Gatekeeper's words; undefined where it is. */
  faultAt(change: Omit<StoredChange, "object">): string | undefined {
    return this.#faults.get(placeOf(change));
  }

  /** Why an object of Gatekeeper's that somebody sends cannot be used; undefined where it can. */
  refusalOf(object: KubeObject): string | undefined {
    try {
      if (isTemplate(object)) new Framework(this.#options).addTemplate(object);
      else if (isConstraint(object)) this.framework.checkConstraint(object);
      else if (isMutator(object)) readMutator(object);
      else if (isExpansionTemplate(object)) readExpansionTemplate(object);
      else if (isProvider(object)) readProvider(object);
      else if (isConfiguration(object) && object.kind === "Config" && object.metadata.name !== "config")
        return "config resource must have name 'config'";
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  #applyOwn(key: string, object: KubeObject | undefined): void {
    const before = this.#own.get(key);
    if (object === undefined) this.#own.delete(key);
    else this.#own.set(key, object);
    // What is told of it in its status changes nothing.
    const isSame = object !== undefined && before !== undefined && isSameJson(before["spec"], object["spec"]);
    if (isSame && !this.#faults.has(key)) return;
    this.#faults.delete(key);
    if (object !== undefined) this.#ingest(key, object);
    else if (before !== undefined) this.#drop(key, before);
  }

  #ingest(key: string, object: KubeObject): void {
    const start = performance.now();
    this.#put(key, object);
    const what = isTemplate(object) ? "template" : isMutator(object) ? "mutator" : undefined;
    if (what !== undefined) this.#metrics.ingested(what, !this.#faults.has(key), (performance.now() - start) / 1000);
  }

  #put(key: string, object: KubeObject): void {
    try {
      if (isTemplate(object)) this.#putTemplate(object);
      else if (isConstraint(object)) this.framework.addConstraint(object);
      else if (isMutator(object)) this.#changeMutators(() => this.mutators.put(readMutator(object)));
      else if (isExpansionTemplate(object)) this.expansion.put(readExpansionTemplate(object));
      else if (isProvider(object)) this.#putProvider(object);
      else if (isConfiguration(object)) this.#configure(key, object);
    } catch (error) {
      this.#faults.set(key, (error as Error).message);
    }
  }

  /** Constraints that waited for their template come into force with it. */
  #putTemplate(object: KubeObject): void {
    const { kind } = this.framework.addTemplate(object);
    for (const [key, each] of this.#own) {
      if (!isConstraint(each) || each.kind !== kind) continue;
      this.#faults.delete(key);
      this.#put(key, each);
    }
  }

  /** Mutators that do not agree are all out of force: who comes or goes changes what is wrong with others. */
  #changeMutators(change: () => void): void {
    const places = [...this.#own]
      .filter(([, each]) => isMutator(each))
      .map(([key, each]) => [key, idOf(each)] as const);
    const before = places.filter(([, id]) => this.mutators.conflictsOf(id).length > 0);
    change();
    for (const [key] of before) this.#faults.delete(key);
    for (const [key, id] of places) {
      const conflicts = this.mutators.conflictsOf(id);
      if (conflicts.length > 0)
        this.#faults.set(key, `the following mutators have conflicting schemas: [${conflicts.join(" ")}]`);
    }
  }

  #putProvider(object: KubeObject): void {
    const provider = readProvider(object);
    this.#options.externalData?.put(provider);
  }

  #drop(key: string, object: KubeObject): void {
    if (isTemplate(object)) this.framework.removeTemplate(object.metadata.name ?? "");
    else if (isConstraint(object)) this.framework.removeConstraint(object);
    else if (isMutator(object)) this.#changeMutators(() => this.mutators.remove(idOf(object)));
    else if (isExpansionTemplate(object)) this.expansion.remove(object.metadata.name ?? "");
    else if (isProvider(object)) this.#options.externalData?.remove(object.metadata.name ?? "");
    else if (isConfiguration(object)) this.#configure(key, undefined);
  }

  /** A namespace that is no longer excluded, or a kind that is wanted from now on, brings objects that were there before. */
  #configure(key: string, object: KubeObject | undefined): void {
    this.configuration.put(key, object);
    const { replicated } = this.configuration;
    this.#wanted = new Set(replicated.map(kindKey));
    for (const [place, each] of this.#replicated) if (!this.#isReplicated(each)) this.#remove(place, each);
    for (const kind of replicated)
      for (const each of this.#options.stored(kind)) this.#replicate(placeOf(each), each.object);
  }

  #isReplicated(object: KubeObject): boolean {
    const { name = "", namespace = "" } = object.metadata;
    const place = isNamespace(object) ? name : namespace;
    return this.#wanted.has(kindKey(kindOf(object))) && !this.configuration.isExcluded("sync", place);
  }

  #replicate(place: string, object: KubeObject | undefined): void {
    const before = this.#replicated.get(place);
    if (before === object) return;
    if (object === undefined || !this.#isReplicated(object)) {
      if (before !== undefined) this.#remove(place, before);
      return;
    }
    this.#sync(() => this.framework.inventory.put(object));
    this.#replicated.set(place, object);
  }

  #remove(place: string, object: KubeObject): void {
    this.#sync(() => this.framework.inventory.remove(object));
    this.#replicated.delete(place);
  }

  #sync(change: () => void): void {
    const { now = Date.now } = this.#options;
    const start = performance.now();
    change();
    this.#metrics.synced((performance.now() - start) / 1000, now() / 1000);
  }
}

function placeOf({ resource: { group, resource }, namespace, name }: Omit<StoredChange, "object">): string {
  return `${group}/${resource}/${namespace}/${name}`;
}

function isConfiguration({ apiVersion, kind }: KubeObject): boolean {
  return (
    (kind === "Config" && apiVersion.startsWith("config.gatekeeper.sh/")) ||
    (kind === "SyncSet" && apiVersion.startsWith("syncset.gatekeeper.sh/"))
  );
}
