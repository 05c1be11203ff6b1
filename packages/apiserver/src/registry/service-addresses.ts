import type { ObjectReader } from "@sallyport/admission";
import { type FieldError, invalidStatus, type KubeObject } from "@sallyport/kube";
import { withFamilies, withKeptAddresses, withoutForeignFields } from "./service-families.ts";
import { withNodePorts } from "./service-ports.ts";
import {
  type AddressRange,
  addressNumber,
  addressText,
  defaultServiceRanges,
  rangesIn,
  type ServiceRanges,
} from "./service-ranges.ts";

type Fields = { readonly [field: string]: unknown };

/**
 * Gives services their addresses and ports. What stored services have is taken, and so is what a write in flight has been given, until
 * it is `settled`. Nothing needs to be released: an address is free when no service has it.
 */
export class ServiceAddresses {
  readonly #ranges: ServiceRanges;
  readonly #pending = new Map<string, KubeObject>();

  constructor(ranges: ServiceRanges = defaultServiceRanges) {
    this.#ranges = ranges;
  }

  /** The service with all that its type asks for, kept from `old` where it had that. Throws `Invalid` when it asks for what is taken. */
  allocate(service: KubeObject, old: KubeObject | undefined, reader: ObjectReader, isDry = false): KubeObject {
    const others = [...reader.list("", "services"), ...this.#pending.values()].filter(
      (each) => keyOf(each) !== keyOf(service),
    );
    const errors: FieldError[] = [];
    const ranges = rangesIn(this.#ranges, reader);
    // One that was stored before there were lists has but the one address.
    const before = withKeptAddresses(specOf(old), {});
    const kept = withKeptAddresses(specOf(service), before);
    const addressed =
      kept["type"] === "ExternalName"
        ? kept
        : withAddress(withFamilies(kept, before, ["IPv4"], service.metadata.name ?? ""), before, others, {
            ranges,
            errors,
            name: service.metadata.name ?? "",
          });
    const { name = "" } = service.metadata;
    if (errors.length > 0) throw invalidStatus({ group: "", kind: "Service" }, name, errors);
    const ported = withNodePorts(addressed, before, others, { ranges: this.#ranges, isDry, name });
    const spec = old === undefined ? ported : withoutForeignFields(ported, before);
    const allocated = { ...service, spec };
    this.#pending.set(keyOf(service), allocated);
    return allocated;
  }

  /** The write of an object has ended, well or not. */
  settled(object: KubeObject): void {
    if (object.kind === "Service") this.#pending.delete(keyOf(object));
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function specOf(service: KubeObject | undefined): Fields {
  return (service?.["spec"] ?? {}) as Fields;
}

function withAddress(
  spec: Fields,
  old: Fields,
  others: readonly KubeObject[],
  {
    ranges,
    errors,
    name,
  }: { readonly ranges: readonly AddressRange[]; readonly errors: FieldError[]; readonly name: string },
): Fields {
  const { clusterIP: wanted } = spec;
  if (wanted === "None") return spec;
  const taken = new Set(others.map((each) => specOf(each)["clusterIP"]));
  const clusterIP = wanted || freeAddress(ranges, taken);
  // An address is an object that tells whose it is.
  if (name === "" && typeof clusterIP === "string") {
    const why = `IPAddress.networking.k8s.io ${JSON.stringify(clusterIP)} is invalid: spec.parentRef.name: Required value`;
    errors.push(addressFault(`failed to allocate IP: ${why}`, ""));
    return spec;
  }
  if (typeof clusterIP !== "string") {
    errors.push(addressFault("failed to allocate IP: range is full", ""));
    return spec;
  }
  // A service that has an address keeps it: another one is refused by validation.
  if (wanted && (old["type"] === undefined || old["type"] === "ExternalName")) {
    if (!ranges.some((range) => isIn(range, clusterIP)))
      errors.push(addressFault(outside(clusterIP, ranges), clusterIP));
    else if (taken.has(clusterIP))
      errors.push(addressFault(`failed to allocate IP ${clusterIP}: provided IP is already allocated`, clusterIP));
  }
  return { ...spec, clusterIP, clusterIPs: wanted ? spec["clusterIPs"] : [clusterIP] };
}

function addressFault(detail: string, address: string): FieldError {
  const message = `Invalid value: ${JSON.stringify([address])}: ${detail}`;
  return { field: "spec.clusterIPs", reason: "FieldValueInvalid", message };
}

function outside(address: string, ranges: readonly AddressRange[]): string {
  const all = ranges.map(({ cidr }) => cidr).join(",");
  return `failed to allocate IP ${address}: the provided IP (${address}) is not in the valid range. The range of valid IPs is ${all}`;
}

function isIn({ first, last }: AddressRange, address: string): boolean {
  const number = addressNumber(address);
  return number !== undefined && number >= first && number <= last;
}

/** Behind the first address of the first range, which is the API server's own. */
function freeAddress(ranges: readonly AddressRange[], taken: ReadonlySet<unknown>): string | undefined {
  for (const [i, { first, last }] of ranges.entries())
    for (let number = i === 0 ? first + 1 : first; number <= last; number++) {
      const address = addressText(number);
      if (!taken.has(address)) return address;
    }
  return undefined;
}
