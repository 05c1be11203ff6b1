import { builtinResources } from "./catalogue.ts";
import table from "./data/protobuf.generated.json" with { type: "json" };
import { podSecurityPolicyMessages } from "./kinds/policy/pod-security-policy-messages.ts";

/** `k8s\0`, before a runtime.Unknown. https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding */
export const magic = [0x6b, 0x38, 0x73, 0x00];

/** Deeper messages are refused. Schemas of JSON Schema itself nest, nothing else comes near. */
export const maxDepth = 200;

export const metaPackage = "k8s.io.apimachinery.pkg.apis.meta.v1";

/** One field of a message, as the table of `scripts/generate/protobuf.ts` tells it. */
export interface Field {
  readonly name: string;
  readonly number: number;
  /** A scalar's name, or a message's full name; of each item, or of each value of a map. */
  readonly type: string;
  readonly repeated: boolean;
  readonly map: boolean;
  /** Written only when it is there; all others always, as Go's zero value if need be. */
  readonly pointer: boolean;
  /** Left out of JSON when it is empty. */
  readonly omitEmpty: boolean;
  /** An embedded struct of Go: a message in protobuf, fields of the outer object in JSON. */
  readonly inline: boolean;
}

const messages = new Map<string, ReadonlyMap<number, Field>>();

/** The fields of a message in the order of Go's struct. */
export function messageFields(message: string): readonly Field[] | undefined {
  const text = (table as { readonly [name: string]: string })[message] ?? podSecurityPolicyMessages[message];
  return text?.split(",").filter(Boolean).map(parseField);
}

/** The fields of a message by number, in ascending order. */
export function fieldsOf(message: string): ReadonlyMap<number, Field> | undefined {
  const known = messages.get(message);
  if (known !== undefined) return known;
  const parsed = messageFields(message)?.slice();
  if (parsed === undefined) return undefined;
  const fields = new Map(parsed.sort((a, b) => a.number - b.number).map((field) => [field.number, field]));
  messages.set(message, fields);
  return fields;
}

function parseField(line: string): Field {
  const [name = "", place = "", written = ""] = line.split(" ");
  return {
    name,
    number: Number.parseInt(place, 10),
    type: written.replace(/^[*<]/, ""),
    repeated: written.startsWith("*"),
    map: written.startsWith("<"),
    pointer: place.includes("p"),
    omitEmpty: place.includes("o"),
    inline: place.includes("i"),
  };
}

const kinds = new Map<string, string>();
const builtinGroups = new Set([
  ...builtinResources.map(({ group }) => group),
  "admission.k8s.io",
  "apidiscovery.k8s.io",
  "imagepolicy.k8s.io",
  "meta.k8s.io",
]);

/** Kinds of every group, which answers name as `v1`'s. */
const metaKinds = new Set(["APIGroup", "APIGroupList", "APIResourceList", "APIVersions", "Status"]);

/** What was found before, by kind and version: as many as there are kinds built in. */
const found = new Map<string, Map<string, string>>();

/** The message of a kind, by looking for the package of its group and version. */
export function messageOf(apiVersion: string, kind: string): string | undefined {
  const known = found.get(kind)?.get(apiVersion);
  if (known !== undefined) return known;
  const message = findMessage(apiVersion, kind);
  if (message !== undefined) found.set(kind, (found.get(kind) ?? new Map<string, string>()).set(apiVersion, message));
  return message;
}

function findMessage(apiVersion: string, kind: string): string | undefined {
  if (kinds.size === 0) {
    for (const name of Object.keys(table)) {
      const parts = name.split(".");
      kinds.set(`${parts.at(-3)}/${parts.at(-2)}/${parts.at(-1)}`, name);
    }
  }
  const [group = "", version = ""] = apiVersion.includes("/") ? apiVersion.split("/") : ["core", apiVersion];
  if (/^(Delete|Create|Update|Patch|List|Get)Options$/.test(kind)) return `${metaPackage}.${kind}`;
  if (apiVersion === "v1" && metaKinds.has(kind)) return `${metaPackage}.${kind}`;
  // `batch.example.com` is no `batch`.
  if (apiVersion.includes("/") && !builtinGroups.has(group)) return undefined;
  const short = group.split(".")[0];
  const special: { readonly [group: string]: string } = {
    "rbac.authorization.k8s.io": "rbac",
    "flowcontrol.apiserver.k8s.io": "flowcontrol",
    "internal.apiserver.k8s.io": "apiserverinternal",
  };
  return kinds.get(`${special[group] ?? short}/${version}/${kind}`);
}

/** Types of Go that are lists in JSON and messages with one repeated string in protobuf. */
export const listMessages: ReadonlySet<string> = new Set([
  `${metaPackage}.Verbs`,
  "k8s.io.api.authorization.v1.ExtraValue",
  "k8s.io.api.authentication.v1.ExtraValue",
  "k8s.io.api.certificates.v1.ExtraValue",
]);

/** Types that carry JSON text in their field 1. */
export const rawMessages: ReadonlySet<string> = new Set([
  `${metaPackage}.FieldsV1`,
  "k8s.io.apimachinery.pkg.runtime.RawExtension",
  "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSON",
]);
