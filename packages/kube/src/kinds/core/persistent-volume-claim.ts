import { canonical } from "../../canonical.ts";
import { nanosOf } from "../../go/quantity.ts";
import { type FieldError, forbidden, invalid, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { oneOf } from "../checks.ts";
import { validateLabelSelector } from "../label-selector.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { accessModes } from "./access-modes.ts";
import { validateQuantity } from "./pod-spec/resources.ts";

export const persistentVolumeClaim: KindRules = {
  defaults: (object) => {
    const spec = (object["spec"] ??= {}) as Fields;
    fill(spec, { volumeMode: "Filesystem" });
    fill((object["status"] ??= {}), { phase: "Pending" });
    sameSources(spec);
  },
  validate: (object) => validateClaimSpec(specOf(object), "spec"),
  validateUpdate: validateClaimUpdate,
};

/** NormalizeDataSources: what one of the two fields says, both say. */
function sameSources(spec: Fields): void {
  const { dataSource, dataSourceRef } = spec;
  const source = dataSource ?? (dataSourceRef?.namespace ? undefined : dataSourceRef);
  for (const each of [dataSource, dataSourceRef]) if (each) each.apiGroup ??= null;
  if (source) fill(spec, { dataSource: { ...source }, dataSourceRef: { ...source } });
}

/** ValidatePersistentVolumeClaimSpec: of claims, and of templates for them. */
export function validateClaimSpec(spec: Fields, path: string): readonly FieldError[] {
  const storage = spec["resources"]?.requests?.storage as string | undefined;
  return [
    ...accessModes(spec["accessModes"], `${path}.accessModes`, "at least 1 access mode is required"),
    ...validateLabelSelector(spec["selector"], `${path}.selector`),
    ...(storage === undefined
      ? [required(`${path}.resources[storage]`)]
      : positive(storage, `${path}.resources[storage]`)),
    ...oneOf(`${path}.volumeMode`, spec["volumeMode"], ["Block", "Filesystem"], true),
  ];
}

function positive(amount: string, field: string): readonly FieldError[] {
  return [
    ...validateQuantity("storage", amount, field),
    ...(nanosOf(amount) <= 0n ? [invalid(field, amount, "must be greater than zero")] : []),
  ];
}

/** Only a bound claim may grow; nothing else changes. */
function validateClaimUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const rest = (
    { resources: _resources, volumeAttributesClassName: _class, volumeName, ...spec }: Fields,
    kept: Fields,
  ) => canonical({ ...spec, volumeName: kept["volumeName"] ? volumeName : "" });
  const [now, before] = [specOf(object), specOf(old)];
  const errors: FieldError[] = [];
  if (rest(now, before) !== rest(before, before))
    errors.push(
      forbidden(
        "spec",
        "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
      ),
    );
  const [wanted, given] = [now, before].map((spec) => nanosOf(spec["resources"]?.requests?.storage));
  if (wanted !== undefined && given !== undefined && wanted > 0n && wanted < given)
    errors.push(forbidden("spec.resources.requests.storage", "field can not be less than status.capacity"));
  return errors;
}
