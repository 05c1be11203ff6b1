import { jsonSyntaxFault } from "../../go/json-syntax.ts";
import { type FieldError, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { type Fields, fill, immutable, type KindRules } from "../rules.ts";
import { validateData, validateImmutableData } from "./data.ts";

export const secret: KindRules = {
  defaults: (object) => fill(object, { type: "Opaque" }),
  validate: (object) => [...validateData(object, ["data"], "data"), ...validateType(object)],
  validateReplacement: (object, old) => [
    ...immutable(object, old, ["type"]),
    ...validateImmutableData(object, old),
    ...validateData(object, ["data"], "data"),
    ...validateType(object),
  ],
  warnings: (object, _, { keyPairFault }) => {
    if (object["type"] !== "kubernetes.io/tls") return [];
    const data = (object["data"] ?? {}) as Fields;
    const fault = keyPairFault(data["tls.crt"] ?? "", data["tls.key"] ?? "");
    return fault === undefined ? [] : [fault];
  },
};

const accountName = "kubernetes.io/service-account.name";

/** Keys that a type asks for. */
const requiredKeys: { readonly [type: string]: readonly string[] } = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/ssh-auth": ["ssh-privatekey"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

function validateType(object: KubeObject): readonly FieldError[] {
  const data = (object["data"] ?? {}) as Fields;
  const type = object["type"] as string;
  if (type === "kubernetes.io/service-account-token")
    return object.metadata.annotations?.[accountName] ? [] : [required(`metadata.annotations[${accountName}]`)];
  if (type === "kubernetes.io/basic-auth")
    return data["username"] === undefined && data["password"] === undefined
      ? [required("data[username]"), required("data[password]")]
      : [];
  const isMissing = (key: string) => (type === "kubernetes.io/ssh-auth" ? !data[key] : data[key] === undefined);
  const missing = (requiredKeys[type] ?? []).filter(isMissing);
  const errors = missing.map((key) => required(`data[${key}]`));
  const json = type.startsWith("kubernetes.io/dockerc") ? requiredKeys[type]?.[0] : undefined;
  if (json === undefined || data[json] === undefined) return errors;
  const fault = jsonFault(data[json]);
  return fault === undefined ? errors : [...errors, invalid(`data[${json}]`, "<secret contents redacted>", fault)];
}

/** What Go's decoder says of a text that is no JSON object. */
function jsonFault(base64: string): string | undefined {
  const text = atob(base64);
  if (text.trim() === "") return "unexpected end of JSON input";
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || (typeof value === "object" && !Array.isArray(value))) return undefined;
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    return `json: cannot unmarshal ${type} into Go value of type map[string]interface {}`;
  } catch {
    return jsonSyntaxFault(Uint8Array.from(text, (each) => each.charCodeAt(0)));
  }
}
