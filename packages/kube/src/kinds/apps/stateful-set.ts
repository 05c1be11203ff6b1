import { internalValue } from "../../go/internal.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { atMost100Percent, formatted, intOrPercent, itemsOf, nonnegative } from "../checks.ts";
import { validateClaimSpec } from "../core/persistent-volume-claim.ts";
import { type CountRules, collisionsGrow, notMore, validateCounts } from "../counts.ts";
import { dns1123Label } from "../formats.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { workloadWarnings } from "../workload-warnings.ts";
import { isNone } from "./deployment.ts";
import {
  nonnegatives,
  onlyAlways,
  validateSelected,
  validateWorkloadSelector,
  workloadTemplateDefaults,
} from "./workload.ts";

const words = { empty: "empty selector is invalid for statefulset", invalid: "" };
const policies = ["OrderedReady", "Parallel"];
const retention = ["Retain", "Delete"];
const ofTemplate = workloadWarnings();

export const statefulSet: KindRules = {
  warnings: (object, old) => [...ofTemplate(object, old), ...historyWarnings(specOf(object))],
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, {
      replicas: 1,
      podManagementPolicy: "OrderedReady",
      revisionHistoryLimit: 10,
      persistentVolumeClaimRetentionPolicy: {},
    });
    const strategy = (spec["updateStrategy"] ??= {}) as Fields;
    if ((strategy["type"] ?? "") === "")
      fill(Object.assign(strategy, { type: "RollingUpdate" }), { rollingUpdate: {} });
    fill(spec["persistentVolumeClaimRetentionPolicy"], { whenDeleted: "Retain", whenScaled: "Retain" });
    if (strategy["type"] === "RollingUpdate" && strategy["rollingUpdate"] !== undefined)
      fill(strategy["rollingUpdate"], { partition: 0, maxUnavailable: 1 });
    workloadTemplateDefaults(spec);
    for (const claim of spec["volumeClaimTemplates"] ?? []) claimDefaults(claim);
  },
  validate: (object) => validateSpec(specOf(object), validateNew(specOf(object))),
  validateReplacement: (object, old) => [...validateSpec(specOf(object), none), ...validateUpdate(object, old)],
  validateStatus: (object, old) => [...validateCounts(object, counts), ...collisionsGrow(object, old)],
};

function historyWarnings({ revisionHistoryLimit = 0 }: Fields): readonly string[] {
  return revisionHistoryLimit < 0
    ? ["spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended"]
    : [];
}

const counts: CountRules = {
  counts: [
    "replicas",
    "readyReplicas",
    "currentReplicas",
    "updatedReplicas",
    "availableReplicas",
    "observedGeneration",
    "collisionCount",
  ],
  within: [
    ["readyReplicas", "replicas", notMore],
    ["currentReplicas", "replicas", notMore],
    ["updatedReplicas", "replicas", notMore],
    ["availableReplicas", "replicas", notMore],
    ["availableReplicas", "readyReplicas", "cannot be greater than status.readyReplicas"],
  ],
};

function claimDefaults(claim: Fields): void {
  Object.assign(claim, { apiVersion: "v1", kind: "PersistentVolumeClaim" });
  fill(claim, { status: {}, spec: {} });
  fill(claim["spec"], { volumeMode: "Filesystem" });
  fill(claim["status"], { phase: "Pending" });
}

/** `ofNew`: what is wrong with what never changes, and is looked at once. */
function validateSpec(spec: Fields, ofNew: FaultsOfNew): readonly FieldError[] {
  const { podManagementPolicy = "", updateStrategy = {}, ordinals } = spec;
  return [
    ...(podManagementPolicy === ""
      ? [required("spec.podManagementPolicy")]
      : policies.includes(podManagementPolicy)
        ? []
        : [invalid("spec.podManagementPolicy", podManagementPolicy, `must be '${policies[0]}' or '${policies[1]}'`)]),
    ...validateUpdateStrategy(updateStrategy),
    ...validateRetention(spec["persistentVolumeClaimRetentionPolicy"] ?? {}),
    ...ofNew.claims,
    ...nonnegatives(spec, "spec", ["replicas", "minReadySeconds"]),
    ...nonnegative("spec.ordinals.start", ordinals?.start),
    ...ofNew.serviceName,
    ...validateWorkloadSelector(spec["selector"], words),
    ...validateSelected({ ...spec, template: withOwnVolumes(spec) }, words),
    ...onlyAlways(spec["template"] ?? {}, "StatefulSet"),
  ];
}

/** The template as its pods will be: with volumes of their own claims, and what the controller tells them itself. */
function withOwnVolumes({ template = {}, volumeClaimTemplates: claims = [] }: Fields): Fields {
  const { hostname: _hostname, subdomain: _subdomain, ...spec } = (template.spec ?? {}) as Fields;
  const own = (claims as Fields[]).map(({ metadata }) => {
    const { name = "" } = (metadata ?? {}) as Fields;
    return { name, persistentVolumeClaim: { claimName: name } };
  });
  const names = new Set(own.map(({ name }) => name as string));
  const others = ((spec["volumes"] ?? []) as Fields[]).filter(({ name }) => !names.has(name));
  return { ...template, spec: own.length === 0 ? spec : { ...spec, volumes: [...own, ...others] } };
}

interface FaultsOfNew {
  readonly claims: readonly FieldError[];
  readonly serviceName: readonly FieldError[];
}

const none: FaultsOfNew = { claims: [], serviceName: [] };

function validateNew({ volumeClaimTemplates, serviceName = "" }: Fields): FaultsOfNew {
  return {
    claims: validateClaims(volumeClaimTemplates),
    serviceName: serviceName === "" ? [] : formatted("spec.serviceName", serviceName, dns1123Label),
  };
}

function validateClaims(claims: unknown): readonly FieldError[] {
  return itemsOf(claims, "spec.volumeClaimTemplates").flatMap(([claim, path]) =>
    validateClaimSpec((claim["spec"] ?? {}) as Fields, `${path}.spec`),
  );
}

function validateUpdateStrategy({ type = "", rollingUpdate }: Fields): readonly FieldError[] {
  const path = "spec.updateStrategy";
  if (type === "") return [required(path)];
  if (type === "OnDelete")
    return rollingUpdate === undefined
      ? []
      : [
          invalid(
            `${path}.rollingUpdate`,
            internalValue("apps.RollingUpdateStatefulSetStrategy", rollingUpdate),
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        ];
  if (type !== "RollingUpdate")
    return [
      invalid(
        path,
        internalValue("apps.StatefulSetUpdateStrategy", { type, rollingUpdate }),
        "must be 'RollingUpdate' or 'OnDelete'",
      ),
    ];
  return validateRollingUpdate(rollingUpdate ?? {}, `${path}.rollingUpdate`);
}

function validateRollingUpdate({ partition, maxUnavailable }: Fields, path: string): readonly FieldError[] {
  if (maxUnavailable === undefined) return nonnegative(`${path}.partition`, partition);
  return [
    ...nonnegative(`${path}.partition`, partition),
    ...intOrPercent(`${path}.maxUnavailable`, maxUnavailable),
    ...(isNone(maxUnavailable) ? [invalid(`${path}.maxUnavailable`, maxUnavailable, "cannot be 0")] : []),
    ...atMost100Percent(`${path}.maxUnavailable`, maxUnavailable),
  ];
}

function validateRetention(policy: Fields): readonly FieldError[] {
  return ["whenDeleted", "whenScaled"].flatMap((name) => {
    const value = policy[name] as string;
    return retention.includes(value)
      ? []
      : [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, retention)];
  });
}

const fixed = ["spec.selector", "spec.volumeClaimTemplates", "spec.serviceName", "spec.podManagementPolicy"];

function validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const errors = immutable(object, old, fixed, { "spec.volumeClaimTemplates": "core.PersistentVolumeClaim" });
  return errors.map((error) =>
    error.field === "spec.serviceName"
      ? invalid(error.field, specOf(object)["serviceName"] ?? "", "field is immutable")
      : error,
  );
}
