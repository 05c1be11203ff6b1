import { type FieldError, forbidden, invalid, notFound, notSupported, required } from "../../../names.ts";
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
  const devices = itemsOf(container["volumeDevices"], path).map(([each]) => each);
  return itemsOf(container["volumeMounts"], path).flatMap(([mount, field]) => {
    const { name = "", mountPath = "", subPath, subPathExpr, mountPropagation } = mount;
    const errors: FieldError[] = [];
    if (name === "") errors.push(required(`${field}.name`));
    if (!volumes.has(name)) errors.push(notFound(`${field}.name`, name));
    if (mountPath === "") errors.push(required(`${field}.mountPath`));
    if (places.has(mountPath)) errors.push(invalid(`${field}.mountPath`, mountPath, "must be unique"));
    places.add(mountPath);
    if (devices.some((each) => (each["name"] ?? "") === name))
      errors.push(invalid(`${field}.name`, name, "must not already exist in volumeDevices"));
    if (devices.some(({ devicePath = "" }) => devicePath === mountPath))
      errors.push(invalid(`${field}.mountPath`, mountPath, "must not already exist as a path in volumeDevices"));
    // Of these kube-apiserver does not tell which mount it is.
    if (subPath) errors.push(...localDescendingPath(subPath, `${path}.subPath`));
    if (subPathExpr) {
      if (subPath)
        errors.push(invalid(`${field}.subPathExpr`, subPathExpr, "subPathExpr and subPath are mutually exclusive"));
      errors.push(...localDescendingPath(subPathExpr, `${path}.subPathExpr`));
    }
    if (mountPropagation !== undefined)
      errors.push(...validatePropagation(mountPropagation, container, `${path}.mountPropagation`));
    errors.push(...validateRecursive(mount, `${path}.recursiveReadOnly`));
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

/** ValidateVolumeDevices: claims as devices, each at a place of its own, none of which is mounted, too. */
export function validateDevices(
  container: Fields,
  volumes: ReadonlyMap<string, Fields>,
  path: string,
): readonly FieldError[] {
  const [names, places] = [new Set<string>(), new Set<string>()];
  const mounts = itemsOf(container["volumeMounts"], path).map(([each]) => each);
  return itemsOf(container["volumeDevices"], path).flatMap(([{ name = "", devicePath = "" }, field]) => {
    const errors: FieldError[] = [];
    const place = `${field}.devicePath`;
    if (name === "") errors.push(required(`${field}.name`));
    if (names.has(name)) errors.push(invalid(`${field}.name`, name, "must be unique"));
    errors.push(...validateClaimed(volumes.get(name), name, `${field}.name`));
    if (devicePath === "") errors.push(required(place));
    if (places.has(devicePath)) errors.push(invalid(place, devicePath, "must be unique"));
    if (devicePath.split("/").includes(".."))
      errors.push(invalid(place, devicePath, "can not contain backsteps ('..')"));
    else places.add(devicePath);
    if (mounts.some((each) => (each["name"] ?? "") === name))
      errors.push(invalid(`${field}.name`, name, "must not already exist in volumeMounts"));
    if (mounts.some(({ mountPath = "" }) => mountPath === devicePath))
      errors.push(invalid(place, devicePath, "must not already exist as a path in volumeMounts"));
    if (name !== "") names.add(name);
    return errors;
  });
}

function validateClaimed(volume: Fields | undefined, name: string, field: string): readonly FieldError[] {
  if (volume === undefined) return [notFound(field, name)];
  if (volume["persistentVolumeClaim"] !== undefined || volume["ephemeral"] !== undefined) return [];
  const why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
  return [invalid(field, name, why)];
}
