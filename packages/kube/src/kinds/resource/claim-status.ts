import { canonical } from "../../canonical.ts";
import { declared, type FieldError, forbidden, invalid, notSupported, required, tooLong } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { validateConditions } from "../conditions.ts";
import { validateNodeSelector } from "../core/pod-spec/affinity.ts";
import { dns1123Label } from "../formats.ts";
import { interfaceAddress } from "../ip.ts";
import { type Fields, specOf } from "../rules.ts";
import { driverName, driverNameWithCapitals } from "../storage/csi-node.ts";
import { validateConfiguration, validateOpaque } from "./configuration.ts";
import { type RequestNames, requestNames, requestReference, validateReferences } from "./device-requests.ts";
import { listOf, setOf } from "./lists.ts";
import { allocatedPoolName, poolName, shareId } from "./names.ts";
import { validateBindingConditions, validateToleration } from "./taints.ts";

const maxResults = 32;
const maxConfigurations = 64;
const maxConsumers = 256;
const maxConditions = 8;
const maxAddresses = 16;
const maxInterfaceNameLength = 256;
const maxHardwareAddressLength = 128;

/** ValidateResourceClaimStatusUpdate: who uses the claim, which devices it has, and what their drivers say of them. */
export function validateClaimStatus(object: KubeObject, old: KubeObject): readonly FieldError[] {
  const [status, before] = [object, old].map((each) => (each["status"] ?? {}) as Fields) as [Fields, Fields];
  const { reservedFor, allocation, devices } = status;
  const consumers = { max: maxConsumers, key: ({ uid }: Fields) => uid, type: "ResourceClaimConsumerReference" };
  const results = itemsOf(allocation?.devices?.results, "").map(([each]) => canonical(identityOf(each)));
  const told = { key: identityOf, type: "AllocatedDeviceStatus" };
  return [
    ...listOf("status.reservedFor", reservedFor, consumers, (each, at) =>
      ["resource", "name", "uid"].filter((field) => !each[field]).map((field) => required(`${at}.${field}`)),
    ),
    ...listOf("status.devices", devices, told, (each, at) => validateDeviceStatus(each, at, results)),
    ...validateReservation(object, status, before),
    ...validateAllocation(allocation, before["allocation"], requestNames(specOf(object)["devices"])),
  ];
}

/** MakeSharedDeviceID. */
function identityOf({ driver = "", pool = "", device = "", shareID = "" }: Fields): readonly string[] {
  return [driver, pool, device, shareID];
}

function validateReservation(object: KubeObject, status: Fields, before: Fields): readonly FieldError[] {
  const reserved = (status["reservedFor"] ?? []) as readonly Fields[];
  if (reserved.length === 0) return [];
  const field = "status.reservedFor";
  if (status["allocation"] === undefined) return [forbidden(field, "may not be specified when `allocated` is not set")];
  const known = new Set(((before["reservedFor"] ?? []) as readonly Fields[]).map((each) => canonical(each)));
  const isAdded = reserved.some((each) => !known.has(canonical(each)));
  const text = "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set";
  return object.metadata.deletionTimestamp !== undefined && isAdded ? [forbidden(field, text)] : [];
}

/** What was allocated stays as it was until it is given back. */
function validateAllocation(
  allocation: Fields | undefined,
  before: Fields | undefined,
  names: RequestNames,
): readonly FieldError[] {
  if (allocation === undefined) return [];
  const path = "status.allocation";
  if (before !== undefined)
    return canonical(allocation) === canonical(before)
      ? []
      : declared([invalid(path, null, "field cannot be modified once set")]);
  const { devices = {}, nodeSelector } = allocation;
  return [
    ...listOf(`${path}.devices.results`, devices.results, { max: maxResults }, (each, at) =>
      validateResult(each, at, names),
    ),
    ...listOf(`${path}.devices.config`, devices.config, { max: maxConfigurations }, (each, at) => [
      ...declared(source(each, at)),
      ...validateReferences(each, at, names),
      ...validateConfiguration(each, at),
    ]),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, `${path}.nodeSelector`)),
  ];
}

function source({ source: from = "" }: Fields, path: string): readonly FieldError[] {
  const field = `${path}.source`;
  if (from === "") return [required(field)];
  const words = ["FromClaim", "FromClass"];
  return words.includes(from) ? [] : [notSupported(field, from, words)];
}

function validateResult(result: Fields, path: string, names: RequestNames): readonly FieldError[] {
  const { request = "", driver = "", pool = "", device = "", shareID } = result;
  return [
    ...requestReference(request, `${path}.request`, names),
    ...declared(driverNameWithCapitals(driver, `${path}.driver`)),
    ...allocatedPoolName(`${path}.pool`, pool),
    ...formatted(`${path}.device`, device, dns1123Label),
    ...validateBindingConditions(result, path),
    ...itemsOf(result["tolerations"], `${path}.tolerations`).flatMap(([each, at]) => validateToleration(each, at)),
    ...(shareID === undefined ? [] : shareId(`${path}.shareID`, shareID)),
  ];
}

function validateDeviceStatus(device: Fields, path: string, allocated: readonly string[]): readonly FieldError[] {
  const { driver = "", pool = "", device: name = "", shareID, conditions, data, networkData } = device;
  const id = {
    Driver: driver,
    Pool: pool,
    Device: name,
    ShareID: shareID ?? "",
  };
  return [
    ...driverName(driver, `${path}.driver`),
    ...poolName(`${path}.pool`, pool),
    ...formatted(`${path}.device`, name, dns1123Label),
    ...(shareID === undefined ? [] : shareId(`${path}.shareID`, shareID)),
    ...(allocated.includes(canonical(identityOf(device)))
      ? []
      : [invalid(path, id, "must be an allocated device in the claim")]),
    ...validateConditions(conditions, `${path}.conditions`, maxConditions),
    ...(data === undefined || data === null ? [] : validateOpaque(data, `${path}.data`)),
    ...(networkData === undefined ? [] : validateNetwork(networkData, `${path}.networkData`)),
  ];
}

function validateNetwork({ interfaceName = "", hardwareAddress = "", ips }: Fields, path: string) {
  const bounded = (name: string, text: string, limit: number) =>
    new TextEncoder().encode(text).length > limit ? declared([tooLong(`${path}.${name}`, limit)]) : [];
  return [
    ...bounded("interfaceName", interfaceName, maxInterfaceNameLength),
    ...setOf(`${path}.ips`, ips, maxAddresses, (each, at) => formatted(at, each, interfaceAddress)),
    ...bounded("hardwareAddress", hardwareAddress, maxHardwareAddressLength),
  ];
}
