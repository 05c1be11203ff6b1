import { canonical } from "../../canonical.ts";
import { internalDiff } from "../../go/internal.ts";
import { nanosOf } from "../../go/quantity.ts";
import { type FieldError, forbidden, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, labelKey } from "../formats.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill, immutable, type KindRules, specOf } from "../rules.ts";
import { accessModes } from "./access-modes.ts";
import { validateQuantity } from "./pod-spec/resources.ts";
import { isNative } from "./resource-names.ts";
import { claimWarnings } from "./volume-warnings.ts";

export const persistentVolumeClaim: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { volumeMode: "Filesystem" });
    fill((object["status"] ??= {}), { phase: "Pending" });
  },
  validate: (object) => validateClaimSpec(specOf(object), "spec"),
  validateUpdate: validateClaimUpdate,
  validateStatus: validateClaimStatus,
  warnings: claimWarnings,
};

/** ValidatePersistentVolumeClaimSpec: of claims, and of templates for them. */
export function validateClaimSpec(spec: Fields, path: string): readonly FieldError[] {
  const storage = spec["resources"]?.requests?.storage as string | undefined;
  return [
    ...((spec["accessModes"] ?? []).length === 0
      ? [required(`${path}.accessModes`, "at least 1 access mode is required")]
      : []),
    ...validateLabelSelector(spec["selector"], `${path}.selector`),
    ...((spec["accessModes"] ?? []).length > 0 ? accessModes(spec["accessModes"], `${path}.accessModes`, "") : []),
    ...validateStorage(storage, `${path}.resources[storage]`),
    ...className(`${path}.storageClassName`, spec["storageClassName"]),
    ...(spec["volumeMode"] === undefined || volumeModes.includes(spec["volumeMode"])
      ? []
      : [notSupported(`${path}.volumeMode`, spec["volumeMode"], volumeModes)]),
    ...validateDataSources(spec, path),
    ...className(`${path}.volumeAttributesClassName`, spec["volumeAttributesClassName"]),
  ];
}

const volumeModes: readonly string[] = ["Block", "Filesystem"];

function className(field: string, name: string | undefined): readonly FieldError[] {
  return name ? formatted(field, name, dns1123Subdomain) : [];
}

/** How much a claim asks for. */
export function validateStorage(amount: string | undefined, field: string): readonly FieldError[] {
  if (amount === undefined) return [required(field)];
  return nanosOf(amount) <= 0n
    ? [invalid(field, amount, "must be greater than zero")]
    : validateQuantity("storage", amount, field);
}

/** What a claim is filled from, by its old field and by its new one. */
function validateDataSources({ dataSource, dataSourceRef }: Fields, path: string): readonly FieldError[] {
  const namespace = dataSourceRef?.namespace as string | undefined;
  // A path stands where the value should, and nobody sees the fields of Go's struct of it.
  const sameAs = (why: string) => invalid(path, {}, why);
  const shown = ({ apiGroup, kind, name }: Fields) => canonical({ apiGroup: apiGroup ?? null, kind, name });
  return [
    ...(dataSource === undefined ? [] : validateSource(dataSource, `${path}.dataSource`)),
    ...(dataSourceRef === undefined ? [] : validateSource(dataSourceRef, `${path}.dataSourceRef`)),
    ...(namespace ? formatted(`${path}.dataSourceRef.namespace`, namespace, dns1123Label) : []),
    ...(namespace && dataSource !== undefined
      ? [sameAs("may not be specified when dataSourceRef.namespace is specified")]
      : []),
    ...(!namespace &&
    dataSource !== undefined &&
    dataSourceRef !== undefined &&
    shown(dataSource) !== shown(dataSourceRef)
      ? [sameAs("must match dataSourceRef")]
      : []),
  ];
}

function validateSource({ name, kind, apiGroup }: Fields, path: string): readonly FieldError[] {
  return [
    ...(name ? [] : [required(`${path}.name`)]),
    ...(kind ? [] : [required(`${path}.kind`)]),
    ...(!apiGroup && kind !== "PersistentVolumeClaim"
      ? [invalid(path, kind ?? "", "must be 'PersistentVolumeClaim' when referencing the default apiGroup")]
      : []),
    ...(apiGroup ? formatted(`${path}.apiGroup`, apiGroup, dns1123Subdomain) : []),
  ];
}

/** Only a bound claim may grow and change its class, and the volume is found once; nothing else changes. */
function validateClaimUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [specOf(object), specOf(old)];
  const status = (object["status"] ?? {}) as Fields;
  const wanted = status["phase"] === "Bound" ? withChangeable(now, before) : now;
  const placed = before["volumeName"] ? before : { ...before, volumeName: now["volumeName"] };
  const kept = isClassNew(object, old) ? { ...placed, storageClassName: now["storageClassName"] } : placed;
  const difference = internalDiff("core.PersistentVolumeClaimSpec", kept, wanted);
  const [size, oldSize, granted] = [
    now["resources"]?.requests?.storage,
    before["resources"]?.requests?.storage,
    ((old["status"] ?? {}) as Fields)["capacity"]?.storage,
  ].map((amount) => nanosOf(amount ?? "0"));
  const current = ((old["status"] ?? {}) as Fields)["currentVolumeAttributesClassName"];
  return [
    ...validateClassAnnotation(object, old),
    ...(difference === "" ? [] : [forbidden("spec", `${mayNotChange}\n${difference}`)]),
    ...((size as bigint) < (oldSize as bigint) && (size as bigint) <= (granted as bigint)
      ? [forbidden("spec.resources.requests.storage", "field can not be less than status.capacity")]
      : []),
    ...immutable(object, old, ["spec.volumeMode"]).map((error) => ({ ...error, field: "volumeMode" })),
    ...(current !== undefined ? validateClassChange(now["volumeAttributesClassName"]) : []),
  ];
}

const mayNotChange =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

function withChangeable(spec: Fields, old: Fields): Fields {
  const requests = spec["resources"]?.requests as Fields | undefined;
  const resized =
    requests === undefined
      ? spec
      : {
          ...spec,
          resources: { ...spec["resources"], requests: { ...requests, storage: old["resources"]?.requests?.storage } },
        };
  return { ...resized, volumeAttributesClassName: old["volumeAttributesClassName"] };
}

function validateClassChange(name: string | undefined): readonly FieldError[] {
  const field = "spec.volumeAttributesClassName";
  const why = (what: string) =>
    `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`;
  if (name === undefined) return [forbidden(field, why("nil"))];
  return name === "" ? [forbidden(field, why("empty string"))] : [];
}

const classAnnotation = "volume.beta.kubernetes.io/storage-class";

/** A claim that had no class may get one, which is the one that its annotation told, if it told one. */
function isClassNew(object: KubeObject, old: KubeObject): boolean {
  const [now, before] = [specOf(object)["storageClassName"], specOf(old)["storageClassName"]];
  const told = old.metadata.annotations?.[classAnnotation];
  return now !== undefined && before === undefined && (told === undefined || told === now);
}

/** Where the field takes its place, the annotation may go. */
function validateClassAnnotation(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [now, before] = [object, old].map(({ metadata }) => metadata.annotations?.[classAnnotation]);
  const isMoved = before !== undefined && isClassNew(object, old) && (now === undefined || now === before);
  if ((now ?? "") === (before ?? "") || isMoved) return [];
  return [invalid(`metadata.annotations[${classAnnotation}]`, now ?? "", "field is immutable")];
}

const resizeStatuses: readonly string[] = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
  "NodeResizePending",
];

/** ValidatePersistentVolumeClaimStatusUpdate: how large a claim is, and how it grows. */
function validateClaimStatus(object: KubeObject): readonly FieldError[] {
  const status = (object["status"] ?? {}) as Fields;
  const statuses = "status.allocatedResourceStatuses";
  return [
    ...((specOf(object)["accessModes"] ?? []).length === 0 ? [required("Spec.accessModes")] : []),
    ...Object.entries((status["capacity"] ?? {}) as Fields).flatMap(([name, amount]) =>
      basicAmount(amount, `status.capacity[${name}]`),
    ),
    ...Object.entries((status["allocatedResourceStatuses"] ?? {}) as Fields).flatMap(([name, value]) => [
      ...claimResource(name, statuses),
      ...(resizeStatuses.includes(value) ? [] : [notSupported(statuses, name, resizeStatuses)]),
    ]),
    ...Object.entries((status["allocatedResources"] ?? {}) as Fields).flatMap(([name, amount]) => {
      const faults = claimResource(name, "status.allocatedResources");
      const field = `status.allocatedResources[${name}]`;
      const basic = basicAmount(amount, field);
      return faults.length > 0 ? faults : basic.length > 0 ? basic : validateQuantity("storage", amount, field);
    }),
  ];
}

/** Of Kubernetes' own resources a claim has storage alone. */
function claimResource(name: string, field: string): readonly FieldError[] {
  const faults = formatted(field, name, labelKey);
  if (faults.length > 0 || !isNative(name) || name === "storage") return faults;
  return [notSupported(field, name, ["storage"])];
}

function basicAmount(amount: unknown, field: string): readonly FieldError[] {
  const nanos = nanosOf(amount);
  // Value() rounds up.
  return nanos <= -1_000_000_000n
    ? [invalid(field, Number(nanos / 1_000_000_000n), "must be a valid resource quantity")]
    : [];
}
