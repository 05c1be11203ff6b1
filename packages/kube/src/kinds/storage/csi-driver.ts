import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, notSupported } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { itemsOf } from "../checks.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

const groupPolicies = ["File", "None", "ReadWriteOnceWithFSType"];
const lifecycleModes = ["Persistent", "Ephemeral"];
const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;
const minUpdatePeriodSeconds = 10;

export const csiDriver: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      attachRequired: true,
      podInfoOnMount: false,
      storageCapacity: false,
      fsGroupPolicy: "ReadWriteOnceWithFSType",
      requiresRepublish: false,
      seLinuxMount: false,
      preventPodSchedulingIfMissing: false,
    });
    if ((spec["volumeLifecycleModes"] ?? []).length === 0) spec["volumeLifecycleModes"] = ["Persistent"];
  },
  validate: (object) => validateSpec(specOf(object)),
  validateUpdate,
  warnings: (object, old) => {
    const { tokenRequests = [], serviceAccountTokenInSecrets } = specOf(object);
    const isKnown = old !== undefined && canonical(tokenRequests) === canonical(specOf(old)["tokenRequests"] ?? []);
    return tokenRequests.length > 0 && serviceAccountTokenInSecrets === undefined && !isKnown ? [tokensInContext] : [];
  },
};

const tokensInContext =
  "spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes";

function validateSpec(spec: Fields): readonly FieldError[] {
  const policy = spec["fsGroupPolicy"] as string;
  return [
    ...(groupPolicies.includes(policy) ? [] : [notSupported("spec.fsGroupPolicy", policy, groupPolicies)]),
    ...validateTokenRequests(spec["tokenRequests"]),
    ...((spec["volumeLifecycleModes"] ?? []) as string[])
      .filter((mode) => !lifecycleModes.includes(mode))
      .map((mode) => notSupported("spec.volumeLifecycleModes", mode, lifecycleModes)),
    ...validateUpdatePeriod(spec["nodeAllocatableUpdatePeriodSeconds"]),
    ...validateTokenPlace(spec),
  ];
}

function validateTokenPlace({ serviceAccountTokenInSecrets: isSecret, tokenRequests = [] }: Fields) {
  const detail = "serviceAccountTokenInSecrets is set but no tokenRequests are specified";
  return isSecret === undefined || tokenRequests.length > 0
    ? []
    : [invalid("spec.serviceAccountTokenInSecrets", isSecret, detail)];
}

function validateUpdatePeriod(seconds: number | undefined): readonly FieldError[] {
  return seconds === undefined || seconds >= minUpdatePeriodSeconds
    ? []
    : [
        invalid(
          "spec.nodeAllocatableUpdatePeriodSeconds",
          seconds,
          `must be greater than or equal to ${minUpdatePeriodSeconds} seconds`,
        ),
      ];
}

/** One token for each audience; one of them may be the API server's own, which has no name. */
function validateTokenRequests(requests: unknown): readonly FieldError[] {
  const audiences = itemsOf(requests, "").map(([{ audience = "" }]) => audience as string);
  return itemsOf(requests, "spec.tokenRequests").flatMap(([{ expirationSeconds: seconds }, path], i) => {
    const audience = audiences[i] as string;
    if (audiences.indexOf(audience) < i) return [duplicate(`${path}.audience`, audience)];
    const field = `${path}.expirationSeconds`;
    if (seconds < minTokenSeconds) return [invalid(field, seconds, "may not specify a duration less than 10 minutes")];
    return seconds > maxTokenSeconds
      ? [invalid(field, seconds, "may not specify a duration larger than 2^32 seconds")]
      : [];
  });
}

function validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const modes = spec["volumeLifecycleModes"];
  return [
    ...(spec["attachRequired"] === before["attachRequired"]
      ? []
      : [invalid("spec.attachedRequired", spec["attachRequired"], "field is immutable")]),
    ...(canonical(modes) === canonical(before["volumeLifecycleModes"])
      ? []
      : [invalid("spec.volumeLifecycleModes", modes, "field is immutable")]),
  ];
}
