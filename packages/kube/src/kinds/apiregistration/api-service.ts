import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, portNumber } from "../checks.ts";
import { dns1035Label, dns1123Subdomain, type Format, pathSegment } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const maxGroupPriority = 20_000;
const maxVersionPriority = 1000;

const conditionStatuses = ["True", "False", "Unknown"];

export const apiService: KindRules = {
  defaults: (object) => {
    const service = object["spec"]?.service as Fields | undefined;
    if (service !== undefined) service["port"] ??= 443;
  },
  validate: validateApiService,
  validateStatus: (object) =>
    (((object["status"] as Fields | undefined)?.["conditions"] ?? []) as readonly Fields[]).flatMap(
      ({ status = "" }, index) =>
        conditionStatuses.includes(status)
          ? []
          : [notSupported(`status.conditions[${index}].status`, status, conditionStatuses)],
    ),
};

function validateApiService(object: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const { group = "", version = "", groupPriorityMinimum = 0, versionPriority = 0 } = spec;
  const { generateName = "", name = "" } = object.metadata;
  const wanted = `${version}.${group}`;
  // What could be no name at all is told of with the metadata.
  const named: Format = (given) =>
    given === "" || given === wanted || pathSegment(given).length > 0
      ? []
      : [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`];
  return [
    ...formatted("metadata.generateName", generateName, named),
    ...formatted("metadata.name", name, named),
    ...validateGroup(group, version),
    ...formatted("spec.version", version, dns1035Label),
    ...priority("groupPriorityMinimum", groupPriorityMinimum, maxGroupPriority),
    ...priority("versionPriority", versionPriority, maxVersionPriority),
    ...(spec["service"] === undefined ? validateLocal(spec) : validateService(spec["service"])),
    ...(spec["service"] !== undefined && spec["insecureSkipTLSVerify"] === true && spec["caBundle"]
      ? [invalid("spec.insecureSkipTLSVerify", true, "may not be true if caBundle is present")]
      : []),
  ];
}

function validateGroup(group: string, version: string): readonly FieldError[] {
  if (group !== "") return formatted("spec.group", group, dns1123Subdomain);
  return version === "v1"
    ? []
    : [required("spec.group", "only v1 may have an empty group and it better be legacy kube")];
}

function priority(name: string, value: number, limit: number): readonly FieldError[] {
  if (value > 0 && value <= limit) return [];
  return [invalid(`spec.${name}`, value, `must be positive and less than ${limit}`)];
}

/** One that this very server answers. */
function validateLocal({ caBundle, insecureSkipTLSVerify }: Fields): readonly FieldError[] {
  const bytes = caBundle ? atob(caBundle).length : 0;
  return [
    ...(bytes > 0 ? [invalid("spec.caBundle", `${bytes} bytes`, "local APIServices may not have a caBundle")] : []),
    ...(insecureSkipTLSVerify === true
      ? [invalid("spec.insecureSkipTLSVerify", true, "local APIServices may not have insecureSkipTLSVerify")]
      : []),
  ];
}

function validateService({ namespace = "", name = "", port }: Fields): readonly FieldError[] {
  return [
    ...(namespace === "" ? [required("spec.service.namespace")] : []),
    ...(name === "" ? [required("spec.service.name")] : []),
    ...portNumber("spec.service.port", port).map((each) =>
      invalid(each.field, port, `port is not valid: ${portAdvice}`),
    ),
  ];
}

const portAdvice = "must be between 1 and 65535, inclusive";
