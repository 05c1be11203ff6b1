import { policyExpressions } from "@sallyport/admission";
import {
  apiVersionOf,
  canonical,
  type FieldError,
  finalizerWarnings,
  invalid,
  type KubeObject,
  metadataFault,
  parseApiVersion,
  type ResourceInfo,
  together,
  validateCustomMetadata,
  validateCustomRules,
  validateObject,
  validateReplacement,
  validateReservedName,
  validateStatus,
  warningsOf,
} from "@sallyport/kube";
import { validateIssued } from "../certificates/issued-certificate.ts";
import { issuedChainErrors } from "../certificates/issued-pod-certificate.ts";
import { keyPairFault } from "../certificates/key-pair.ts";
import { podKeyErrors } from "../certificates/pod-key.ts";
import { requestFault } from "../certificates/signing-request.ts";
import { trustBundleFaults } from "../certificates/trust-bundle.ts";
import { definitionsResource } from "../custom/catalogue.ts";
import { validateDefinitionRules } from "../custom/definition-rules.ts";
import { validateCustom } from "../custom/objects.ts";
import type { RulesObserver } from "../custom/rules.ts";
import type { WriteContext } from "./context.ts";
import { deviceFault } from "./device-expressions.ts";
import { inStorageVersion } from "./encode.ts";
import { storageGroup } from "./keys.ts";

const expressions = {
  ofPolicy: policyExpressions,
  deviceFault,
  requestFault,
  trustBundleFaults,
  podKeyErrors,
  issuedChainErrors: (object: KubeObject) => issuedChainErrors(object, Date.now()),
  keyPairFault,
};

/** What a client is warned of. */
export function warned(object: KubeObject, old: KubeObject | undefined, { custom }: ResourceInfo): readonly string[] {
  return custom === undefined ? warningsOf(object, old, expressions) : finalizerWarnings(object, old);
}

/** kube-apiserver refuses events of both groups as those of the core, and a custom object as what it says that it is. */
export function reportedKind(
  object: KubeObject,
  { group, resource, kind, custom }: ResourceInfo,
): { readonly group: string; readonly kind: string } {
  return custom === undefined
    ? { group: storageGroup(group, resource), kind }
    : { group: parseApiVersion(object.apiVersion).group, kind: object.kind };
}

/** Admission can make a custom object one of another kind: nothing decodes it again. */
function typeErrors({ kind, apiVersion }: KubeObject, info: ResourceInfo): readonly FieldError[] {
  const wanted = apiVersionOf(info);
  return [
    ...(kind === info.kind ? [] : [invalid("kind", kind, `must be ${info.kind}`)]),
    ...(apiVersion === wanted ? [] : [invalid("apiVersion", apiVersion, `must be ${wanted}`)]),
  ];
}

/** Admission can make anything of a custom object's metadata: it has no Go type. */
function metadataErrors(object: KubeObject, current: KubeObject | undefined): readonly FieldError[] {
  const fault = metadataFault({ ...object.metadata });
  if (fault === undefined) return validateCustomMetadata(object, current);
  const message = `Invalid value: ${canonical(object.metadata)}: ${fault}`;
  return [{ field: "metadata", reason: "FieldValueInvalid", message }];
}

/** What is wrong with an object; `current` is the one that it replaces. */
export function errorsOf(
  object: KubeObject,
  current: KubeObject | undefined,
  context: WriteContext,
  observer?: RulesObserver,
): readonly FieldError[] {
  const { info, subresource } = context;
  if (info.custom !== undefined) {
    const mistyped = typeErrors(object, info);
    if (mistyped.length > 0) return mistyped;
    const metadata = metadataErrors(object, current);
    const errors = validateCustom(object, current, info.custom, context, metadata, observer);
    return errors.length > metadata.length ? errors : [...errors, ...validateCustomRules(object)];
  }
  const rules =
    info.resource === definitionsResource.resource && info.group === definitionsResource.group
      ? validateDefinitionRules(object, current, observer)
      : [];
  // Faults are told of the version that is stored, as kube-apiserver tells them of its internal one.
  const next = inStorageVersion(object, info);
  if (current === undefined) {
    const faults = validateObject(next, expressions, object.apiVersion);
    return together(faults, rules, validateReservedName(next));
  }
  const before = inStorageVersion(current, info);
  if (subresource === "status")
    return info.resource === "certificatesigningrequests"
      ? [...validateIssued(next, before), ...validateStatus(next, before, expressions)]
      : validateStatus(next, before, expressions);
  return together(validateReplacement(next, before, expressions, object.apiVersion, subresource), rules);
}
