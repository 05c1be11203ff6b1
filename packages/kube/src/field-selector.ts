import type { KubeObject } from "./object.ts";
import { StatusError } from "./status.ts";

/** The fields that a kind's own conversion function knows, with the path of each in the stored object, and what it says of others. */
interface Selectable {
  readonly fields: { readonly [field: string]: string };
  readonly unknown?: (field: string) => string;
}

/** Fields that are stored where their names say. */
function plain(...names: readonly string[]): Selectable {
  return { fields: Object.fromEntries(names.map((name) => [name, name])) };
}

const metadata = ["metadata.name", "metadata.namespace"] as const;

const reference = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

/** By group and resource. All others are selected by name and namespace. */
const selectable: { readonly [resource: string]: Selectable } = {
  "/pods": plain(
    ...metadata,
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.podIPs",
    "status.nominatedNodeName",
  ),
  "/events": plain(
    ...metadata,
    ...reference.map((name) => `involvedObject.${name}`),
    "reason",
    "reportingComponent",
    "source",
    "type",
  ),
  "events.k8s.io/events": {
    fields: {
      ...plain(...metadata, "reason", "type").fields,
      ...Object.fromEntries(reference.map((name) => [`regarding.${name}`, `involvedObject.${name}`])),
      reportingController: "reportingComponent",
    },
  },
  "/secrets": plain(...metadata, "type"),
  "/namespaces": plain("metadata.name", "status.phase"),
  "/nodes": plain("metadata.name", "spec.unschedulable"),
  "/replicationcontrollers": plain(...metadata, "status.replicas"),
  "/services": plain(...metadata, "spec.clusterIP", "spec.type"),
  "batch/jobs": {
    fields: { ...plain(...metadata).fields, "status.successful": "status.succeeded" },
    unknown: (field) => `field label "${field}" not supported for Job`,
  },
  "certificates.k8s.io/certificatesigningrequests": plain("metadata.name", "spec.signerName"),
  "certificates.k8s.io/clustertrustbundles": plain("metadata.name", "spec.signerName"),
  "certificates.k8s.io/podcertificaterequests": plain("metadata.name", "spec.signerName", "spec.nodeName"),
  "resource.k8s.io/resourceslices": {
    fields: plain("metadata.name", "spec.nodeName", "spec.driver", "spec.pool.name").fields,
    unknown: (field) => `field label not supported for resource.k8s.io/v1, Kind=ResourceSlice: ${field}`,
  },
};

const byMetadata: Selectable = {
  fields: plain(...metadata).fields,
  unknown: (field) => `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
};

/** `metadata.name=x,status.phase!=Running`, of a resource. Throws `BadRequest` for what is no selector, and for fields that the resource does not have. */
export function parseFieldSelector(
  text: string,
  { group, resource }: { readonly group: string; readonly resource: string },
  custom?: readonly string[],
): (object: KubeObject) => boolean {
  const known =
    custom === undefined
      ? (selectable[`${group}/${resource}`] ?? byMetadata)
      : plain(...metadata, ...custom.map((path) => path.replace(/^\./, "")));
  const terms = splitTerms(text).map((term) => termOf(term, text));
  const tests = terms.map(({ field, value, equal }) => {
    const path = Object.hasOwn(known.fields, field) ? known.fields[field] : undefined;
    if (path === undefined)
      throw new StatusError("BadRequest", known.unknown?.(field) ?? `field label not supported: ${field}`);
    return { path: path.split("."), value, equal };
  });
  return (object) => tests.every(({ path, value, equal }) => (textAt(object, path) === value) === equal);
}

/** At commas without a backslash before them; empty terms say nothing. */
function splitTerms(text: string): readonly string[] {
  return (text.match(/(?:\\.|\\$|[^,\\])+/gs) ?? []) as readonly string[];
}

function termOf(term: string, text: string) {
  const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term);
  if (match === null) throw new StatusError("BadRequest", `invalid selector: '${text}'; can't understand '${term}'`);
  const [, field = "", operator, value = ""] = match;
  return { field, value: unescaped(value), equal: operator !== "!=" };
}

function unescaped(value: string): string {
  return value.replace(/\\(.?)|[,=]/gs, (all, escaped: string | undefined) => {
    const fault =
      escaped === undefined
        ? `unescaped character in value: ${all.charCodeAt(0)}`
        : [",", "=", "\\"].includes(escaped)
          ? undefined
          : `invalid escape sequence: ${all}`;
    if (fault !== undefined) throw new StatusError("BadRequest", `invalid field selector: ${fault}`);
    return escaped ?? all;
  });
}

/** A field's text as upstream's selectable fields have it: numbers and switches that are absent are zero. */
function textAt(object: KubeObject, path: readonly string[]): string {
  let value: unknown = object;
  for (const key of path) value = (value as { readonly [key: string]: unknown } | undefined)?.[key];
  if (value !== undefined && value !== null) return textOf(value);
  return zeros[path.join(".")] ?? "";
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(textOf).join(",");
  if (typeof value !== "object" || value === null) return String(value);
  const { ip, component } = value as { readonly ip?: string; readonly component?: string };
  return ip ?? component ?? "";
}

const zeros: { readonly [path: string]: string } = {
  "spec.unschedulable": "false",
  "spec.hostNetwork": "false",
  "status.replicas": "0",
  "status.succeeded": "0",
};
