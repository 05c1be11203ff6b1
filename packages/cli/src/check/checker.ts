import { randomUUID } from "node:crypto";
import {
  type ChainOptions,
  createChain,
  type Decision,
  emptyPolicySet,
  loadPolicyCompiler,
  type PolicySet,
  type PolicySource,
  type Reason,
  type UserInfo,
} from "@sallyport/admission";
import {
  Cache,
  createMemoryStore,
  createRegistry,
  defaultServiceRanges,
  deprecationOf,
  offlineCatalogue,
  type Registry,
  type WriteContext,
} from "@sallyport/apiserver";
import {
  builtinResources,
  type Catalogue,
  findResource,
  type KubeObject,
  parseApiVersion,
  quotaStatus,
  type ResourceInfo,
  StatusError,
  secretTextsOf,
  withoutTexts,
} from "@sallyport/kube";
import { defaultSyncOptions, PolicyLoader, Sync } from "@sallyport/opa/sync";
import { createAdmissionEffects } from "../effects/admission.ts";
import { UsageError } from "../errors.ts";
import type { ExternalDataSettings } from "../gatekeeper/external-data.ts";
import { LazyGatekeeper } from "../gatekeeper/lazy-gatekeeper.ts";
import { InputError, type Manifest } from "../manifests.ts";
import { decidingOrder } from "./deciding-order.ts";
import type { RegoRules } from "./rego-rules.ts";

export interface CheckOptions {
  readonly policies: readonly PolicySource[];
  readonly chain: ChainOptions;
  readonly user: UserInfo;
  /** Who creates an object, where that is somebody else. */
  readonly userOf?: (manifest: Manifest) => UserInfo | undefined;
  readonly namespace: string;
  /** How Gatekeeper's Providers are asked; what needs them is refused when absent. */
  readonly externalData?: ExternalDataSettings | undefined;
  /** Asked beside the chain. */
  readonly rules?: RegoRules;
  /** Rules see all objects together, once, and not each by itself. */
  readonly combine?: boolean;
  /** Documents that policies read, beside what the files hold. */
  readonly data?: { readonly [name: string]: unknown };
  /** Only what refuses is kept of decisions: memory for thousands of objects. */
  readonly brief?: boolean;
  /** After each object. */
  readonly onChecked?: (done: number, of: number) => void;
}

/** Files may be of many clusters together: no service of theirs is refused because the addresses of one would be used up. */
const serviceRanges = { ...defaultServiceRanges, cidr: "10.0.0.0/9" };

/** What became of one object. */
export interface CheckResult {
  readonly file: string;
  readonly line: number;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly verdict: "allowed" | "denied" | "invalid";
  /** Why it is invalid, or the Status message of the refusal. */
  readonly message?: string;
  readonly warnings: readonly string[];
  /** Why rules refuse it, beside the chain. */
  readonly ruleReasons?: readonly Reason[];
  /** What rules found, and an exception lets pass. */
  readonly exceptions?: readonly { readonly rule: string; readonly message: string }[];
  readonly decision?: Decision;
}

export interface CheckReport {
  /** In the order of the manifests. */
  readonly results: readonly CheckResult[];
  /** What had to be assumed of the cluster: namespaces and service accounts that no file holds. */
  readonly assumptions: readonly string[];
}

/**
 * Puts manifests through the API server's own registry and admission chain, over a store in memory: the answers are `up`'s because the
 * code is. What decides goes first, as `deciding-order.ts` has it, then namespaces, quotas and limits, then the rest as it stands. Quotas
 * count what the files hold, and nothing else: what a cluster has already is not known here.
 */
export async function checkManifests(manifests: readonly Manifest[], options: CheckOptions): Promise<CheckReport> {
  const checker = await Checker.create(options);
  const results: CheckResult[] = [];
  const orderOf = decidingOrder(manifests);
  const places = [...manifests.entries()].sort(([, a], [, b]) => orderOf(a) - orderOf(b));
  let done = 0;
  for (const [place, manifest] of places) {
    const checked = await checker.check(manifest);
    const result = options.combine === true ? checked : askRules(checked, manifest.value, options.rules);
    results[place] = options.brief === true ? briefly(result, manifest.value as KubeObject) : result;
    options.onChecked?.(++done, places.length);
  }
  if (options.combine === true) results.push(askTogether(manifests, options.rules));
  return { results, assumptions: checker.assumptions };
}

/** conftest's name of what is no file but all of them. */
export const combinedFile = "Combined";

function askTogether(manifests: readonly Manifest[], rules: RegoRules | undefined): CheckResult {
  const result = { file: combinedFile, line: 1, apiVersion: "", kind: combinedFile, namespace: "" };
  const objects = manifests.map(({ file, value }) => ({ path: file, contents: value }));
  const allowed = { ...result, name: `${objects.length} objects`, verdict: "allowed", warnings: [] } as const;
  return askRules(allowed, objects, rules);
}

/** The object goes, and with it what would tell later which texts are a Secret's values. */
function briefly({ decision, ...result }: CheckResult, sent: KubeObject): CheckResult {
  const texts = [...secretTextsOf(decision?.object), ...secretTextsOf(sent)];
  if (decision === undefined || decision.allowed) return withoutTexts(result, texts);
  const steps = decision.steps.filter(({ outcome }) => outcome === "denied" || outcome === "errored");
  return withoutTexts({ ...result, decision: { ...decision, object: null, steps } }, texts);
}

function askRules(
  result: CheckResult,
  value: Parameters<RegoRules["ask"]>[0],
  rules: RegoRules | undefined,
): CheckResult {
  if (rules === undefined) return result;
  const { failures, warnings, exceptions } = rules.ask(value);
  return {
    ...result,
    verdict: failures.length > 0 && result.verdict === "allowed" ? "denied" : result.verdict,
    warnings: [...result.warnings, ...warnings],
    ...(failures.length === 0 ? {} : { ruleReasons: failures }),
    ...(exceptions.length === 0 ? {} : { exceptions }),
  };
}

/** What is wrong with a policy that came in a ConfigMap; seen while the store tells of it, answered afterwards. */
interface PolicyFault {
  text: string | undefined;
}

class Checker {
  readonly #options: CheckOptions;
  readonly #cache: Cache;
  readonly #policyFault: PolicyFault;
  readonly #registry: Registry;
  readonly #catalogue: Catalogue;
  readonly assumptions: string[] = [];
  #decision: Decision | undefined;

  private constructor(
    options: CheckOptions,
    cache: Cache,
    policyFault: PolicyFault,
    catalogue: Catalogue,
    registry: (onDecision: (decision: Decision) => void) => Registry,
  ) {
    this.#options = options;
    this.#cache = cache;
    this.#policyFault = policyFault;
    this.#catalogue = catalogue;
    this.#registry = registry((decision) => {
      this.#decision = decision;
    });
  }

  static async create(options: CheckOptions): Promise<Checker> {
    const store = createMemoryStore();
    const cache = await Cache.over(store);
    const gatekeeper = new LazyGatekeeper(async () => {
      const { createGatekeeper, storedIn } = await import("../gatekeeper/gatekeeper.ts");
      return createGatekeeper((kind) => storedIn(cache, catalogue, kind), { externalData: options.externalData });
    });
    const plugins = createChain({ ...options.chain, others: [gatekeeper.plugin] });
    if (typeof plugins === "string") throw new UsageError(plugins);
    let policies: PolicySet = emptyPolicySet;
    const policyFault: PolicyFault = { text: undefined };
    const createPolicySet = await loadPolicyCompiler();
    const activate = (sources: readonly PolicySource[]) => {
      const result = createPolicySet([...options.policies, ...sources], policies.generation + 1);
      if ("error" in result) return { error: result.error };
      policies = result.set;
      return {};
    };
    const { error } = activate([]) as { readonly error?: string };
    if (error !== undefined) throw new InputError(error);
    const sync = new Sync(defaultSyncOptions, {
      policies: new PolicyLoader(activate),
      annotate: (_namespace, _name, values) => {
        policyFault.text ??= faultIn(values);
      },
    });
    for (const resource of cache.resources) sync.declare(resource);
    cache.follow((event) => {
      sync.apply(event);
      gatekeeper.apply(event);
    });
    const catalogue: Catalogue = offlineCatalogue(plugins, cache);
    return new Checker(options, cache, policyFault, catalogue, (onDecision) =>
      createRegistry(
        {
          store,
          plugins,
          effects: createAdmissionEffects(),
          policies: () => ({ set: policies, data: dataBeside(options.data, sync.data) }),
          catalogue,
          onDecision,
          serviceRanges,
        },
        cache,
      ),
    );
  }

  async check(manifest: Manifest): Promise<CheckResult> {
    const { file, line, value } = manifest;
    const apiVersion = String(value["apiVersion"]);
    const kind = String(value["kind"]);
    const { group, version } = parseApiVersion(apiVersion);
    const info = this.#catalogue.findKind(group, version, kind);
    const metadata = (value["metadata"] ?? {}) as {
      readonly name?: string;
      readonly namespace?: string;
      readonly generateName?: string;
    };
    const namespace = info?.namespaced === true ? (metadata.namespace ?? this.#options.namespace) : "";
    const result = { file, line, apiVersion, kind, namespace, name: metadata.name ?? metadata.generateName ?? "" };
    if (info === undefined)
      return {
        ...result,
        verdict: "invalid",
        message: `no matches for kind ${JSON.stringify(kind)} in version ${JSON.stringify(apiVersion)}`,
        warnings: [],
      };
    await this.#assume(info, namespace, value);
    return { ...result, ...(await this.#create(info, namespace, manifest)) };
  }

  async #create(
    info: ResourceInfo,
    namespace: string,
    manifest: Manifest,
  ): Promise<Pick<CheckResult, "verdict" | "message" | "warnings" | "decision">> {
    const { value } = manifest;
    const deprecation = deprecationOf(info);
    const warnings: string[] = deprecation === undefined ? [] : [deprecation];
    const name = (value["metadata"] as { readonly name?: string } | undefined)?.name ?? "";
    const context: WriteContext = {
      info,
      subresource: "",
      namespace,
      name: "",
      user: this.#options.userOf?.(manifest) ?? this.#options.user,
      dryRun: false,
      fieldValidation: "Strict",
      warn: (text) => warnings.push(text),
      audit: () => {},
    };
    this.#decision = undefined;
    try {
      const exists = name !== "" && this.#cache.get(info.group, info.resource, namespace, name) !== undefined;
      if (exists) await this.#registry.updateFrom({ value, strictErrors: [] }, { ...context, name });
      else await this.#registry.create({ value, strictErrors: [] }, context);
      const fault = this.#policyFault.text;
      if (fault !== undefined) throw new InputError(fault);
      if (info.resource === "customresourcedefinitions") await this.#establish(info, name);
      const template = this.#cache.get(info.group, info.resource, "", name);
      if (template?.kind === "ConstraintTemplate") await this.#define(template);
      if (info.resource === "resourcequotas") await this.#count(info, namespace, name);
      return { verdict: "allowed", warnings, ...this.#recorded() };
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const decision = this.#recorded();
      return {
        verdict: decision.decision === undefined ? "invalid" : "denied",
        message: error.message,
        warnings,
        ...decision,
      };
    }
  }

  /** A template serves its constraints' kind from here on, as if Gatekeeper's controller had seen it. */
  async #define(template: KubeObject): Promise<void> {
    const { definitionFor } = await import("../gatekeeper/gatekeeper.ts");
    const definition = definitionFor(template);
    const info = findResource("apiextensions.k8s.io", "v1", "customresourcedefinitions") as ResourceInfo;
    const name = definition.metadata.name ?? "";
    const before = this.#cache.get(info.group, info.resource, "", name);
    await this.#registry.writeDirect(
      { ...definition, metadata: { ...definition.metadata, uid: randomUUID() } },
      before,
      info,
      "",
      name,
    );
    await this.#establish(info, name);
  }

  /** A definition serves its kind from here on, as if the controller of definitions had seen it. */
  async #establish(info: ResourceInfo, name: string): Promise<void> {
    const definition = this.#cache.get(info.group, info.resource, "", name);
    if (definition === undefined) return;
    const { names, versions = [] } = definition["spec"] as {
      readonly names: object;
      readonly versions?: readonly { readonly name: string; readonly storage?: boolean }[];
    };
    const conditions = ["NamesAccepted", "Established"].map((type) => ({ type, status: "True" }));
    const storedVersions = versions.filter(({ storage }) => storage === true).map((each) => each.name);
    const status = { acceptedNames: names, conditions, storedVersions };
    await this.#registry.writeDirect({ ...definition, status }, definition, info, "", name);
  }

  /** A quota counts from here on what is admitted; its limits are known at once, as if the controller of quotas had seen it. */
  async #count(info: ResourceInfo, namespace: string, name: string): Promise<void> {
    const quota = this.#cache.get("", "resourcequotas", namespace, name);
    if (quota === undefined) return;
    const list = (group: string, resource: string) => this.#cache.list(group, resource, namespace);
    const status = quotaStatus(quota, builtinResources, list, Date.now());
    if (status !== undefined) await this.#registry.writeDirect({ ...quota, status }, quota, info, namespace, name);
  }

  #recorded(): { readonly decision?: Decision } {
    return this.#decision === undefined ? {} : { decision: this.#decision };
  }

  /** What every cluster that takes these files has: their namespaces, and the service accounts that pods name. */
  async #assume(info: ResourceInfo, namespace: string, value: { readonly [field: string]: unknown }): Promise<void> {
    if (namespace === "") return;
    await this.#ensure("namespaces", "", namespace, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "kubernetes.io/metadata.name": namespace } },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    });
    if (info.resource !== "pods") return;
    const account =
      (value["spec"] as { readonly serviceAccountName?: string } | undefined)?.serviceAccountName || "default";
    await this.#ensure("serviceaccounts", namespace, account, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: account, namespace },
    });
  }

  async #ensure(resource: string, namespace: string, name: string, object: KubeObject): Promise<void> {
    if (this.#cache.get("", resource, namespace, name) !== undefined) return;
    const info = findResource("", "v1", resource) as ResourceInfo;
    const isOrdinary =
      (resource === "serviceaccounts" && name === "default") || (resource === "namespaces" && name === "default");
    if (!isOrdinary)
      this.assumptions.push(
        `${resource === "namespaces" ? "namespace" : "service account"} ${namespace === "" ? name : `${namespace}/${name}`} exists`,
      );
    await this.#registry.writeDirect(
      { ...object, metadata: { ...object.metadata, uid: randomUUID() } },
      undefined,
      info,
      namespace,
      name,
    );
  }
}

interface Documents {
  readonly [name: string]: unknown;
}

/** What files hold of the cluster goes before documents of the same name. */
function dataBeside(documents: Documents | undefined, synced: Documents): Documents {
  return documents === undefined ? synced : { ...documents, ...synced };
}

/** A ConfigMap that holds a broken policy would be kept by a server, with a note on it; a check calls it bad input. */
function faultIn(values: { readonly [key: string]: string }): string | undefined {
  for (const text of Object.values(values)) {
    const status = JSON.parse(text) as { readonly status: string; readonly error?: string };
    if (status.status === "error") return status.error ?? "a policy does not compile";
  }
  return undefined;
}
