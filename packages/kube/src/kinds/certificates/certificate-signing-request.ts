import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import type { Expressions } from "../expressions.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";
import { validateSignerName } from "./signer-name.ts";

const usages: readonly string[] = [
  "any",
  "cert sign",
  "client auth",
  "code signing",
  "content commitment",
  "crl sign",
  "data encipherment",
  "decipher only",
  "digital signature",
  "email protection",
  "encipher only",
  "ipsec end system",
  "ipsec tunnel",
  "ipsec user",
  "key agreement",
  "key encipherment",
  "microsoft sgc",
  "netscape sgc",
  "ocsp signing",
  "s/mime",
  "server auth",
  "signing",
  "timestamping",
];

/** The request itself is read where certificates are known. */
export const certificateSigningRequest: KindRules = {
  validate: (object, { requestFault }) => [
    ...validateRequestSpec(specOf(object), requestFault),
    ...validateConditions(conditionsOf(object)),
  ],
  validateUpdate: validateRequestUpdate,
  validateStatus: (object, old) => [
    ...validateConditions(conditionsOf(object)),
    ...validateRequestUpdate(object, old),
    ...addedApprovals(object, old),
    ...changedCertificate(object, old),
  ],
};

function validateRequestSpec(spec: Fields, requestFault: Expressions["requestFault"]): readonly FieldError[] {
  const given = (spec["usages"] ?? []) as readonly string[];
  const fault = requestFault(spec["request"] ?? "");
  const errors: FieldError[] = fault === undefined ? [] : [invalid("spec.request", spec["request"] ?? null, fault)];
  if (given.length === 0) errors.push(required("spec.usages"));
  given.forEach((usage, i) => {
    if (!usages.includes(usage)) errors.push(notSupported(`spec.usages[${i}]`, usage, usages));
  });
  given.forEach((usage, i) => {
    if (given.indexOf(usage) < i) errors.push(duplicate(`spec.usages[${i}]`, usage));
  });
  const { signerName = "", expirationSeconds } = spec;
  if (signerName === "kubernetes.io/legacy-unknown")
    errors.push(invalid("spec.signerName", signerName, "the legacy signerName is not allowed via this API version"));
  else errors.push(...validateSignerName("spec.signerName", signerName));
  if (expirationSeconds !== undefined && expirationSeconds < 600)
    errors.push(
      invalid(
        "spec.expirationSeconds",
        expirationSeconds,
        "may not specify a duration less than 600 seconds (10 minutes)",
      ),
    );
  return errors;
}

const field = "status.conditions";
const always = ["Approved", "Denied", "Failed"];

function conditionsOf(object: KubeObject): readonly Fields[] {
  return ((object["status"] as Fields | undefined)?.["conditions"] ?? []) as readonly Fields[];
}

function validateConditions(conditions: readonly Fields[]): readonly FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach(({ type = "", status = "" }, i) => {
    if (type === "") errors.push(required(`${field}[${i}].type`));
    const allowed = always.includes(type) ? ["True"] : ["False", "True", "Unknown"];
    if (status === "") errors.push(required(`${field}[${i}].status`));
    else if (!allowed.includes(status)) errors.push(notSupported(`${field}[${i}].status`, status, allowed));
    const other = { Approved: "Denied", Denied: "Approved" }[type as string];
    if (other !== undefined && seen.has(other))
      errors.push(invalid(field, type, "Approved and Denied conditions are mutually exclusive"));
    if (seen.has(type)) errors.push(duplicate(`${field}[${i}].type`, type));
    seen.add(type);
  });
  return errors;
}

/** An answer stays. */
function validateRequestUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  return always
    .filter((type) => countOf(object, type) < countOf(old, type))
    .map((type) => forbidden(field, `updates may not remove a condition of type ${JSON.stringify(type)}`));
}

/** Whether a request is approved is said by its subresource `approval` alone. */
function addedApprovals(object: KubeObject, old: KubeObject): readonly FieldError[] {
  return ["Approved", "Denied"]
    .filter((type) => countOf(object, type) > countOf(old, type))
    .map((type) => forbidden(field, `updates may not add a condition of type ${JSON.stringify(type)}`));
}

function countOf(object: KubeObject, type: string): number {
  return conditionsOf(object).filter((each) => each["type"] === type).length;
}

function changedCertificate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [object, old].map((each) => (each["status"] as Fields | undefined)?.["certificate"] ?? "");
  return before === "" || now === before
    ? []
    : [forbidden("status.certificate", "updates may not modify existing certificate content")];
}
