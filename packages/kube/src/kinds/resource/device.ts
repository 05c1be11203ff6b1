import { canonical } from "../../canonical.ts";
import { declared, type FieldError, forbidden, invalid, required, tooLong, tooMany } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { validateNodeSelector } from "../core/pod-spec/affinity.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import type { Fields } from "../rules.ts";
import { validateRequestPolicy } from "./capacity-policy.ts";
import { validateCounters } from "./counters.ts";
import { entriesOf, listOf } from "./lists.ts";
import { qualifiedDeviceName } from "./names.ts";
import { validateBindingConditions, validateTaint } from "./taints.ts";

const maxAttributesAndCapacities = 32;
const maxTaints = 16;
const maxConsumptions = 2;
const maxAttributeLength = 64;
/** A domain, a slash, and an identifier. */
const maxKeyLength = 63 + 1 + 32;

/** What an attribute may be, in the order in which upstream tells it. */
const kinds: readonly string[] = ["int", "bool", "string", "version", "ints", "bools", "strings", "versions"];

/** validateDevice: one device of a slice; `old` is what stood there under its name before. */
export function validateDevice(
  device: Fields,
  path: string,
  slice: Fields,
  old: Fields | undefined,
): readonly FieldError[] {
  const { name = "", attributes, capacity, taints, consumesCounters, allowMultipleAllocations } = device;
  const count = entriesOf(attributes).length + entriesOf(capacity).length;
  const isNew = (field: string) =>
    old === undefined || canonical(old[field] ?? null) !== canonical(device[field] ?? null);
  const tainted = isNew("taints") ? validateTaints(taints, `${path}.taints`) : [];
  return [
    ...formatted(`${path}.name`, name, dns1123Label),
    ...(count > maxAttributesAndCapacities
      ? [
          invalid(
            path,
            count,
            `the total number of attributes and capacities must not exceed ${maxAttributesAndCapacities}`,
          ),
        ]
      : []),
    ...entriesOf(attributes).flatMap(([key, value]) => [
      ...qualifiedDeviceName(`${path}.attributes`, key),
      ...validateAttribute(value, `${path}.attributes[${shortened(key)}]`),
    ]),
    ...(isNew("capacity") ? validateCapacity(capacity, `${path}.capacity`, allowMultipleAllocations === true) : []),
    ...tainted.filter((each) => !each.isDeclared),
    ...listOf(
      `${path}.consumesCounters`,
      consumesCounters,
      { max: maxConsumptions, key: ({ counterSet }) => counterSet, type: "DeviceCounterConsumption" },
      (each, at) => validateCounters(each, "counterSet", at),
    ),
    ...tainted.filter((each) => each.isDeclared),
    ...validatePlaces(device, path, slice["perDeviceNodeSelection"] === true),
    ...validateBindingConditions(device, path),
  ];
}

function validateTaints(taints: unknown, path: string): readonly FieldError[] {
  const items = itemsOf(taints, path);
  if (items.length > maxTaints) return [tooMany(path, items.length, maxTaints)];
  return items.flatMap(([each, at]) => validateTaint(each, at));
}

function validateAttribute(attribute: Fields, path: string): readonly FieldError[] {
  const set = kinds.filter((kind) => attribute[kind] !== undefined && attribute[kind] !== null);
  const { string: text, version } = attribute;
  const bounded = (field: string, value: string) =>
    value.length > maxAttributeLength ? [tooLong(`${path}.${field}`, maxAttributeLength)] : [];
  const isVersion = typeof version === "string" && semver.test(version);
  return [
    ...(typeof text === "string" ? bounded("string", text) : []),
    ...(typeof version === "string" && !isVersion
      ? [invalid(`${path}.version`, version, "must be a string compatible with semver.org spec 2.0.0")]
      : []),
    ...(typeof version === "string" ? bounded("version", version) : []),
    ...declared(
      set.length === 0
        ? [invalid(path, "", `must specify one of: ${kinds.map(quoted).join(", ")}`)]
        : set.length > 1
          ? [invalid(path, `{${set.join(", ")}}`, `must specify exactly one of: ${kinds.map(quoted).join(", ")}`)]
          : [],
    ),
  ];
}

function quoted(name: string): string {
  return `\`${name}\``;
}

const part = "(0|[1-9]\\d*)";
const release = "(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)";
const build = "[0-9a-zA-Z-]+";
const semver = new RegExp(`^${part}\\.${part}\\.${part}(-${release}(\\.${release})*)?(\\+${build}(\\.${build})*)?$`);

/** What many may share tells how it is cut. */
function validateCapacity(capacity: unknown, path: string, isShared: boolean): readonly FieldError[] {
  return entriesOf(capacity).flatMap(([key, { value, requestPolicy }]) => {
    const field = `${path}[${shortened(key)}].requestPolicy`;
    if (requestPolicy === undefined) return qualifiedDeviceName(path, key);
    return [
      ...qualifiedDeviceName(path, key),
      ...(isShared
        ? validateRequestPolicy(value, requestPolicy, field)
        : [forbidden(field, "allowMultipleAllocations must be true")]),
    ];
  });
}

/** Keys that are too long are cut in the middle. */
function shortened(key: string): string {
  if (key.length <= maxKeyLength) return key;
  const rest = maxKeyLength - 3;
  return `${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`;
}

/** The nodes on which one device is, where each tells its own. */
function validatePlaces(device: Fields, path: string, isPerDevice: boolean): readonly FieldError[] {
  const { nodeName, nodeSelector, allNodes } = device;
  const names = ["nodeName", "nodeSelector", "allNodes"];
  if (!isPerDevice) {
    const text =
      "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
    return names.some((name) => device[name] !== undefined) ? [invalid(path, null, text)] : [];
  }
  const set = names.filter((name) => device[name]).map(quoted);
  const text =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  return [
    ...(nodeName === "" ? [invalid(`${path}.nodeName`, "", "must not be empty")] : []),
    ...(nodeName ? formatted(`${path}.nodeName`, nodeName, dns1123Subdomain) : []),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, `${path}.nodeSelector`)),
    ...(allNodes === false ? [invalid(`${path}.allNodes`, false, "must be either unset or set to true")] : []),
    ...(set.length === 0 ? [required(path, text)] : []),
    ...(set.length > 1 ? [invalid(path, `{${set.join(", ")}}`, text)] : []),
  ];
}
