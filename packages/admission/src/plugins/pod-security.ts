import { type KubeObject, StatusError } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import type { Annotations, Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { type LevelVersion, levelText, type NamespacePolicy, policyOf, strictness } from "../podsecurity/labels.ts";
import type { PodSpec } from "../podsecurity/pod.ts";
import { evaluatePod, type Finding, joinFindings } from "../podsecurity/registry.ts";
import { denyWith, forbiddenStatus, pass, skip } from "../refusals.ts";

/** Who and what is not checked. AdmissionConfiguration's `exemptions`. */
export interface Exemptions {
  readonly usernames: readonly string[];
  readonly namespaces: readonly string[];
  readonly runtimeClasses: readonly string[];
}

export const noExemptions: Exemptions = { usernames: [], namespaces: [], runtimeClasses: [] };

/** Existing pods that a namespace's new level is tried on: upstream's bound, so that a label never takes long. */
const maxExistingPods = 3000;

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
export function createPodSecurity(exemptions: Exemptions = noExemptions, defaults?: NamespacePolicy): Plugin {
  return {
    name: "PodSecurity",
    operations: ["CREATE", "UPDATE"],
    validate: (context) => new PodSecurity(context, exemptions, defaults).decide(),
  };
}

class PodSecurity {
  readonly #context: PluginContext;
  readonly #exemptions: Exemptions;
  readonly #defaults: NamespacePolicy | undefined;

  constructor(context: PluginContext, exemptions: Exemptions, defaults: NamespacePolicy | undefined) {
    this.#context = context;
    this.#exemptions = exemptions;
    this.#defaults = defaults;
  }

  decide(): PluginResult {
    const { request } = this.#context;
    const { group, resource } = request.resource;
    if (request.object === null) return skip("nothing to look at");
    if (group === "" && resource === "namespaces")
      return request.subResource === "" ? this.#namespace() : skip("a subresource");
    if (group === "" && resource === "pods")
      return ignoredSubresources.has(request.subResource)
        ? skip(`pods/${request.subResource} changes nothing`)
        : this.#pod();
    const path = request.subResource === "" ? templates[`${group}/${resource}`] : undefined;
    return path === undefined ? skip("neither a pod nor a template of one") : this.#controller(path);
  }

  #namespace(): PluginResult {
    const { request, snapshot } = this.#context;
    const labels = (request.object as KubeObject).metadata.labels ?? {};
    const { policy, errors } = policyOf(labels, this.#defaults);
    const before = policyOf(request.oldObject?.metadata.labels ?? {}, this.#defaults);
    if (errors.length > 0 && (request.operation === "CREATE" || before.errors.length === 0))
      return this.#badLabels(errors);
    if (request.operation === "CREATE" || this.#exemptions.namespaces.includes(request.name)) return pass();
    const isStricter =
      strictness(policy.enforce.level) > strictness(before.policy.enforce.level) ||
      levelText(policy.enforce) !== levelText(before.policy.enforce);
    if (!isStricter || policy.enforce.level === "privileged") return pass();
    const warnings = this.#existing(policy.enforce, snapshot.objects.list("", "pods", request.name));
    return {
      outcome: "admitted",
      why: warnings.length === 0 ? "existing pods fit" : "existing pods violate the new level",
      warnings,
    };
  }

  #badLabels(
    errors: readonly { readonly key: string; readonly value: string; readonly message: string }[],
  ): PluginResult {
    const { request } = this.#context;
    const lines = errors.map(
      ({ key, value, message }) => `metadata.labels[${key}]: Invalid value: ${JSON.stringify(value)}: ${message}`,
    );
    const causes = errors.map(({ key, value, message }) => ({
      reason: "FieldValueInvalid",
      message: `Invalid value: ${JSON.stringify(value)}: ${message}`,
      field: `metadata.labels[${key}]`,
    }));
    const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
    const error = new StatusError("Invalid", `Namespace "${request.name}" is invalid: ${text}`, {
      name: request.name,
      kind: "Namespace",
      causes,
    });
    return denyWith(
      error,
      errors.map(({ key, message }) => ({ code: "pod-security-label", message, fieldPath: `metadata.labels[${key}]` })),
    );
  }

  /** One line per distinct violation, with the first pod that has it and how many others do. */
  #existing(level: LevelVersion, pods: readonly KubeObject[]): readonly string[] {
    const byText = new Map<string, string[]>();
    for (const pod of pods.slice(0, maxExistingPods)) {
      const text = evaluate(level, pod)
        .map(({ reason }) => reason)
        .join(", ");
      if (text !== "") byText.set(text, [...(byText.get(text) ?? []), pod.metadata.name ?? ""]);
    }
    if (byText.size === 0) return [];
    const lines = [...byText].map(([text, [first, ...others]]) => {
      const more =
        others.length === 0 ? "" : others.length === 1 ? " (and 1 other pod)" : ` (and ${others.length} other pods)`;
      return `${first}${more}: ${text}`;
    });
    const head = `existing pods in namespace ${JSON.stringify(this.#context.request.name)} violate the new PodSecurity enforce level ${JSON.stringify(levelText(level))}`;
    return [head, ...lines.sort()];
  }

  #pod(): PluginResult {
    const { request } = this.#context;
    const pod = request.object as KubeObject;
    if (
      request.operation === "UPDATE" &&
      request.oldObject !== null &&
      request.subResource === "" &&
      !isSignificant(pod, request.oldObject)
    ) {
      return pass("the update changes nothing that the standards speak of");
    }
    return this.#evaluate(pod, true);
  }

  #controller(path: readonly string[]): PluginResult {
    let template: unknown = this.#context.request.object;
    for (const key of path) template = (template as { readonly [key: string]: unknown } | undefined)?.[key];
    return template === undefined ? pass("no template") : this.#evaluate(template as KubeObject, false);
  }

  #evaluate(pod: KubeObject, enforce: boolean): PluginResult {
    const { request, snapshot } = this.#context;
    const exempt = this.#exemption(pod);
    if (exempt !== undefined)
      return {
        outcome: "admitted",
        why: `exempt by ${exempt}`,
        auditAnnotations: { "pod-security.kubernetes.io/exempt": exempt },
      };
    const namespace = snapshot.objects.get("", "namespaces", "", request.namespace);
    const { policy, errors } = policyOf(namespace?.metadata.labels ?? {}, this.#defaults);
    const annotations: { [key: string]: string } = {};
    if (errors.length > 0)
      annotations["pod-security.kubernetes.io/error"] =
        `Failed to parse policy: ${errors.map(({ key, message }) => `${key} ${message}`).join("; ")}`;
    if (enforce) annotations["pod-security.kubernetes.io/enforce-policy"] = levelText(policy.enforce);
    const audited = evaluate(policy.audit, pod);
    if (audited.length > 0)
      annotations["pod-security.kubernetes.io/audit-violations"] = wouldViolate(policy.audit, audited);
    const enforced = enforce ? evaluate(policy.enforce, pod) : [];
    if (enforced.length > 0) return this.#refuse(policy.enforce, enforced, annotations);
    const warned = evaluate(policy.warn, pod);
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

  #exemption(pod: KubeObject): string | undefined {
    const { request } = this.#context;
    const runtimeClass = (pod["spec"] as { readonly runtimeClassName?: string } | undefined)?.runtimeClassName;
    if (this.#exemptions.namespaces.includes(request.namespace)) return "namespace";
    if (this.#exemptions.usernames.includes(request.userInfo.username)) return "user";
    return runtimeClass !== undefined && this.#exemptions.runtimeClasses.includes(runtimeClass)
      ? "runtimeClass"
      : undefined;
  }
}

function evaluate({ level, version }: LevelVersion, pod: KubeObject): readonly Finding[] {
  return evaluatePod(level, version, pod.metadata ?? {}, (pod["spec"] ?? {}) as PodSpec);
}

function wouldViolate(level: LevelVersion, findings: readonly Finding[]): string {
  return `would violate PodSecurity ${JSON.stringify(levelText(level))}: ${joinFindings(findings)}`;
}

/** An update that changes only images, labels, status and the like cannot change the verdict. */
function isSignificant(pod: KubeObject, old: KubeObject): boolean {
  const mask = (each: KubeObject) => {
    const spec = (each["spec"] ?? {}) as { readonly [field: string]: unknown };
    const strip = (list: unknown) =>
      ((list ?? []) as readonly object[]).map((container) => ({ ...container, image: "" }));
    const annotations = Object.entries(each.metadata.annotations ?? {})
      .filter(([key]) => /apparmor|seccomp/.test(key))
      .sort();
    const rest = {
      ...spec,
      activeDeadlineSeconds: 0,
      tolerations: [],
      terminationGracePeriodSeconds: 0,
      schedulingGates: [],
      containers: strip(spec["containers"]),
      initContainers: strip(spec["initContainers"]),
      ephemeralContainers: strip(spec["ephemeralContainers"]),
    };
    return JSON.stringify([Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1)), annotations]);
  };
  return mask(pod) !== mask(old);
}
