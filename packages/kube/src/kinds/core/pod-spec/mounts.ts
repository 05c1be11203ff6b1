import { type FieldError, forbidden, invalid, notSupported, required } from "../../../names.ts";
import { itemsOf } from "../../checks.ts";
import type { Fields } from "../../rules.ts";
import { localDescendingPath } from "./security.ts";

const propagations: readonly string[] = ["Bidirectional", "HostToContainer", "None"];

/** ValidateVolumeMounts: of volumes that there are, each at a place of its own. */
export function validateMounts(
  container: Fields,
  volumes: ReadonlyMap<string, Fields>,
  path: string,
): readonly FieldError[] {
  const places = new Set<string>();
  return itemsOf(container["volumeMounts"], path).flatMap(([mount, field]) => {
    const { name = "", mountPath = "", subPath, subPathExpr, mountPropagation } = mount;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${field}.name`));
    if (mountPath === "") errors.push(required(`${field}.mountPath`));
    if (name !== "" && !volumes.has(name)) errors.push(notFound(`${field}.name`, name));
    if (places.has(mountPath)) errors.push(invalid(`${field}.mountPath`, mountPath, "must be unique"));
    places.add(mountPath);
    if (subPath) errors.push(...localDescendingPath(subPath, `${field}.subPath`));
    if (subPathExpr) {
      if (subPath)
        errors.push(invalid(`${field}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive"));
      errors.push(...localDescendingPath(subPathExpr, `${field}.subPathExpr`));
    }
    if (mountPropagation !== undefined)
      errors.push(
        ...validatePropagation(mountPropagation, container, `${field.replace(/\[\d+\]$/, "")}.mountPropagation`),
      );
    errors.push(...validateRecursive(mount, `${field}.recursiveReadOnly`));
    return errors;
  });
}

function validatePropagation(mode: string, container: Fields, field: string): readonly FieldError[] {
  if (!propagations.includes(mode)) return [notSupported(field, mode, propagations)];
  return mode === "Bidirectional" && container["securityContext"]?.privileged !== true
    ? [forbidden(field, "Bidirectional mount propagation is available only to privileged containers")]
    : [];
}

function validateRecursive(
  { recursiveReadOnly, readOnly, mountPropagation }: Fields,
  field: string,
): readonly FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return [];
  const words = ["Disabled", "Enabled", "IfPossible"];
  if (!words.includes(recursiveReadOnly)) return [notSupported(field, recursiveReadOnly, words)];
  const errors: FieldError[] = [];
  if (readOnly !== true) errors.push(forbidden(field, "may only be specified when readOnly is true"));
  if (mountPropagation !== undefined && mountPropagation !== "None")
    errors.push(forbidden(field, "may only be specified when mountPropagation is None or not specified"));
  return errors;
}

/** ValidateVolumeDevices. */
export function validateDevices(
  container: Fields,
  volumes: ReadonlyMap<string, Fields>,
  path: string,
): readonly FieldError[] {
  const [names, places] = [new Set<string>(), new Set<string>()];
  const mounted = new Map(
    ((container["volumeMounts"] ?? []) as Fields[]).map((each) => [each["name"], each["mountPath"]]),
  );
  return itemsOf(container["volumeDevices"], path).flatMap(([{ name = "", devicePath = "" }, field]) => {
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${field}.name`));
    if (devicePath === "") errors.push(required(`${field}.devicePath`));
    if (names.has(name)) errors.push(invalid(`${field}.name`, name, "must be unique"));
    if (places.has(devicePath)) errors.push(invalid(`${field}.devicePath`, devicePath, "must be unique"));
    const claimed = volumes.get(name);
    if (claimed === undefined) errors.push(notFound(`${field}.name`, name));
    else if (claimed["persistentVolumeClaim"] === undefined && claimed["ephemeral"] === undefined)
      errors.push(
        invalid(
          `${field}.name`,
          name,
          "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        ),
      );
    if (mounted.has(name)) errors.push(invalid(`${field}.name`, name, "must not already exist in volumeMounts"));
    names.add(name);
    places.add(devicePath);
    return errors;
  });
}

/** The error of a name that stands for nothing. */
export function notFound(field: string, value: string): FieldError {
  return { field, reason: "FieldValueNotFound", message: `Not found: ${JSON.stringify(value)}` };
}
