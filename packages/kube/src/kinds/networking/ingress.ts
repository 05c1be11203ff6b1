import { givenField } from "../../go/emptied.ts";
import { type FieldError, invalid, notSupported, required } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf, portNumber } from "../checks.ts";
import { dns1123Label, dns1123Subdomain, type Format, pathSegment, portName, wildcardSubdomain } from "../formats.ts";
import { ipAddress, ipWarnings, parseIp } from "../ip.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const pathTypes = ["Exact", "ImplementationSpecific", "Prefix"];
/** Sequences that proxies read differently. */
const odd = ["//", "/./", "/../", "%2f", "%2F"];
const oddEnds = ["/..", "/."];

const annotation = "kubernetes.io/ingress.class";

export const ingress: KindRules = {
  validate: (object) => [...validateIngress(specOf(object)), ...validateClassName(object)],
  validateReplacement: (object) => validateIngress(specOf(object)),
  validateStatus: (object) =>
    itemsOf((object["status"] as Fields | undefined)?.["loadBalancer"]?.ingress, "status.loadBalancer.ingress").flatMap(
      ([{ ip = "", hostname = "" }, path]) => [
        ...(ip === "" ? [] : formatted(`${path}.ip`, ip, ipAddress)),
        ...(hostname === "" ? [] : formatted(`${path}.hostname`, hostname, dns1123Subdomain)),
        ...(parseIp(hostname) === undefined
          ? []
          : [invalid(`${path}.hostname`, hostname, "must be a DNS name, not an IP address")]),
      ],
    ),
  statusWarnings: (object) =>
    itemsOf((object["status"] as Fields | undefined)?.["loadBalancer"]?.ingress, "status.loadBalancer.ingress").flatMap(
      ([{ ip = "" }, path]) => (ip === "" ? [] : ipWarnings(path, ip)),
    ),
  warnings: (object, old) =>
    old === undefined &&
    object.metadata.annotations?.[annotation] !== undefined &&
    specOf(object)["ingressClassName"] === undefined
      ? [`annotation "${annotation}" is deprecated, please use 'spec.ingressClassName' instead`]
      : [],
};

/** The class may be named in two places, but not differently. */
function validateClassName(object: KubeObject): readonly FieldError[] {
  const old = object.metadata.annotations?.[annotation];
  const { ingressClassName } = specOf(object);
  return old === undefined || ingressClassName === undefined || old === ingressClassName
    ? []
    : [invalid(`annotations.${annotation}`, old, "must match `ingressClassName` when both are specified")];
}

function validateIngress(spec: Fields): readonly FieldError[] {
  const rules = (spec["rules"] ?? []) as readonly Fields[];
  const className = spec["ingressClassName"] as string | undefined;
  return [
    ...(rules.length === 0 && spec["defaultBackend"] === undefined
      ? [invalid("spec", givenField(spec, "rules") ?? null, "either `defaultBackend` or `rules` must be specified")]
      : []),
    ...(spec["defaultBackend"] === undefined ? [] : validateBackend(spec["defaultBackend"], "spec.defaultBackend")),
    ...itemsOf(rules, "spec.rules").flatMap(([rule, path]) => validateRule(rule, path)),
    ...itemsOf(spec["tls"], "spec.tls").flatMap(([tls, path]) => validateTls(tls, path)),
    ...(className === undefined ? [] : formatted("spec.ingressClassName", className, dns1123Subdomain)),
  ];
}

const hostFormat: Format = (host) => (host.includes("*") ? wildcardSubdomain(host) : dns1123Subdomain(host));

function validateRule({ host = "", http }: Fields, path: string): readonly FieldError[] {
  const paths = itemsOf(http?.paths, `${path}.http.paths`);
  return [
    ...(host !== "" && parseIp(host) !== undefined
      ? [invalid(`${path}.host`, host, "must be a DNS name, not an IP address")]
      : []),
    ...(host === "" ? [] : formatted(`${path}.host`, host, hostFormat)),
    ...(http !== undefined && paths.length === 0 ? [required(`${path}.http.paths`)] : []),
    ...paths.flatMap(([each, field]) => validatePath(each, field)),
  ];
}

function validatePath({ path = "", pathType, backend = {} }: Fields, field: string): readonly FieldError[] {
  const faults = pathFaults(path, pathType, field);
  return pathType === undefined ? faults : [...faults, ...validateBackend(backend, `${field}.backend`)];
}

function pathFaults(path: string, pathType: string | undefined, field: string): readonly FieldError[] {
  const absolute = path.startsWith("/") ? [] : [invalid(`${field}.path`, path, "must be an absolute path")];
  switch (pathType) {
    case undefined:
      return [required(`${field}.pathType`, "pathType must be specified")];
    case "Exact":
    case "Prefix":
      return [
        ...absolute,
        ...odd
          .filter((each) => path.includes(each))
          .map((each) => invalid(`${field}.path`, path, `must not contain '${each}'`)),
        ...oddEnds
          .filter((each) => path.endsWith(each))
          .map((each) => invalid(`${field}.path`, path, `cannot end with '${each}'`)),
      ];
    case "ImplementationSpecific":
      return path === "" ? [] : absolute;
    default:
      return [notSupported(`${field}.pathType`, pathType, pathTypes)];
  }
}

function validateBackend({ service, resource }: Fields, path: string): readonly FieldError[] {
  if (service !== undefined && resource !== undefined)
    return [invalid(path, "", "cannot set both resource and service backends")];
  if (resource !== undefined) return validateResource(resource, `${path}.resource`);
  if (service === undefined) return [invalid(path, "", "resource or service backend is required")];
  const name = (service.name ?? "") as string;
  return [
    ...(name === "" ? [required(`${path}.service.name`)] : formatted(`${path}.service.name`, name, dns1123Label)),
    ...validateServicePort(service.port ?? {}, path),
  ];
}

function validateServicePort({ name = "", number = 0 }: Fields, path: string): readonly FieldError[] {
  if (name !== "" && number !== 0) return [invalid(path, "", "cannot set both port name & port number")];
  if (name !== "") return formatted(`${path}.service.port.name`, name, portName);
  if (number !== 0) return portNumber(`${path}.service.port.number`, number);
  return [required(path, "port name or number is required")];
}

/** A TypedLocalObjectReference. */
function validateResource({ apiGroup, kind = "", name = "" }: Fields, path: string): readonly FieldError[] {
  return [
    ...(apiGroup === undefined || apiGroup === null ? [] : formatted(`${path}.apiGroup`, apiGroup, dns1123Subdomain)),
    ...(kind === "" ? [required(`${path}.kind`)] : formatted(`${path}.kind`, kind, pathSegment)),
    ...(name === "" ? [required(`${path}.name`)] : formatted(`${path}.name`, name, pathSegment)),
  ];
}

function validateTls({ hosts = [], secretName = "" }: Fields, path: string): readonly FieldError[] {
  return [
    ...(hosts as string[]).flatMap((host, i) => formatted(`${path}.hosts[${i}]`, host, hostFormat)),
    ...(secretName === "" ? [] : formatted(`${path}.secretName`, secretName, dns1123Subdomain)),
  ];
}
