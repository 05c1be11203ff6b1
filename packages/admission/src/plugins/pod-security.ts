import { faultsText, internalError, type KubeObject } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import type { PodSecurityAsked, PodSecurityCounted } from "../observer.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { existingPodWarnings } from "../podsecurity/existing-pods.ts";
import {
  defaultPolicy,
  isPrivileged,
  type LabelError,
  type LevelVersion,
  levelText,
  type Mode,
  type NamespacePolicy,
  policyOf,
  prefix,
  strictness,
} from "../podsecurity/labels.ts";
import { exemptWarnings, labelFaults, refuseLabels } from "../podsecurity/namespace-labels.ts";
import type { PodSpec } from "../podsecurity/pod.ts";
import { evaluatePod, type Finding, joinFindings, latestMinor } from "../podsecurity/registry.ts";
import { denyWith, forbiddenStatus, pass, skip } from "../refusals.ts";

/** Who and what is not checked. AdmissionConfiguration's `exemptions`. */
export interface Exemptions {
  readonly usernames: readonly string[];
  readonly namespaces: readonly string[];
  readonly runtimeClasses: readonly string[];
}

export const noExemptions: Exemptions = { usernames: [], namespaces: [], runtimeClasses: [] };

/** Resources with a pod template, and where it lies. They are warned about, never refused. */
const templates: { readonly [resource: string]: readonly string[] } = {
  "/replicationcontrollers": ["spec", "template"],
  "/podtemplates": ["template"],
  "apps/replicasets": ["spec", "template"],
  "apps/deployments": ["spec", "template"],
  "apps/statefulsets": ["spec", "template"],
  "apps/daemonsets": ["spec", "template"],
  "batch/jobs": ["spec", "template"],
  "batch/cronjobs": ["spec", "jobTemplate", "spec", "template"],
};

/** Pod subresources that change nothing that the standards speak of. */
const ignoredSubresources = new Set(["exec", "attach", "binding", "eviction", "log", "portforward", "proxy", "status"]);

/**
 * PodSecurity: checks pods against the level that their namespace's labels enforce; audits and warns by the other labels; warns about
 * controllers' templates, and about existing pods when a namespace becomes stricter. KEP-2579.
 * https://kubernetes.io/docs/concepts/security/pod-security-admission/
 */
export function createPodSecurity(
  exemptions: Exemptions = noExemptions,
  defaults: NamespacePolicy = defaultPolicy,
): Plugin {
  return {
    name: "PodSecurity",
    operations: ["CREATE", "UPDATE"],
    validate: (context) => new PodSecurity(context, exemptions, defaults).decide(),
  };
}

class PodSecurity {
  readonly #context: PluginContext;
  readonly #exemptions: Exemptions;
  readonly #defaults: NamespacePolicy;

  constructor(context: PluginContext, exemptions: Exemptions, defaults: NamespacePolicy) {
    this.#context = context;
    this.#exemptions = exemptions;
    this.#defaults = defaults;
  }

  decide(): PluginResult {
    const { request } = this.#context;
    const { group, resource } = request.resource;
    if (request.object === null) return skip("nothing to look at");
    if (group === "" && resource === "namespaces")
      return request.subResource === "" ? this.#namespace(request.object) : skip("a subresource");
    if (group === "" && resource === "pods")
      return ignoredSubresources.has(request.subResource)
        ? skip(`pods/${request.subResource} changes nothing`)
        : this.#pod(request.object);
    const path = request.subResource === "" ? templates[`${group}/${resource}`] : undefined;
    return path === undefined ? skip("neither a pod nor a template of one") : this.#controller(request.object, path);
  }

  #namespace(namespace: KubeObject): PluginResult {
    const { request, snapshot, effects } = this.#context;
    const { policy, errors } = policyOf(namespace.metadata.labels ?? {}, this.#defaults);
    const before =
      request.oldObject === null ? undefined : policyOf(request.oldObject.metadata.labels ?? {}, this.#defaults);
    if (errors.length > 0 && JSON.stringify(errors) !== JSON.stringify(before?.errors))
      return refuseLabels(request.name, errors);
    if (before !== undefined && !isStricter(policy.enforce, before.policy.enforce)) return pass();
    if (this.#exemptions.namespaces.includes(request.namespace)) {
      this.#count({ what: "exemption" });
      return { outcome: "admitted", why: "exempt", warnings: exemptWarnings(namespace, policy, this.#defaults) };
    }
    if (before === undefined) return pass();
    const pods = snapshot.objects.list("", "pods", request.name).filter((pod) => !this.#isExemptClass(pod));
    const warnings = existingPodWarnings(request.name, policy.enforce, pods, effects.ticks);
    const why = warnings.length === 0 ? "existing pods fit" : "existing pods violate the new level";
    return { outcome: "admitted", why, warnings };
  }

  #pod(pod: KubeObject): PluginResult {
    const { request } = this.#context;
    const exempt = this.#exemption();
    if (exempt !== undefined) return exempt;
    const found = this.#policy();
    if (found === undefined) {
      this.#count({ what: "error", isFatal: true });
      throw internalError(`failed to lookup namespace ${JSON.stringify(request.namespace)}`);
    }
    if (found.errors.length === 0 && isPrivileged(found.policy)) {
      this.#evaluated("allow", "enforce", found.policy.enforce);
      return {
        outcome: "admitted",
        why: "the namespace is privileged",
        auditAnnotations: { [`${prefix}enforce-policy`]: "privileged:latest" },
      };
    }
    if (request.oldObject !== null && !isSignificant(pod, request.oldObject))
      return pass("the update changes nothing that the standards speak of");
    return this.#evaluate(pod, found, true);
  }

  /** Templates are never refused: their pods are. */
  #controller(object: KubeObject, path: readonly string[]): PluginResult {
    const exempt = this.#exemption();
    if (exempt !== undefined) return exempt;
    const found = this.#policy();
    if (found === undefined) {
      this.#count({ what: "error", isFatal: true });
      return pass("the namespace is not known");
    }
    const { warn, audit } = found.policy;
    if (found.errors.length === 0 && warn.level === "privileged" && audit.level === "privileged") return pass();
    let template: unknown = object;
    for (const key of path) template = (template as { readonly [key: string]: unknown } | undefined)?.[key];
    return template === undefined ? pass("no template") : this.#evaluate(template as KubeObject, found, false);
  }

  /** Of the request's namespace; undefined where there is none. */
  #policy(): FoundPolicy | undefined {
    const { request, snapshot } = this.#context;
    const namespace = snapshot.objects.get("", "namespaces", "", request.namespace);
    return namespace && policyOf(namespace.metadata.labels ?? {}, this.#defaults);
  }

  #evaluate(pod: KubeObject, { policy, errors }: FoundPolicy, enforce: boolean): PluginResult {
    if (this.#isExemptClass(pod)) return this.#exempt("runtimeClass");
    const annotations: { [key: string]: string } = {};
    if (errors.length > 0) this.#count({ what: "error", isFatal: false });
    if (errors.length > 0) annotations[`${prefix}error`] = `Failed to parse policy: ${errorsText(errors)}`;
    if (enforce) annotations[`${prefix}enforce-policy`] = levelText(policy.enforce);
    const audited = evaluate(policy.audit, pod);
    if (audited.length > 0) annotations[`${prefix}audit-violations`] = wouldViolate(policy.audit, audited);
    if (audited.length > 0) this.#evaluated("deny", "audit", policy.audit);
    const enforced = enforce ? evaluate(policy.enforce, pod) : [];
    if (enforce) this.#evaluated(enforced.length > 0 ? "deny" : "allow", "enforce", policy.enforce);
    if (enforced.length > 0) return this.#refuse(policy.enforce, enforced, annotations);
    const warned = evaluate(policy.warn, pod);
    if (warned.length > 0) this.#evaluated("deny", "warn", policy.warn);
    const warnings = warned.length === 0 ? [] : [wouldViolate(policy.warn, warned)];
    return { outcome: "admitted", why: `fits ${levelText(policy.enforce)}`, warnings, auditAnnotations: annotations };
  }

  #refuse(level: LevelVersion, findings: readonly Finding[], annotations: Annotations): PluginResult {
    const message = `violates PodSecurity ${JSON.stringify(levelText(level))}: ${joinFindings(findings)}`;
    const reasons = findings.flatMap(({ id, reason, detail, fields }) =>
      fields.map(
        (fieldPath): Reason => ({
          code: `pod-security/${id}`,
          message: `${reason} (${detail})`,
          fieldPath,
          source: { policy: `PodSecurity ${levelText(level)}` },
        }),
      ),
    );
    return denyWith(forbiddenStatus(this.#context.request, message), reasons, annotations);
  }

  #exemption(): PluginResult | undefined {
    const { namespace, userInfo } = this.#context.request;
    if (this.#exemptions.namespaces.includes(namespace)) return this.#exempt("namespace");
    return this.#exemptions.usernames.includes(userInfo.username) ? this.#exempt("user") : undefined;
  }

  #exempt(what: string): PluginResult {
    this.#count({ what: "exemption" });
    return { outcome: "admitted", why: `exempt by ${what}`, auditAnnotations: { [`${prefix}exempt`]: what } };
  }

  #evaluated(decision: "allow" | "deny", mode: Mode, { level, version: wanted }: LevelVersion): void {
    // No version of it allows less than another.
    const isLatest = wanted === "latest" || level === "privileged";
    const version = isLatest ? "latest" : wanted > latestMinor ? "future" : `v1.${wanted}`;
    this.#count({ what: "evaluation", decision, mode, level, version });
  }

  #count(counted: Counted): void {
    const { observer } = this.#context.effects;
    if (observer === undefined) return;
    const { operation, resource, subResource } = this.#context.request;
    const kind = resource.group === "" ? coreKinds[resource.resource] : undefined;
    observer.podSecurity({
      ...counted,
      operation: operation.toLowerCase(),
      resource: kind ?? "controller",
      subresource: subResource,
    });
  }

  #isExemptClass(pod: KubeObject): boolean {
    const { runtimeClassName } = (pod["spec"] ?? {}) as { readonly runtimeClassName?: string };
    return runtimeClassName !== undefined && this.#exemptions.runtimeClasses.includes(runtimeClassName);
  }
}

type FoundPolicy = ReturnType<typeof policyOf>;

/** Without what all of a request have alike. */
type Counted = PodSecurityCounted extends infer Each
  ? Each extends PodSecurityCounted
    ? Omit<Each, keyof PodSecurityAsked>
    : never
  : never;

const coreKinds: { readonly [resource: string]: PodSecurityAsked["resource"] } = {
  pods: "pod",
  namespaces: "namespace",
};

/** Only then is there anything to try existing pods on. */
function isStricter(now: LevelVersion, before: LevelVersion): boolean {
  if (now.level === "privileged" || levelText(now) === levelText(before)) return false;
  return now.version !== before.version || strictness(now.level) > strictness(before.level);
}

function errorsText(errors: readonly LabelError[]): string {
  return faultsText(labelFaults(errors));
}

function evaluate({ level, version }: LevelVersion, pod: KubeObject): readonly Finding[] {
  return evaluatePod(level, version, pod.metadata ?? {}, (pod["spec"] ?? {}) as PodSpec);
}

function wouldViolate(level: LevelVersion, findings: readonly Finding[]): string {
  return `would violate PodSecurity ${JSON.stringify(levelText(level))}: ${joinFindings(findings)}`;
}

/** Of what the standards speak of an update can only add ephemeral containers; with another image a pod is looked at anew. */
function isSignificant(pod: KubeObject, old: KubeObject): boolean {
  const [now, before] = [pod, old].map((each) => (each["spec"] ?? {}) as PodSpec) as [PodSpec, PodSpec];
  const images = (list: PodSpec["containers"]) => JSON.stringify((list ?? []).map(imageOf));
  if (images(now.containers) !== images(before.containers)) return true;
  if (images(now.initContainers) !== images(before.initContainers)) return true;
  const known = new Map((before.ephemeralContainers ?? []).map((each) => [each.name, imageOf(each)]));
  return (now.ephemeralContainers ?? []).some(
    (each) => !known.has(each.name) || known.get(each.name) !== imageOf(each),
  );
}

function imageOf(container: object): string {
  return (container as { readonly image?: string }).image ?? "";
}
