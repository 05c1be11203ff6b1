import { type FieldError, forbidden, invalid, notSupported, required, validateMetadata } from "./names.ts";
import type { KubeObject } from "./object.ts";

// biome-ignore lint/suspicious/noExplicitAny: validation reads free-form fields that decoding has checked already
type Fields = { readonly [field: string]: any };

/** What kube-apiserver would refuse, for the kinds that are written here; names, labels and annotations for all. */
export function validateObject(object: KubeObject): readonly FieldError[] {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  return [...validateMetadata(object), ...(validators[`${group}/${object.kind}`]?.(object) ?? [])];
}

/** What may not change from one version of an object to the next. */
export function validateUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const errors: FieldError[] = [];
  const frozen = (field: string, detail = "field is immutable") => {
    if (JSON.stringify(valueAt(object, field)) !== JSON.stringify(valueAt(old, field)))
      errors.push(invalid(field, valueAt(object, field), detail));
  };
  if (object.kind === "Pod") errors.push(...validatePodUpdate(object, old));
  if (object.kind === "Secret" || object.kind === "ConfigMap") errors.push(...validateImmutableData(object, old));
  if (object.kind === "Secret") frozen("type");
  if (/^(Role|ClusterRole)Binding$/.test(object.kind)) frozen("roleRef", "cannot change roleRef");
  if (object.kind === "StorageClass") for (const field of ["provisioner", "parameters", "reclaimPolicy"]) frozen(field);
  if (["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet"].includes(object.kind)) frozen("spec.selector");
  return errors;
}

function valueAt(object: KubeObject, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], object);
}

/** Of a running pod's spec only images, deadlines, tolerations (added) and gates may change. */
function validatePodUpdate(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const mask = (each: KubeObject) => {
    const spec = structuredClone((each["spec"] ?? {}) as { [field: string]: unknown });
    for (const name of ["containers", "initContainers"])
      spec[name] = ((spec[name] ?? []) as Fields[]).map((container) => ({ ...container, image: "" }));
    for (const name of [
      "activeDeadlineSeconds",
      "terminationGracePeriodSeconds",
      "tolerations",
      "schedulingGates",
      "ephemeralContainers",
    ])
      delete spec[name];
    return JSON.stringify(spec, sortKeys);
  };
  if (mask(object) === mask(old)) return [];
  return [
    forbidden(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
    ),
  ];
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function validateImmutableData(object: KubeObject, old: KubeObject): readonly FieldError[] {
  if (old["immutable"] !== true) return [];
  const errors: FieldError[] = [];
  if (object["immutable"] !== true) errors.push(forbidden("immutable", "field is immutable when `immutable` is set"));
  for (const field of ["data", "binaryData"]) {
    if (JSON.stringify(object[field], sortKeys) !== JSON.stringify(old[field], sortKeys))
      errors.push(forbidden(field, "field is immutable when `immutable` is set"));
  }
  return errors;
}

const validators: { readonly [kind: string]: (object: KubeObject) => readonly FieldError[] } = {
  "/Pod": (object) => podSpec((object["spec"] ?? {}) as Fields, "spec"),
  "/Service": (object) => service((object["spec"] ?? {}) as Fields),
  "/ConfigMap": (object) => dataKeys(object, ["data", "binaryData"]),
  "/Secret": (object) => dataKeys(object, ["data"]),
  "apps/Deployment": workload,
  "apps/ReplicaSet": workload,
  "apps/StatefulSet": workload,
  "apps/DaemonSet": workload,
  "batch/Job": (object) =>
    podSpec((((object["spec"] ?? {}) as Fields)["template"]?.spec ?? {}) as Fields, "spec.template.spec"),
  "rbac.authorization.k8s.io/RoleBinding": binding,
  "rbac.authorization.k8s.io/ClusterRoleBinding": binding,
  "networking.k8s.io/Ingress": (object) => ingress((object["spec"] ?? {}) as Fields),
};

const dns1123Label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function podSpec(spec: Fields, path: string): readonly FieldError[] {
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

function service(spec: Fields): readonly FieldError[] {
  const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
  const errors: FieldError[] = [];
  if (spec["type"] !== undefined && !types.includes(spec["type"]))
    errors.push(notSupported("spec.type", spec["type"], types));
  const ports = (spec["ports"] ?? []) as Fields[];
  if (ports.length === 0 && spec["type"] !== "ExternalName" && spec["clusterIP"] !== "None")
    errors.push(required("spec.ports"));
  for (const [i, port] of ports.entries()) {
    if (!(port["port"] >= 1 && port["port"] <= 65535))
      errors.push(invalid(`spec.ports[${i}].port`, port["port"] ?? 0, "must be between 1 and 65535, inclusive"));
    if (ports.length > 1 && !port["name"]) errors.push(required(`spec.ports[${i}].name`));
  }
  return errors;
}

function dataKeys(object: KubeObject, fields: readonly string[]): readonly FieldError[] {
  return fields.flatMap((field) =>
    Object.keys((object[field] ?? {}) as object)
      .filter((key) => !/^[-._a-zA-Z0-9]+$/.test(key))
      .map((key) =>
        invalid(
          `${field}[${key}]`,
          key,
          "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
        ),
      ),
  );
}

function workload(object: KubeObject): readonly FieldError[] {
  const spec = (object["spec"] ?? {}) as Fields;
  const errors: FieldError[] = [];
  const wanted = (spec["selector"]?.matchLabels ?? {}) as Fields;
  if (spec["selector"] === undefined) errors.push(required("spec.selector"));
  const labels = (spec["template"]?.metadata?.labels ?? {}) as Fields;
  if (Object.entries(wanted).some(([key, value]) => labels[key] !== value)) {
    errors.push(invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
  }
  return [...errors, ...podSpec((spec["template"]?.spec ?? {}) as Fields, "spec.template.spec")];
}

function binding(object: KubeObject): readonly FieldError[] {
  const ref = (object["roleRef"] ?? {}) as Fields;
  const kinds = object.kind === "RoleBinding" ? ["Role", "ClusterRole"] : ["ClusterRole"];
  const errors: FieldError[] = [];
  if (!ref["name"]) errors.push(required("roleRef.name"));
  if (!kinds.includes(ref["kind"])) errors.push(notSupported("roleRef.kind", ref["kind"] ?? "", kinds));
  return errors;
}

function ingress(spec: Fields): readonly FieldError[] {
  const errors: FieldError[] = [];
  if (spec["defaultBackend"] === undefined && ((spec["rules"] ?? []) as unknown[]).length === 0)
    errors.push(invalid("spec", {}, "either `defaultBackend` or `rules` must be specified"));
  for (const [i, rule] of ((spec["rules"] ?? []) as Fields[]).entries()) {
    for (const [j, path] of ((rule["http"]?.paths ?? []) as Fields[]).entries()) {
      const types = ["Exact", "ImplementationSpecific", "Prefix"];
      if (path["pathType"] === undefined)
        errors.push(required(`spec.rules[${i}].http.paths[${j}].pathType`, "pathType must be specified"));
      else if (!types.includes(path["pathType"]))
        errors.push(notSupported(`spec.rules[${i}].http.paths[${j}].pathType`, path["pathType"], types));
    }
  }
  return errors;
}
