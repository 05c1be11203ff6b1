import type { KubeObject } from "./object.ts";
import { StatusError } from "./status.ts";

type Labels = { readonly [key: string]: string };

export type LabelSelector = (labels: Labels) => boolean;

/** metav1.LabelSelector. */
export interface LabelSelectorObject {
  readonly matchLabels?: Labels;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const requirement = /^(!)?\s*([\w./-]+)\s*(?:(==|=|!=)\s*([\w.-]*)|\s(in|notin)\s*\(([^)]*)\)|(>|<)\s*(-?\d+))?$/;

/** `app=web,tier in (a,b),!old`. Throws `BadRequest` for what is no selector. */
export function parseLabelSelector(text: string): LabelSelector {
  const parts = splitTop(text).map(parseRequirement);
  return (labels) => parts.every((holds) => holds(labels));
}

function splitTop(text: string): readonly string[] {
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.length === 1 && parts[0] === "" ? [] : parts;
}

function parseRequirement(text: string): LabelSelector {
  const match = requirement.exec(text);
  if (match === null)
    throw new StatusError(
      "BadRequest",
      `unable to parse requirement: found '${text}', expected: identifier, or 'end of string'`,
    );
  const [, not, key = "", equality, value = "", membership, list = "", order, bound] = match;
  if (not !== undefined) return (labels) => labels[key] === undefined;
  if (equality === "!=") return (labels) => labels[key] !== value;
  if (equality !== undefined) return (labels) => labels[key] === value;
  if (membership !== undefined) {
    const values = new Set(list.split(",").map((each) => each.trim()));
    return membership === "in"
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  if (order !== undefined)
    return (labels) => (order === ">" ? Number(labels[key]) > Number(bound) : Number(labels[key]) < Number(bound));
  return (labels) => labels[key] !== undefined;
}

/** The object form; absent selects nothing where upstream says so, which the caller decides; empty selects everything. */
export function matchesSelector(selector: LabelSelectorObject, labels: Labels): boolean {
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return equal && (selector.matchExpressions ?? []).every((each) => matchesExpression(each, labels));
}

interface Requirement {
  readonly operator: string;
  readonly values?: readonly string[];
}

function matchesExpression({ key, ...requirement }: Requirement & { readonly key: string }, labels: Labels): boolean {
  const isMet = meetsRequirement(requirement, labels[key]);
  if (isMet === undefined)
    throw new StatusError("BadRequest", `"${requirement.operator}" is not a valid label selector operator`);
  return isMet;
}

/** Whether a value, or none, is what a selector wants; undefined for an operator that label selectors do not have. */
export function meetsRequirement(
  { operator, values = [] }: Requirement,
  value: string | undefined,
): boolean | undefined {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return undefined;
  }
}

/** Fields that a resource can be selected by, beside metadata.name and metadata.namespace. */
const selectable: { readonly [resource: string]: readonly string[] } = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  secrets: ["type"],
  namespaces: ["status.phase"],
  nodes: ["spec.unschedulable"],
  replicasets: ["status.replicas"],
  replicationcontrollers: ["status.replicas"],
  jobs: ["status.successful"],
  services: ["spec.clusterIP", "spec.type"],
  certificatesigningrequests: ["spec.signerName"],
};

/** `metadata.name=x,status.phase!=Running`. Throws `BadRequest` for fields that the resource does not have. */
export function parseFieldSelector(
  text: string,
  resource: string,
  custom?: readonly string[],
): (object: KubeObject) => boolean {
  const parts = text
    .split(",")
    .filter((part) => part.trim() !== "")
    .map((part) => {
      const match = /^\s*([^=!]+?)\s*(==|=|!=)(.*)$/.exec(part);
      if (match === null)
        throw new StatusError("BadRequest", `invalid selector: '${text}'; can't understand '${part}'`);
      const [, field = "", operator, value = ""] = match;
      const more = custom?.map((path) => path.replace(/^\./, "")) ?? selectable[resource] ?? [];
      const known = ["metadata.name", "metadata.namespace", ...more];
      if (!known.includes(field)) throw new StatusError("BadRequest", `field label not supported: ${field}`);
      return { path: field.split("."), value, equal: operator !== "!=" };
    });
  return (object) => parts.every(({ path, value, equal }) => (textAt(object, path) === value) === equal);
}

function textAt(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const key of path) value = (value as { readonly [key: string]: unknown } | undefined)?.[key];
  return value === undefined || value === null ? "" : String(value);
}
