import { type FieldError, invalid, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import type { Expressions } from "../expressions.ts";
import { type KindRules, specOf } from "../rules.ts";
import { validateSignerName } from "./signer-name.ts";

/** 1 MiB. */
const maxBundleBytes = 1024 * 1024;

/** Trust anchors, by name or of a signer. Those that stay are not read again. */
export const clusterTrustBundle: KindRules = {
  validate: (object, expressions) => [...validateSigner(object), ...validateBundle(object, expressions)],
  validateReplacement: (object, old, expressions) => [
    ...validateSigner(object),
    ...(specOf(object)["trustBundle"] === specOf(old)["trustBundle"] ? [] : validateBundle(object, expressions)),
    ...signerStays(object, old),
  ],
};

function validateSigner(object: KubeObject): readonly FieldError[] {
  const { signerName = "" } = specOf(object);
  return signerName === "" ? [] : validateSignerName("spec.signerName", signerName);
}

function signerStays(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const { signerName = "" } = specOf(object);
  return signerName === (specOf(old)["signerName"] ?? "")
    ? []
    : [invalid("spec.signerName", signerName, "field is immutable")];
}

function validateBundle(object: KubeObject, { trustBundleFaults }: Expressions): readonly FieldError[] {
  const path = "spec.trustBundle";
  const { trustBundle = "" } = specOf(object);
  if (new TextEncoder().encode(trustBundle).length > maxBundleBytes) return [tooLong(path, maxBundleBytes)];
  return trustBundleFaults(trustBundle).map((each) => invalid(path, "<value omitted>", each));
}
