import type { KubeObject } from "@sallyport/kube";
import { namespace, requestFor, snapshotOf, testEffects } from "../admission.fixture.ts";
import { admit } from "../admit.ts";
import type { Decision } from "../decision.ts";
import type { Plugin } from "../plugin.ts";
import { createMutatingAdmissionPolicy } from "../plugins/mutating-admission-policy.ts";
import { createValidatingAdmissionPolicy } from "../plugins/validating-admission-policy.ts";
import type { Operation } from "../request.ts";
import type { Snapshot } from "../snapshot.ts";

const apiVersion = "admissionregistration.k8s.io/v1";

/** Pods of all namespaces, created or changed. */
export const pods = {
  resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["pods"], operations: ["CREATE", "UPDATE"] }],
};

export interface PolicyFixture {
  readonly name?: string;
  readonly kind?: "Validating" | "Mutating";
  /** Instead of one binding that takes everything. */
  readonly bindings?: readonly object[];
  readonly [field: string]: unknown;
}

/** A policy of pods and its bindings. */
export function policy({ name = "p", kind = "Validating", bindings = [{}], ...spec }: PolicyFixture): KubeObject[] {
  const own = kind === "Mutating" ? { reinvocationPolicy: "Never" } : {};
  const actions = kind === "Validating" ? { validationActions: ["Deny"] } : {};
  return [
    {
      apiVersion,
      kind: `${kind}AdmissionPolicy`,
      metadata: { name },
      spec: { matchConstraints: pods, ...own, ...spec },
    },
    ...bindings.map((each, i) => ({
      apiVersion,
      kind: `${kind}AdmissionPolicyBinding`,
      metadata: { name: `${name}-${i}` },
      spec: { policyName: name, ...actions, ...each },
    })),
  ];
}

export interface Deciding {
  readonly operation?: Operation;
  readonly old?: KubeObject;
  /** What is there beside the policies. */
  readonly objects?: readonly KubeObject[];
  readonly snapshot?: Partial<Snapshot>;
  readonly plugins?: readonly Plugin[];
}

/** What the policies decide about an object. */
export function decide(
  policies: readonly PolicyFixture[],
  object: KubeObject,
  { operation = "CREATE", old, objects = [], snapshot = {}, plugins }: Deciding = {},
): Promise<Decision> {
  const all = [namespace("default", { team: "a" }), ...objects, ...policies.flatMap(policy)];
  return admit(requestFor(object, operation, old ?? null), snapshotOf(all, snapshot), testEffects, {
    plugins: plugins ?? [createMutatingAdmissionPolicy(), createValidatingAdmissionPolicy()],
  });
}
