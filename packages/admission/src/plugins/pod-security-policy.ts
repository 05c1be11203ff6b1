import { type FieldError, isSameValue, type KubeObject, podSecurityPolicyDefinition } from "@sallyport/kube";
import type { Reason } from "../decision.ts";
import type { Plugin, PluginContext, PluginResult } from "../plugin.ts";
import { rulesOf } from "../podsecuritypolicy/policy.ts";
import { mutatePod, policyFault, validatePod } from "../podsecuritypolicy/provider.ts";
import { withSeccompInSync } from "../podsecuritypolicy/seccomp.ts";
import { forbiddenStatus, skip } from "../refusals.ts";
import { serviceAccountUser } from "../request.ts";
import { podOf, specOf } from "./pod-spec.ts";

const annotation = "kubernetes.io/psp";

/**
 * PodSecurityPolicy: as Kubernetes had it until 1.24, a pod must satisfy one of the policies that its service account or its creator may
 * `use` in its namespace; the policy's defaults are set when it is created. The first policy by name that admits the pod as it is wins,
 * else the first that does with its defaults.
 * https://v1-24.docs.kubernetes.io/docs/concepts/security/pod-security-policy/
 */
export const podSecurityPolicy: Plugin = {
  name: "PodSecurityPolicy",
  operations: ["CREATE", "UPDATE"],
  mutate: (context) =>
    context.request.operation === "CREATE" ? admitPod(context) : skip("updates are only validated"),
  validate: validateUnchanged,
  definitions: [podSecurityPolicyDefinition],
};

async function admitPod(context: PluginContext): Promise<PluginResult> {
  const pod = podOf(context.request);
  if (pod === undefined) return skip("not a pod");
  const found = await choose(context, pod, true);
  if ("refusals" in found) return refuse(context, "unable to admit pod", found);
  const { policy } = found;
  const object = withSeccompInSync(found.object);
  const annotations = { ...object.metadata.annotations, [annotation]: policy };
  return {
    outcome: "mutated",
    why: `admitted by ${policy}`,
    object: { ...object, metadata: { ...object.metadata, annotations } },
    auditAnnotations: { "podsecuritypolicy.policy.k8s.io/admit-policy": policy },
  };
}

async function validateUnchanged(context: PluginContext): Promise<PluginResult> {
  const { oldObject, operation } = context.request;
  const pod = podOf(context.request);
  if (pod === undefined) return skip("not a pod");
  if (operation === "UPDATE" && oldObject !== null && isSameValue(withoutOwners(pod), withoutOwners(oldObject)))
    return skip("only owners or finalizers change");
  const found = await choose(context, pod, false);
  if ("refusals" in found) return refuse(context, "unable to validate pod", found);
  const auditAnnotations = { "podsecuritypolicy.policy.k8s.io/validate-policy": found.policy };
  return { outcome: "admitted", why: `validated by ${found.policy}`, auditAnnotations };
}

/** What garbage collection changes: whoever may do that may delete the pod, too. */
function withoutOwners({ metadata, ...rest }: KubeObject): object {
  const { ownerReferences: _, finalizers: __, managedFields: ___, resourceVersion: ____, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

type Choice =
  | { readonly policy: string; readonly object: KubeObject }
  | { readonly refusals: readonly Refusal[] }
  | { readonly refusals: undefined };

interface Refusal {
  readonly policy: string;
  readonly faults: readonly FieldError[];
}

/** The policy that admits a pod, and the pod with its defaults; else what those that may be used have against it. */
async function choose(context: PluginContext, pod: KubeObject, mayMutate: boolean): Promise<Choice> {
  const hint = mayMutate ? undefined : pod.metadata.annotations?.[annotation];
  const policies = policiesOf(context, hint).filter((each) => policyFault(rulesOf(each)) === undefined);
  // Without a policy nothing is admitted: whoever turns the plugin on must write them first.
  if (policies.length === 0) return { refusals: undefined };
  const refusals: Refusal[] = [];
  let withDefaults: { readonly policy: string; readonly object: KubeObject } | undefined;
  for (const each of policies) {
    const name = each.metadata.name ?? "";
    const object = mutatePod(rulesOf(each), pod);
    const faults = validatePod(rulesOf(each), object);
    if (faults.length > 0) {
      refusals.push({ policy: name, faults });
      continue;
    }
    const isChanged = !isSameValue(pod, object);
    if ((isChanged && !mayMutate) || !(await mayUse(context, pod, name))) continue;
    if (!isChanged) return { policy: name, object };
    withDefaults ??= { policy: name, object };
  }
  if (withDefaults !== undefined) return withDefaults;
  const told: Refusal[] = [];
  for (const each of refusals) if (await mayUse(context, pod, each.policy)) told.push(each);
  return { refusals: told };
}

function policiesOf({ snapshot }: PluginContext, hint: string | undefined): readonly KubeObject[] {
  const rank = ({ metadata: { name } }: KubeObject) => (name === hint ? 0 : 1);
  return [...snapshot.objects.list("policy", "podsecuritypolicies")].sort(
    (a, b) => rank(a) - rank(b) || ((a.metadata.name ?? "") < (b.metadata.name ?? "") ? -1 : 1),
  );
}

/** The service account is asked first: most pods are made by controllers. */
async function mayUse({ request, snapshot }: PluginContext, pod: KubeObject, name: string): Promise<boolean> {
  const { namespace, userInfo } = request;
  const { serviceAccountName = "" } = specOf(pod);
  const users = serviceAccountName === "" ? [userInfo] : [serviceAccountUser(namespace, serviceAccountName), userInfo];
  for (const user of users)
    for (const group of ["policy", "extensions"]) {
      const question = { user, verb: "use", group, version: "*", resource: "podsecuritypolicies", namespace, name };
      if ((await snapshot.authorizer.authorize(question)).allowed) return true;
    }
  return false;
}

function refuse(
  { request }: PluginContext,
  what: string,
  { refusals }: { readonly refusals?: readonly Refusal[] | undefined },
): PluginResult {
  const faults = (refusals ?? []).flatMap((each) => each.faults);
  const texts = faults.map(({ field, message }) => `${field}: ${message}`);
  const message =
    refusals === undefined
      ? "PodSecurityPolicy: no providers available to validate pod request"
      : `PodSecurityPolicy: ${what}: [${texts.join(" ")}]`;
  const { status } = forbiddenStatus(request, message);
  return { outcome: "denied", why: message, status, reasons: (refusals ?? []).flatMap(reasonsOf) };
}

function reasonsOf({ policy, faults }: Refusal): readonly Reason[] {
  return faults.map(({ field, message }) => ({
    code: "pod-security-policy",
    message,
    fieldPath: field,
    source: { policy },
  }));
}
