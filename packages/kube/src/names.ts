import { label, labelAdvice, subdomain, subdomainAdvice } from "./kinds/formats.ts";
import type { KubeObject } from "./object.ts";
import { type StatusCause, StatusError } from "./status.ts";

const isSubdomain = new RegExp(`^${subdomain}$`);
const isDns1123Label = new RegExp(`^${label}$`);
const qualifiedName = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;

/** Kinds whose names are labels: they become DNS names. */
const labelNamed = new Set(["Namespace", "Service"]);
/** Kinds whose names may be any path segment. */
const pathNamed = new Set(["Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "IPAddress"]);

/** 256 KiB over all annotations. */
const maxAnnotationBytes = 256 * 1024;

export interface FieldError {
  readonly field: string;
  readonly reason:
    | "FieldValueRequired"
    | "FieldValueInvalid"
    | "FieldValueNotSupported"
    | "FieldValueForbidden"
    | "FieldValueTooLong"
    | "FieldValueTooMany"
    | "FieldValueDuplicate"
    | "FieldValueNotFound"
    | "FieldValueTypeInvalid";
  readonly message: string;
}

export function required(field: string, detail = ""): FieldError {
  return { field, reason: "FieldValueRequired", message: `Required value${detail === "" ? "" : `: ${detail}`}` };
}

export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { field, reason: "FieldValueInvalid", message: `Invalid value: ${JSON.stringify(value ?? null)}: ${detail}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((each) => JSON.stringify(each)).join(", ");
  return {
    field,
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${list}`,
  };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, reason: "FieldValueForbidden", message: `Forbidden: ${detail}` };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, reason: "FieldValueDuplicate", message: `Duplicate value: ${JSON.stringify(value)}` };
}

export function tooMany(field: string, actual: number, limit: number): FieldError {
  const items = limit === 1 ? "item" : "items";
  return { field, reason: "FieldValueTooMany", message: `Too many: ${actual}: must have at most ${limit} ${items}` };
}

export function tooLong(field: string, limit: number): FieldError {
  const unit = limit === 1 ? "byte" : "bytes";
  return { field, reason: "FieldValueTooLong", message: `Too long: may not be more than ${limit} ${unit}` };
}

/** Names, labels and annotations of any object, as apimachinery validates ObjectMeta. */
export function validateMetadata({ kind, metadata }: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const { name = "", labels = {}, annotations = {} } = metadata;
  if (name === "") errors.push(required("metadata.name", "name or generateName is required"));
  else errors.push(...validateName(kind, name));
  for (const [key, value] of Object.entries(labels)) {
    errors.push(...validateKey("metadata.labels", key));
    if (value.length > 63) errors.push(invalid("metadata.labels", value, "must be no more than 63 bytes"));
    if (!labelValue.test(value)) {
      errors.push(
        invalid(
          "metadata.labels",
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        ),
      );
    }
  }
  for (const key of Object.keys(annotations)) errors.push(...validateKey("metadata.annotations", key.toLowerCase()));
  const size = Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  if (size > maxAnnotationBytes)
    errors.push({
      field: "metadata.annotations",
      reason: "FieldValueTooLong",
      message: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    });
  return errors;
}

function validateName(kind: string, name: string): readonly FieldError[] {
  if (pathNamed.has(kind)) {
    return /^\.{1,2}$|[/%]/.test(name)
      ? [invalid("metadata.name", name, `may not be '.', '..', or contain '/' or '%'`)]
      : [];
  }
  const errors: FieldError[] = [];
  const isLabel = labelNamed.has(kind);
  const limit = isLabel ? 63 : 253;
  if (name.length > limit) errors.push(invalid("metadata.name", name, `must be no more than ${limit} bytes`));
  if (!(isLabel ? isDns1123Label : isSubdomain).test(name))
    errors.push(invalid("metadata.name", name, isLabel ? labelAdvice : subdomainAdvice));
  return errors;
}

function validateKey(field: string, key: string): readonly FieldError[] {
  const [name = "", prefix] = key.split("/").reverse();
  const rule =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
  if (name === "" || name.length > 63 || !qualifiedName.test(name)) return [invalid(field, key, rule)];
  if (prefix !== undefined && !isSubdomain.test(prefix)) return [invalid(field, key, `prefix part ${subdomainAdvice}`)];
  return [];
}

/** `Pod "x" is invalid: spec.containers: Required value`. */
export function invalidStatus(
  kind: { readonly group: string; readonly kind: string },
  name: string,
  errors: readonly FieldError[],
): StatusError {
  const lines = errors.map(({ field, message }) => `${field}: ${message}`);
  const text = lines.length === 1 ? lines[0] : `[${lines.join(", ")}]`;
  const qualified = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  const causes = errors.map(({ field, reason, message }): StatusCause => ({ reason, message, field }));
  return new StatusError("Invalid", `${qualified} "${name}" is invalid: ${text}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    kind: kind.kind,
    causes,
  });
}

/** Letters and digits that make no words. Upstream's rand.String. */
const suffixAlphabet = "bcdfghjklmnpqrstvwxz2456789";

/** A generateName's five last characters. The base is cut so that the whole fits a label. */
export function generateName(base: string, randomBytes: (size: number) => Uint8Array): string {
  return base.slice(0, 58) + randomSuffix(5, randomBytes);
}

export function randomSuffix(length: number, randomBytes: (size: number) => Uint8Array): string {
  return [...randomBytes(length)].map((byte) => suffixAlphabet[byte % suffixAlphabet.length]).join("");
}
