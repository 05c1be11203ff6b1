import { declared, type FieldError, invalid, required, tooLong } from "../../names.ts";
import { formatted } from "../checks.ts";
import { cIdentifier, dns1123Subdomain, labelKey } from "../formats.ts";
import { driverName } from "../storage/csi-node.ts";

const maxPoolLength = 253;
const maxDomainLength = 63;
const maxIdentifierLength = 32;

/** validatePoolName: names of subdomains with slashes between them. */
export function poolName(field: string, name: string): readonly FieldError[] {
  if (name === "") return [required(field)];
  return [
    ...(name.length > maxPoolLength ? [tooLong(field, maxPoolLength)] : []),
    ...name.split("/").flatMap((part) => formatted(field, part, dns1123Subdomain)),
  ];
}

/** The same of a pool that an allocation names, in the words of upstream's declared rules. */
export function allocatedPoolName(field: string, name: string): readonly FieldError[] {
  if (name === "") return declared([required(field)]);
  const parts = name.split("/").flatMap((part, i) => {
    if (part === "") return [invalid(field, name, `segment ${i}: must not be empty`)];
    return dns1123Subdomain(part).map((each) => invalid(field, part, `segment ${i}: ${each}`));
  });
  return declared([...(name.length > maxPoolLength ? [tooLong(field, maxPoolLength)] : []), ...parts]);
}

/** validateQualifiedName: of an attribute or a capacity, with the domain of who defines it or without. */
export function qualifiedDeviceName(field: string, name: string): readonly FieldError[] {
  const [first = "", second, ...rest] = name.split("/");
  if (second === undefined) return identifier(field, first);
  if (rest.length > 0) return [];
  return [
    ...(first === "" ? [invalid(field, "", "the domain must not be empty")] : driverName(first, field)),
    ...(second === "" ? [invalid(field, "", "the name must not be empty")] : identifier(field, second)),
  ];
}

/** ResourceFullyQualifiedName: the same with a domain, in the words of upstream's declared rules. */
export function fullyQualifiedName(field: string, name: string): readonly FieldError[] {
  const [first = "", second, ...rest] = name.split("/");
  if (second === undefined)
    return declared([
      ...identifier(field, first),
      invalid(field, name, "a fully qualified name must be a domain and a name separated by a slash"),
    ]);
  if (rest.length > 0) return [];
  const tooLongDomain = first.length > maxDomainLength ? [tooLong(field, maxDomainLength)] : [];
  const domain = dns1123Subdomain(first).map((each) => invalid(field, first, `prefix: ${each}`));
  return declared([
    ...(first === "" ? [invalid(field, "", "prefix must not be empty")] : [...tooLongDomain, ...domain]),
    ...(second === "" ? [invalid(field, "", "name must not be empty")] : identifier(field, second)),
  ]);
}

function identifier(field: string, text: string): readonly FieldError[] {
  return [
    ...(text.length > maxIdentifierLength ? [tooLong(field, maxIdentifierLength)] : []),
    ...formatted(field, text, cIdentifier),
  ];
}

/** ExtendedResourceName: a resource that pods ask for by a name with a domain. */
export function extendedResourceName(field: string, name: string): readonly FieldError[] {
  const faults = [
    ...(name.includes("/") ? [] : ["a name must be a domain-prefixed path, such as 'example.com/my-prop'"]),
    ...(name.includes("kubernetes.io/") ? ['must not have "kubernetes.io/" domain'] : []),
    ...(name.startsWith("requests.") ? ['must not have "requests." prefix'] : []),
    ...labelKey(`requests.${name}`),
  ];
  return declared(faults.map((each) => invalid(field, name, each)));
}

/** UUID: of a share of a device. */
export function shareId(field: string, id: string): readonly FieldError[] {
  if (/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(id)) return [];
  return declared([invalid(field, id, "must be a lowercase UUID in 8-4-4-4-12 format")]);
}
