import type { KubeObject } from "@sallyport/kube";
import { pod } from "../../packages/admission/src/admission.fixture.ts";
import { mutatingCases } from "../../packages/admission/src/admission-policy/mutating-cases.fixture.ts";
import {
  type Deciding,
  type PolicyFixture,
  policy,
} from "../../packages/admission/src/admission-policy/policies.fixture.ts";
import { validatingCases } from "../../packages/admission/src/admission-policy/validating-cases.fixture.ts";
import type { Step } from "../apiserver/scenario.ts";

/** What is made before, and the request that is compared. */
export interface AdmissionCase {
  readonly name: string;
  readonly before: readonly Step[];
  readonly asked: Step;
}

interface Given extends Deciding {
  readonly policies: readonly PolicyFixture[];
  readonly object?: KubeObject;
  readonly isOrdered?: boolean;
}

/**
 * The cases of policies in CEL, each in a namespace of its own, to which its policies are bound: all of them lie on one server side by
 * side. Left out are those that need another authorizer, a cluster-scoped object, or an order of policies.
 */
export function policyCases(): readonly AdmissionCase[] {
  return [...Object.entries(validatingCases), ...Object.entries(mutatingCases)].flatMap(
    ([name, given]: readonly [string, Given], at) => {
      const isUsual = given.snapshot === undefined && given.operation === undefined;
      const isPod = given.object === undefined || given.object.kind === "Pod";
      return isUsual && isPod && given.isOrdered !== true ? [caseOf(name, `c${at}`, given)] : [];
    },
  );
}

function caseOf(name: string, space: string, { policies, object = pod(), objects = [] }: Given): AdmissionCase {
  const named = (text: string | undefined) => (text === undefined || text === "default" ? space : `${space}-${text}`);
  const selector = { matchExpressions: [{ key: "kubernetes.io/metadata.name", operator: "In", values: [space] }] };
  const all = policies.flatMap((each) =>
    policy({ ...each, name: `${space}-${each.name ?? "p"}` }).map((made) => placed(made, selector, named)),
  );
  const spaces = new Set([space, ...objects.map((each) => named(each.metadata.namespace))]);
  return {
    name,
    before: [
      ...[...spaces].map((each) =>
        create({ apiVersion: "v1", kind: "Namespace", metadata: { name: each, labels: { team: "a" } } }),
      ),
      create({ apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace: space, name: "default" } }),
      ...objects.map((each) => create(inSpace(each, named(each.metadata.namespace)))),
      ...all.map(create),
    ],
    asked: create(inSpace(object, space)),
  };
}

function inSpace(object: KubeObject, namespace: string): KubeObject {
  return { ...object, metadata: { ...object.metadata, namespace } };
}

// biome-ignore lint/suspicious/noExplicitAny: policies of all kinds
type Spec = any;

/** A policy for the namespace of its case alone; its bindings' parameters lie where the case put them. */
function placed(made: KubeObject, selector: object, named: (text: string) => string): KubeObject {
  const spec = made["spec"] as Spec;
  if (spec.matchConstraints !== undefined)
    return { ...made, spec: { ...spec, matchConstraints: { ...spec.matchConstraints, namespaceSelector: selector } } };
  const { paramRef } = spec;
  if (paramRef?.namespace === undefined) return made;
  return { ...made, spec: { ...spec, paramRef: { ...paramRef, namespace: named(paramRef.namespace) } } };
}

const collections: { readonly [kind: string]: string } = {
  Namespace: "/api/v1/namespaces",
  ServiceAccount: "serviceaccounts",
  ConfigMap: "configmaps",
  Pod: "pods",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
  ValidatingAdmissionPolicyBinding: "validatingadmissionpolicybindings",
  MutatingAdmissionPolicy: "mutatingadmissionpolicies",
  MutatingAdmissionPolicyBinding: "mutatingadmissionpolicybindings",
};

function create(body: KubeObject): Step {
  const collection = collections[body.kind] ?? "";
  const path = collection.startsWith("/")
    ? collection
    : body.kind.includes("Policy")
      ? `/apis/admissionregistration.k8s.io/v1/${collection}`
      : `/api/v1/namespaces/${body.metadata.namespace}/${collection}`;
  return { method: "POST", path, body };
}
