import {
  type Plugin,
  type PluginContext,
  type PluginResult,
  type Reason,
  type Request,
  reviewRequest,
  type Snapshot,
} from "@sallyport/admission";
import { internalError, type KubeObject, StatusError } from "@sallyport/kube";
import type { Result } from "../framework.ts";
import { matchesWildcard } from "../match/wildcard.ts";
import { type Review, reviewOfObject, reviewOfRequest } from "../review.ts";
import type { Process } from "./configuration.ts";
import { gatekeeperDefinitions, isGatekeeperGroup } from "./definitions.ts";
import type { GatekeeperPolicies } from "./policies.ts";

export interface GatekeeperPluginOptions {
  /** Gatekeeper's `--exempt-namespace`, with `*` in front or behind for prefixes and suffixes: these may carry the label that leaves a namespace alone. */
  readonly exemptNamespaces?: readonly string[];
  /** An API server asks by webhook, and names it itself in front of what is refused: else the plugin does. */
  readonly isWebhook?: boolean;
}

/** The names of Gatekeeper's webhooks. */
const validation = "validation.gatekeeper.sh";
const mutation = "mutation.gatekeeper.sh";
const labelGuard = "check-ignore-label.gatekeeper.sh";

const ignoreLabel = "admission.gatekeeper.sh/ignore";

/** Beside whole objects: what Gatekeeper's webhooks are registered for, and resizing, by which containers change too. */
const subresources: ReadonlySet<string> = new Set([
  "pods/attach",
  "pods/binding",
  "pods/ephemeralcontainers",
  "pods/eviction",
  "pods/exec",
  "pods/log",
  "pods/portforward",
  "pods/proxy",
  "pods/resize",
  "deployments/scale",
  "replicasets/scale",
  "replicationcontrollers/scale",
  "statefulsets/scale",
  "services/proxy",
  "services/status",
  "nodes/proxy",
]);

/** What is in force, as far as there is anything: the engines are only loaded where they are needed. */
export interface PolicySource {
  /** Undefined while nothing of Gatekeeper's is stored; never where `isWanted`, because an object of Gatekeeper's is to be checked. */
  readonly current: (isWanted: boolean) => GatekeeperPolicies | undefined | Promise<GatekeeperPolicies | undefined>;
}

/** What the plugin's parts share. */
interface Gate {
  readonly policies: GatekeeperPolicies;
  readonly exemptNamespaces: readonly string[];
  /** The text of a refusal by one of Gatekeeper's webhooks. */
  readonly refusal: (webhook: string, text: string) => string;
}

/**
 * Gatekeeper: mutators change, constraints refuse, warn or are only recorded, as its webhooks do it; what an object implies by an
 * ExpansionTemplate is reviewed with it. Its own objects are refused where they cannot be used. Not a plugin of kube-apiserver.
 */
export function gatekeeperPlugin(source: PolicySource, options: GatekeeperPluginOptions = {}): Plugin {
  const { exemptNamespaces = ["gatekeeper-system"], isWebhook = false } = options;
  const gate: Omit<Gate, "policies"> = {
    exemptNamespaces,
    refusal: (webhook, text) => (isWebhook ? text : `admission webhook "${webhook}" denied the request: ${text}`),
  };
  return {
    name: "Gatekeeper",
    operations: ["CREATE", "UPDATE", "DELETE", "CONNECT"],
    mutate: async (context) => {
      const { object, resource } = context.request;
      if (object === null || isGatekeeperGroup(resource.group)) return skipped("nothing for mutators");
      const policies = await source.current(false);
      return policies === undefined ? skipped(noMutator) : mutate({ ...gate, policies }, context);
    },
    validate: async (context) => {
      const { request } = context;
      const isOwn = isGatekeeperGroup(request.resource.group);
      const policies = await source.current(isOwn);
      if (isOwn && policies !== undefined) return validateOwn({ ...gate, policies }, request);
      const refused = guardLabel(gate, request);
      if (refused !== undefined) return refused;
      return policies === undefined ? skipped(noTemplate) : validate({ ...gate, policies }, context);
    },
    definitions: gatekeeperDefinitions,
  };
}

const noMutator = "no mutator is in force";
const noTemplate = "no template is in force";

/** Why a process of Gatekeeper does not look at a request. */
function overlooks(policies: GatekeeperPolicies, process: Process, { request, snapshot }: PluginContext) {
  const { resource, subResource } = request;
  if (subResource !== "" && !subresources.has(`${resource.resource}/${subResource}`)) return "a subresource";
  const name = isOfNamespace(request) ? request.name : request.namespace;
  if (policies.configuration.isExcluded(process, name)) return "its namespace is excluded by a Config";
  const labels = namespaceOf(name, snapshot)?.metadata.labels ?? {};
  return Object.hasOwn(labels, ignoreLabel) ? `its namespace has the label ${ignoreLabel}` : undefined;
}

async function mutate(gate: Gate, context: PluginContext): Promise<PluginResult> {
  const { policies } = gate;
  const { request, snapshot } = context;
  const { object, namespace, operation, userInfo } = request;
  if (object === null || policies.mutators.size === 0) return skipped(noMutator);
  const overlooked = overlooks(policies, "mutation-webhook", context);
  if (overlooked !== undefined) return skipped(overlooked);
  const place = isOfNamespace(request) ? undefined : namespaceOf(namespace, snapshot);
  const mutable = { object, namespace: place, source: "Original", operation, username: userInfo.username } as const;
  const changed = await failing(gate, mutation, () => policies.mutators.mutate(mutable));
  return changed === object
    ? { outcome: "admitted", why: "no mutator changes it" }
    : { outcome: "mutated", why: "changed by mutators", object: changed };
}

function skipped(why: string): PluginResult {
  return { outcome: "skipped", why };
}

/** What fails refuses: nobody knows what would have been decided. */
async function failing<T>({ refusal, policies }: Gate, webhook: string, run: () => T): Promise<T> {
  try {
    return await policies.resolve(run);
  } catch (error) {
    throw internalError(refusal(webhook, (error as Error).message));
  }
}

function validate(gate: Gate, context: PluginContext): PluginResult | Promise<PluginResult> {
  const { policies } = gate;
  const { request, snapshot } = context;
  if (policies.framework.size === 0) return skipped(noTemplate);
  const overlooked = overlooks(policies, "webhook", context);
  if (overlooked !== undefined) return skipped(overlooked);
  const namespace = isOfNamespace(request) ? undefined : namespaceOf(request.namespace, snapshot);
  return failing(gate, validation, () => {
    const review = reviewOfRequest(reviewRequest(request), { namespace, source: "Original" });
    const own = policies.framework.review(review, validation).map((result) => ({ result, review }));
    return verdictOf(gate, [...own, ...impliedResults(policies, request, namespace)]);
  });
}

function validateOwn(gate: Gate, { object, subResource }: Request): PluginResult {
  const fault = object === null || subResource !== "" ? undefined : gate.policies.refusalOf(object);
  if (fault === undefined) return { outcome: "admitted", why: "an object of Gatekeeper's" };
  return denied(gate, validation, fault, [{ code: "gatekeeper-object", message: fault, fieldPath: "spec" }]);
}

/** Who may label a namespace must not thereby take it out of Gatekeeper's reach. */
function guardLabel(gate: Omit<Gate, "policies">, request: Request): PluginResult | undefined {
  const { object, name, operation } = request;
  if (!isOfNamespace(request) || object === null || (operation !== "CREATE" && operation !== "UPDATE"))
    return undefined;
  if (
    !Object.hasOwn(object.metadata.labels ?? {}, ignoreLabel) ||
    gate.exemptNamespaces.some((each) => matchesWildcard(each, name))
  )
    return undefined;
  const message = `Only exempt namespace can have the ${ignoreLabel} label`;
  const fieldPath = `metadata.labels[${ignoreLabel}]`;
  return denied(gate, labelGuard, message, [{ code: "gatekeeper-ignore-label", message, fieldPath }]);
}

function isOfNamespace({ kind }: Request): boolean {
  return kind.group === "" && kind.kind === "Namespace";
}

function namespaceOf(name: string, { objects }: Snapshot): KubeObject | undefined {
  return name === "" ? undefined : objects.get("", "namespaces", "", name);
}

function impliedResults(
  { expansion, mutators, framework }: GatekeeperPolicies,
  { object, operation, subResource }: Request,
  namespace: KubeObject | undefined,
): readonly Reviewed[] {
  if (object === null || subResource !== "" || operation === "DELETE") return [];
  return expansion.expand(object, namespace, mutators).flatMap((resultant) => {
    const { request, ...others } = reviewOfObject(resultant.object, { namespace, source: "Generated" });
    const review = { ...others, request: { ...request, operation } };
    return framework.review(review, validation).map((result) => ({
      review,
      result: { ...result, enforcementAction: resultant.enforcementAction || result.enforcementAction },
      impliedBy: resultant.template,
    }));
  });
}

/** A result with what it is about. */
interface Reviewed {
  readonly result: Result;
  readonly review: Review;
  /** The ExpansionTemplate that made the object. */
  readonly impliedBy?: string;
}

function verdictOf(gate: Gate, results: readonly Reviewed[]): PluginResult {
  const named = (action: string) =>
    results.filter(({ result }) => result.enforcementAction === action || result.scopedActions.includes(action));
  const warnings = named("warn").map(textOf);
  const reasons = (of: readonly Reviewed[]) => of.map((each) => reasonOf(gate.policies, each));
  const refusals = named("deny");
  if (refusals.length === 0)
    return {
      outcome: "admitted",
      why: results.length === 0 ? "no constraint is violated" : `${results.length} violations, none refuses`,
      warnings,
      reasons: reasons(results),
    };
  return { ...denied(gate, validation, refusals.map(textOf).join("\n"), reasons(refusals)), warnings };
}

function denied(
  { refusal }: Pick<Gate, "refusal">,
  webhook: string,
  text: string,
  reasons: readonly Reason[],
): PluginResult {
  const { status } = new StatusError("Forbidden", refusal(webhook, text));
  return { outcome: "denied", why: text, status, reasons };
}

function textOf({ result: { constraint, msg }, impliedBy }: Reviewed): string {
  return `[${constraint.name}] ${impliedBy === undefined ? "" : `[Implied by ${impliedBy}] `}${msg}`;
}

function reasonOf({ framework }: GatekeeperPolicies, { result, review }: Reviewed): Reason {
  const { kind, name } = result.constraint;
  const { file = "", line, fieldPath = "", value } = framework.originOf(result, review) ?? {};
  const template = `ConstraintTemplate/${kind.toLowerCase()}`;
  const code = file === "template" || file === "" ? template : `${template} ${file}`;
  return {
    code: "constraint",
    message: result.msg,
    fieldPath,
    ...(value === undefined ? {} : { value }),
    source: {
      policy: `constraint ${kind}/${name} of ${template}`,
      ...(line === undefined ? {} : { file: code, line }),
    },
  };
}
