import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { Fields } from "../rules.ts";

const dns1123Label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/** ValidatePodSpec. `path` is where the spec lies: `spec`, `spec.template.spec`. */
export function validatePodSpec(spec: Fields, path: string): readonly FieldError[] {
  const errors: FieldError[] = [];
  const containers = (spec["containers"] ?? []) as Fields[];
  if (containers.length === 0) errors.push(required(`${path}.containers`));
  const names = new Set<string>();
  for (const list of ["containers", "initContainers", "ephemeralContainers"]) {
    for (const [i, each] of ((spec[list] ?? []) as Fields[]).entries())
      errors.push(...container(each, `${path}.${list}[${i}]`, names));
  }
  const restart = spec["restartPolicy"];
  if (restart !== undefined && !["Always", "OnFailure", "Never"].includes(restart))
    errors.push(notSupported(`${path}.restartPolicy`, restart, ["Always", "OnFailure", "Never"]));
  const volumes = new Set(((spec["volumes"] ?? []) as Fields[]).map((each) => each["name"]));
  for (const [i, each] of containers.entries()) {
    for (const [j, mount] of ((each["volumeMounts"] ?? []) as Fields[]).entries()) {
      const field = `${path}.containers[${i}].volumeMounts[${j}].name`;
      if (!volumes.has(mount["name"]))
        errors.push({ field, reason: "FieldValueInvalid", message: `Not found: ${JSON.stringify(mount["name"])}` });
    }
  }
  return errors;
}

function container(each: Fields, path: string, names: Set<string>): readonly FieldError[] {
  const errors: FieldError[] = [];
  const name = each["name"] as string | undefined;
  if (!name) errors.push(required(`${path}.name`));
  else if (!dns1123Label.test(name) || name.length > 63) errors.push(invalid(`${path}.name`, name, labelRule));
  else if (names.has(name))
    errors.push({
      field: `${path}.name`,
      reason: "FieldValueDuplicate",
      message: `Duplicate value: ${JSON.stringify(name)}`,
    });
  if (name !== undefined) names.add(name);
  if (!each["image"]) errors.push(required(`${path}.image`));
  const pull = each["imagePullPolicy"];
  if (pull !== undefined && !["Always", "IfNotPresent", "Never"].includes(pull))
    errors.push(notSupported(`${path}.imagePullPolicy`, pull, ["Always", "IfNotPresent", "Never"]));
  for (const [i, port] of ((each["ports"] ?? []) as Fields[]).entries()) {
    const value = port["containerPort"] as number | undefined;
    if (value === undefined || value < 1 || value > 65535)
      errors.push(invalid(`${path}.ports[${i}].containerPort`, value ?? 0, "must be between 1 and 65535, inclusive"));
  }
  if (each["securityContext"]?.privileged === true && each["securityContext"]?.allowPrivilegeEscalation === false) {
    errors.push(
      invalid(
        `${path}.securityContext`,
        each["securityContext"],
        "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
      ),
    );
  }
  return errors;
}
