import type { ObjectReader } from "@sallyport/admission";
import { type FieldError, invalidStatus, type KubeObject } from "@sallyport/kube";
import { type Allocation, allocationsOf } from "./service-allocations.ts";
import { withFamilies, withKeptAddresses, withoutForeignFields } from "./service-families.ts";
import { isExternal, withNodePorts } from "./service-ports.ts";
import {
  type AddressRange,
  addressNumber,
  addressText,
  defaultServiceRanges,
  rangesIn,
  type ServiceRanges,
} from "./service-ranges.ts";

type Fields = { readonly [field: string]: unknown };

export type OnAllocated = (allocation: Allocation, ranges: readonly AddressRange[]) => void;

/**
 * Gives services their addresses and ports. What stored services have is taken, and so is what a write in flight has been given, until
 * it is `settled`. What is stored is read once and then followed: thousands of services would take quadratic time otherwise.
 */
export class ServiceAddresses {
  readonly #ranges: ServiceRanges;
  readonly #pending = new Map<string, KubeObject>();
  readonly #taken = new TakenAddresses();
  readonly #onAllocated: OnAllocated;
  #isRead = false;

  /** `onAllocated` is told of what services are given, with the ranges of addresses, but not of dry runs. */
  constructor(ranges: ServiceRanges = defaultServiceRanges, onAllocated: OnAllocated = () => {}) {
    this.#ranges = ranges;
    this.#onAllocated = onAllocated;
  }

  /** The service with all that its type asks for, kept from `old` where it had that. Throws `Invalid` when it asks for what is taken. */
  allocate(service: KubeObject, old: KubeObject | undefined, reader: ObjectReader, isDry = false): KubeObject {
    this.#read(reader);
    const errors: FieldError[] = [];
    const ranges = rangesIn(this.#ranges, reader);
    // One that was stored before there were lists has but the one address.
    const before = withKeptAddresses(specOf(old), {});
    const kept = withKeptAddresses(specOf(service), before);
    const { name = "" } = service.metadata;
    const addressed =
      kept["type"] === "ExternalName"
        ? kept
        : withAddress(withFamilies(kept, before, ["IPv4"], name), before, {
            ranges,
            taken: this.#taken,
            errors,
            owner: keyOf(service),
            name,
          });
    if (errors.length > 0) throw invalidStatus({ group: "", kind: "Service" }, name, errors);
    const others = isExternal(addressed) ? this.#others(service, reader) : [];
    const ported = withNodePorts(addressed, before, others, { ranges: this.#ranges, isDry, name });
    const spec = old === undefined ? ported : withoutForeignFields(ported, before);
    const allocated = { ...service, spec };
    this.#pending.set(keyOf(service), allocated);
    this.#taken.give(pendingOf(service), spec["clusterIP"]);
    if (!isDry) for (const each of allocationsOf(service, old, allocated)) this.#onAllocated(each, ranges);
    return allocated;
  }

  #others({ metadata }: KubeObject, reader: ObjectReader): readonly KubeObject[] {
    return [...reader.list("", "services"), ...this.#pending.values()].filter(
      (each) => each.metadata.name !== metadata.name || each.metadata.namespace !== metadata.namespace,
    );
  }

  #read(reader: ObjectReader): void {
    if (this.#isRead) return;
    this.#isRead = true;
    for (const each of reader.list("", "services")) this.#taken.give(keyOf(each), specOf(each)["clusterIP"]);
  }

  /** A service was stored or, without an object, is gone. */
  changed(namespace: string, name: string, object: KubeObject | undefined): void {
    if (this.#isRead) this.#taken.give(`${namespace}/${name}`, specOf(object)["clusterIP"]);
  }

  /** The write of an object has ended, well or not. */
  settled(object: KubeObject): void {
    if (object.kind !== "Service") return;
    this.#pending.delete(keyOf(object));
    this.#taken.give(pendingOf(object), undefined);
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** Who holds what a write in flight was given: not the stored service, which may have another address until then. */
function pendingOf(service: KubeObject): string {
  return `${keyOf(service)}${pendingSuffix}`;
}

const pendingSuffix = "/pending";

function specOf(service: KubeObject | undefined): Fields {
  return (service?.["spec"] ?? {}) as Fields;
}

interface Room {
  readonly ranges: readonly AddressRange[];
  readonly taken: TakenAddresses;
  readonly errors: FieldError[];
  /** Whose address it will be. */
  readonly owner: string;
  readonly name: string;
}

function withAddress(spec: Fields, old: Fields, { ranges, taken, errors, owner, name }: Room): Fields {
  const { clusterIP: wanted } = spec;
  if (wanted === "None") return spec;
  const isNew = old["type"] === undefined || old["type"] === "ExternalName";
  // One that was made by a write of its status has none, and is given none later on.
  if (!wanted && !isNew) return withoutAddresses(spec);
  const clusterIP = wanted || taken.lowestFree(ranges);
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
  if (wanted && isNew) {
    const why = !ranges.some((range) => isIn(range, clusterIP))
      ? "the provided network does not match the current range"
      : taken.isTaken(clusterIP, owner)
        ? "provided IP is already allocated"
        : undefined;
    if (why !== undefined) errors.push(addressFault(`failed to allocate IP ${clusterIP}: ${why}`, clusterIP));
  }
  return { ...spec, clusterIP, clusterIPs: wanted ? spec["clusterIPs"] : [clusterIP] };
}

function withoutAddresses({ clusterIP: _, clusterIPs: __, ...spec }: Fields): Fields {
  return spec;
}

function addressFault(detail: string, address: string): FieldError {
  const message = `Invalid value: ${JSON.stringify([address])}: ${detail}`;
  return { field: "spec.clusterIPs", reason: "FieldValueInvalid", message };
}

function isIn({ first, last }: AddressRange, address: string): boolean {
  const number = addressNumber(address);
  return number !== undefined && number >= first && number <= last;
}

/** Who has which address. */
class TakenAddresses {
  readonly #holders = new Map<string, Set<string>>();
  readonly #byHolder = new Map<string, string>();
  /** By range, where its lowest free address may be: all before it are taken. */
  readonly #lowest = new Map<string, number>();

  /** What a holder had before is free, unless somebody else has it, too. */
  give(holder: string, address: unknown): void {
    const before = this.#byHolder.get(holder);
    if (before === address) return;
    if (before !== undefined) this.#release(holder, before);
    if (typeof address !== "string" || addressNumber(address) === undefined) return;
    this.#byHolder.set(holder, address);
    const holders = this.#holders.get(address) ?? new Set();
    this.#holders.set(address, holders.add(holder));
  }

  #release(holder: string, address: string): void {
    this.#byHolder.delete(holder);
    const holders = this.#holders.get(address);
    holders?.delete(holder);
    if (holders === undefined || holders.size > 0) return;
    this.#holders.delete(address);
    const number = addressNumber(address) as number;
    for (const [cidr, lowest] of this.#lowest) if (number < lowest) this.#lowest.set(cidr, number);
  }

  /** Whether anybody but its owner has an address. */
  isTaken(address: string, owner: string): boolean {
    const own = [owner, `${owner}${pendingSuffix}`];
    return [...(this.#holders.get(address) ?? [])].some((holder) => !own.includes(holder));
  }

  /** Behind the first address of the first range, which is the API server's own. */
  lowestFree(ranges: readonly AddressRange[]): string | undefined {
    for (const [i, { cidr, first, last }] of ranges.entries()) {
      const from = i === 0 ? first + 1 : first;
      let number = Math.max(from, this.#lowest.get(cidr) ?? from);
      while (number <= last && this.#holders.has(addressText(number))) number++;
      this.#lowest.set(cidr, number);
      if (number <= last) return addressText(number);
    }
    return undefined;
  }
}
