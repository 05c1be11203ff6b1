import { existsSync } from "node:fs";
import { type CelSource, constraintDefinition, ownVariables } from "@sallyport/constraints";
import { findKind, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { dataFolder } from "../../conformance/suite.ts";
import { type ClusterCase, namespaceWithAccount, policyConfigMap } from "./case.ts";
import { type LibraryCase, type LibraryTest, readSuites } from "./suites.ts";

/** Policies apply to what is annotated with their name: all of them are in force side by side. */
const ofPolicy = "example.com/policy";
/** Marks what a case's policy sees beside the object. */
const ofInventory = "example.com/inventory";

/** What policies of gatekeeper-library's tests look for among other objects: to be replicated. */
export const inventoryResources: readonly string[] = [
  "deployments.apps",
  "poddisruptionbudgets.policy",
  "ingresses.networking.k8s.io",
  "services",
];

/**
 * The tests of gatekeeper-library's suites with their templates as plain policies: its Rego asked by a rule in `kubernetes.admission`, its
 * CEL as a ValidatingAdmissionPolicy whose parameters are the constraint. None where the data are absent.
 */
export function libraryCases(): readonly ClusterCase[] {
  const folder = dataFolder({ folder: "gatekeeper-library" });
  if (!existsSync(folder)) return [];
  const tests = readSuites(folder);
  // Several templates bring the same library.
  const libraries = [...new Set(tests.flatMap(({ libraries: texts }) => texts.map((text) => text.trim())))];
  const nameOf = (text: string) => `library-${libraries.indexOf(text.trim())}`;
  return tests.flatMap((test, at) => {
    const used = [...new Set(test.libraries.map((text) => nameOf(text)))];
    const shared = used.map((name) => policyConfigMap(name, libraries[Number(name.slice("library-".length))] ?? ""));
    const ofRego = [
      ...shared,
      policyConfigMap(test.template.name, test.rego),
      policyConfigMap(`rego-${at}`, regoRule(test, `rego-${at}`)),
    ];
    return [
      ...casesWith(test, `rego-${at}`, ofRego),
      ...(test.cel === undefined ? [] : casesWith(test, `cel-${at}`, celPolicy(test, test.cel, `cel-${at}`))),
    ];
  });
}

function casesWith(test: LibraryTest, policy: string, policies: readonly KubeObject[]): readonly ClusterCase[] {
  return test.cases.map((each, at): ClusterCase => {
    const id = `${policy}-${at}`;
    const language = policy.startsWith("cel") ? "CEL" : "Rego";
    const spaces = new Set(
      [id, ...each.inventory.map((other) => spaceOf(other, each, id))].filter((space) => space !== ""),
    );
    const object = placed(each.object, id, id, { [ofPolicy]: policy, [ofInventory]: id });
    return {
      name: `${test.name}/${each.name} in ${language}`,
      before: [
        ...[...spaces].flatMap((space) => namespaceWithAccount(space)),
        ...policies,
        ...each.inventory.map((other) => placed(other, spaceOf(other, each, id), id, { [ofInventory]: id })),
        ...(each.isUpdate ? [placed(each.object, id, id, {})] : []),
      ],
      object,
      isUpdate: each.isUpdate,
      isRefused: each.isRefused,
    };
  });
}

/** A case has namespaces of its own. */
function spaceOf(other: KubeObject, { object }: LibraryCase, id: string): string {
  const { namespace } = other.metadata;
  return namespace === object.metadata.namespace ? id : `${id}-${namespace}`;
}

function placed(
  object: KubeObject,
  space: string,
  id: string,
  annotations: { readonly [key: string]: string },
): KubeObject {
  const { namespace: _, ...metadata } = object.metadata;
  const { group, version } = parseApiVersion(object.apiVersion);
  const isNamespaced = findKind(group, version, object.kind)?.namespaced !== false;
  // Names of cluster-scoped objects are kept where policies know them.
  const { name = "" } = metadata;
  const place = isNamespaced ? { namespace: space } : { name: name.startsWith("system:") ? name : `${name}-${id}` };
  const all = { ...metadata.annotations, ...annotations };
  return {
    ...object,
    metadata: { ...metadata, ...(Object.keys(all).length === 0 ? {} : { annotations: all }), ...place },
  };
}

/** As Gatekeeper asks a template: the constraint's kinds, its parameters, and other objects as `data.inventory`. */
function regoRule({ rego, constraint, kinds }: LibraryTest, policy: string): string {
  const path = /^\s*package\s+(\S+)/m.exec(rego)?.[1];
  const { parameters = {} } = (constraint["spec"] ?? {}) as { readonly parameters?: object };
  const kind = 'trim_left(concat("/", [input.request.kind.group, input.request.kind.kind]), "/")';
  const annotation = (key: string) => `metadata.annotations[${JSON.stringify(key)}]`;
  // Each by its name: policies lie below data.kubernetes, too.
  const others = inventoryResources.map(
    (each) => `others[object] {
	object := data.kubernetes.${each.split(".")[0]}[_][_]
	object.${annotation(ofInventory)} == input.request.object.${annotation(ofInventory)}
}
`,
  );
  return `package kubernetes.admission.${policy.replace("-", "_")}

deny[msg] {
	input.request.object.${annotation(ofPolicy)} == ${JSON.stringify(policy)}
	${kinds.length === 0 ? "" : `{${kinds.map((each) => JSON.stringify(each)).join(", ")}}[${kind}]`}
	parameters := ${JSON.stringify(parameters)}
	msg := data.${path}.violation[_].msg with input as {"review": input.request, "parameters": parameters} with data.inventory as inventory
}

${others.join("\n")}
inventory = {"namespace": {space: {version: {kind: {name: object |
	object := others[_]; object.metadata.namespace == space; object.apiVersion == version; object.kind == kind; name := object.metadata.name} |
	kind := others[_].kind} |
	version := others[_].apiVersion} |
	space := others[_].metadata.namespace}, "cluster": {}}
`;
}

/** Of the kinds of constraints. */
export const constraintGroup = "constraints.gatekeeper.sh";

/** As Gatekeeper makes a policy of a template's CEL. */
function celPolicy(
  { template, constraint, kinds }: LibraryTest,
  cel: CelSource,
  policy: string,
): readonly KubeObject[] {
  const paramKind = { apiVersion: `${constraintGroup}/v1beta1`, kind: template.kind };
  const registration = { apiVersion: "admissionregistration.k8s.io/v1" };
  const wanted = kinds.map((each) => JSON.stringify(each)).join(", ");
  const named = "(request.kind.group == '' ? '' : request.kind.group + '/') + request.kind.kind";
  const isAnnotated = `object != null && has(object.metadata.annotations) && '${ofPolicy}' in object.metadata.annotations`;
  return [
    constraintDefinition(template),
    { ...constraint, metadata: { ...constraint.metadata, name: policy } },
    {
      ...registration,
      kind: "ValidatingAdmissionPolicy",
      metadata: { name: policy },
      spec: {
        paramKind,
        failurePolicy: cel.failurePolicy,
        matchConstraints: {
          resourceRules: [{ apiGroups: ["*"], apiVersions: ["*"], resources: ["*"], operations: ["CREATE", "UPDATE"] }],
        },
        matchConditions: [
          {
            name: "annotated",
            expression: `${isAnnotated} && object.metadata.annotations['${ofPolicy}'] == '${policy}'`,
          },
          ...(kinds.length === 0 ? [] : [{ name: "kinds", expression: `(${named}) in [${wanted}]` }]),
          ...cel.matchConditions,
        ],
        variables: [...ownVariables, ...cel.variables],
        validations: cel.validations,
      },
    },
    {
      ...registration,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata: { name: policy },
      spec: {
        policyName: policy,
        validationActions: ["Deny"],
        paramRef: { name: policy, parameterNotFoundAction: "Deny" },
      },
    },
  ];
}
