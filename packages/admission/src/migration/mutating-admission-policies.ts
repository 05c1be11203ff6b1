import type { KubeObject } from "@sallyport/kube";
import { seccompKeys } from "../podsecuritypolicy/seccomp.ts";
import type { LostDefault } from "./lost-defaults.ts";
import { type LostMutations, namespaceLabel } from "./lost-mutations.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const annotations = "variables.annotations";
const variables = [{ name: "annotations", expression: "object.metadata.?annotations.orValue({})" }];
const apiVersion = "admissionregistration.k8s.io/v1";

/** A MutatingAdmissionPolicy that sets what was lost, and its binding. Kubernetes 1.36 or newer. */
export function mutatingAdmissionPolicies({
  name,
  namespaces,
  defaults,
  seccompAnnotations,
  serviceAccounts,
  labels,
}: LostMutations): readonly KubeObject[] {
  const expressions = [...(seccompAnnotations ? seccompFromAnnotations() : []), ...defaults.map(expressionOf)];
  if (expressions.length === 0) return [];
  const expressionForAccounts = `object.spec.?serviceAccountName.orValue("default") in ${JSON.stringify(serviceAccounts)}`;
  const spec = {
    matchConstraints: {
      namespaceSelector: { matchExpressions: [{ key: namespaceLabel, operator: "In", values: namespaces }] },
      ...(labels === undefined
        ? {}
        : { objectSelector: { matchExpressions: [{ key: labels.key, operator: "In", values: labels.values }] } }),
      resourceRules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    },
    ...(serviceAccounts === undefined
      ? {}
      : { matchConditions: [{ name: "service-accounts", expression: expressionForAccounts }] }),
    failurePolicy: "Fail",
    // What a webhook adds to a pod afterwards gets the defaults too, as it did before.
    reinvocationPolicy: "IfNeeded",
    ...(expressions.some((each) => each.includes(annotations)) ? { variables } : {}),
    mutations: expressions.map((expression) => ({ patchType: "JSONPatch", jsonPatch: { expression } })),
  };
  return [
    { apiVersion, kind: "MutatingAdmissionPolicy", metadata: { name }, spec },
    { apiVersion, kind: "MutatingAdmissionPolicyBinding", metadata: { name }, spec: { policyName: name } },
  ];
}

function expressionOf(each: LostDefault): string {
  switch (each.place) {
    case "spec":
      return once("/spec/runtimeClassName", JSON.stringify(each.value), "has(object.spec.runtimeClassName)");
    case "pod":
      return podExpression(each);
    case "inherited":
      return inherited(each.field, JSON.stringify(each.value));
    case "container":
      return each.field === "appArmorProfile"
        ? appArmor(each.value as object)
        : inContainers(each.field, JSON.stringify(each.value), `!${own(each.field)}`);
    case "capabilities":
      return capabilities(each.add, each.drop);
  }
}

function once(path: string, value: string, unless: string): string {
  return `${unless} ? [] : [JSONPatch{op: "add", path: ${JSON.stringify(path)}, value: ${value}}]`;
}

/** The API server gives every pod a security context, if an empty one. */
function podExpression({ field, value }: LostDefault & { readonly place: "pod" }): string {
  const isStruct = typeof value === "object" && !Array.isArray(value);
  const text = isStruct ? struct(`Object.spec.securityContext.${field}`, value) : JSON.stringify(value);
  const given = `has(object.spec.securityContext.${field})`;
  const unless =
    field === "seccompProfile" ? `${given} || ${JSON.stringify(seccompKeys.pod)} in ${annotations}` : given;
  return once(`/spec/securityContext/${field}`, text, unless);
}

function struct(type: string, fields: object): string {
  const texts = Object.entries(fields).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
  return `${type}{${texts.join(", ")}}`;
}

/** True where the container `c` says it. */
function own(field: string): string {
  return `c.?securityContext.${field}.hasValue()`;
}

function inherited(field: string, value: string): string {
  const said = (name: string) => `object.spec.?securityContext.${name}.hasValue() || ${own(name)}`;
  // Whoever runs as a user of a known number need not be told not to be root.
  const unless = field === "runAsNonRoot" ? `${said(field)} || ${said("runAsUser")}` : said(field);
  return inContainers(field, value, `!(${unless})`);
}

/** A field of all containers' security contexts, where `condition` holds of the container `c`. */
function inContainers(field: string, value: string, condition: string): string {
  const patches = (list: string, items: string) => {
    const path = `"/spec/${list}/" + string(i) + "/securityContext`;
    const type = `Object.spec.${list}.securityContext`;
    const typed = value.replaceAll("Object.spec.containers.", `Object.spec.${list}.`);
    return [
      `${items}.transformList(i, c, ${condition},`,
      "  has(c.securityContext)",
      `    ? JSONPatch{op: "add", path: ${path}/${field}", value: ${typed}}`,
      `    : JSONPatch{op: "add", path: ${path}", value: ${type}{${field}: ${typed}}})`,
    ].join("\n");
  };
  const lists = [
    patches("containers", "object.spec.containers"),
    patches("initContainers", "object.spec.?initContainers.orValue([])"),
  ];
  return lists.join(" +\n");
}

/** What the container drops itself is not added to it; lists that change come out sorted. */
function capabilities(adds: readonly string[], drops: readonly string[]): string {
  const [add, drop] = ["add", "drop"].map((name) => `c.?securityContext.capabilities.${name}.orValue([])`);
  const [addList, dropList] = [JSON.stringify(adds), JSON.stringify(drops)];
  const missing = [
    ...(adds.length === 0 ? [] : [`${addList}.exists(x, !(x in ${add}) && !(x in ${drop}))`]),
    ...(drops.length === 0 ? [] : [`${dropList}.exists(x, !(x in ${drop}))`]),
  ].join(" || ");
  const allAdd = adds.length === 0 ? add : `(${addList}.filter(x, !(x in ${drop})) + ${add})`;
  const allDrop = drops.length === 0 ? drop : `(${dropList} + ${drop})`;
  const sorted = (text: string | undefined) => `optional.ofNonZeroValue(${text}.distinct().sort())`;
  const type = "Object.spec.containers.securityContext.capabilities";
  return inContainers("capabilities", `${type}{?add: ${sorted(allAdd)}, ?drop: ${sorted(allDrop)}}`, missing);
}

function appArmor(profile: object): string {
  const value = struct("Object.spec.containers.securityContext.appArmorProfile", profile);
  const isAnnotated = `${JSON.stringify(appArmorPrefix)} + c.name in ${annotations}`;
  return inContainers("appArmorProfile", value, `!${own("appArmorProfile")} && !(${isAnnotated})`);
}

/** Nothing has read these annotations since Kubernetes 1.27: fields that say the same. */
function seccompFromAnnotations(): readonly string[] {
  const profile = (type: string, text: string) =>
    [
      `${text} == "unconfined" ? ${type}{type: "Unconfined"} :`,
      `${text}.startsWith("localhost/") ? ${type}{type: "Localhost", localhostProfile: ${text}.substring(10)} :`,
      `${type}{type: "RuntimeDefault"}`,
    ].join(" ");
  const isKnown = (text: string) => `${text}.matches("^(unconfined|(runtime|docker)/default|localhost/.+)$")`;
  const podKey = JSON.stringify(seccompKeys.pod);
  const key = `${JSON.stringify(seccompKeys.containerPrefix)} + c.name`;
  const [ofPod, ofContainer] = [`${annotations}[${podKey}]`, `${annotations}[${key}]`];
  const inPod = `${podKey} in ${annotations} && ${isKnown(ofPod)} && !has(object.spec.securityContext.seccompProfile)`;
  const podValue = profile("Object.spec.securityContext.seccompProfile", ofPod);
  const inContainer = `!${own("seccompProfile")} && ${key} in ${annotations} && ${isKnown(ofContainer)}`;
  const containerValue = `(${profile("Object.spec.containers.securityContext.seccompProfile", ofContainer)})`;
  return [
    once("/spec/securityContext/seccompProfile", podValue, `!(${inPod})`),
    inContainers("seccompProfile", containerValue, inContainer),
  ];
}
