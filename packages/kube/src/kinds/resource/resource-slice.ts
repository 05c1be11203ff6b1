import { givenField } from "../../go/emptied.ts";
import { internalValue } from "../../go/internal.ts";
import { duplicate, type FieldError, invalid, required, tooMany } from "../../names.ts";
import type { KubeObject } from "../../object.ts";
import { formatted, itemsOf } from "../checks.ts";
import { validateNodeSelector } from "../core/pod-spec/affinity.ts";
import { dns1123Subdomain } from "../formats.ts";
import { type Fields, immutable, type KindRules, specOf } from "../rules.ts";
import { driverName } from "../storage/csi-node.ts";
import { validateCounters } from "./counters.ts";
import { validateDevice } from "./device.ts";
import { listOf } from "./lists.ts";
import { poolName } from "./names.ts";
import { taintDefaults } from "./taints.ts";

const maxDevices = 128;
/** Where devices have taints, or share what others have. */
const maxAdvancedDevices = 64;
const maxCounterSets = 8;

export const resourceSlice: KindRules = {
  defaults: (object, now) => {
    for (const { taints } of (object["spec"]?.devices ?? []) as readonly Fields[])
      for (const taint of (taints ?? []) as readonly Fields[]) taintDefaults(taint, now);
  },
  validate: (object) => validateSlice(object),
  validateReplacement: validateSlice,
  warnings: (object) => {
    const { driver = "" } = specOf(object) as { readonly driver?: string };
    return driver === driver.toLowerCase()
      ? []
      : [`spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`];
  },
};

function validateSlice(object: KubeObject, old?: KubeObject): readonly FieldError[] {
  const spec = specOf(object);
  const { driver = "", pool = {}, sharedCounters } = spec;
  return [
    ...driverName(driver, "spec.driver"),
    ...validatePool(pool),
    ...(old === undefined ? [] : immutable(object, old, ["spec.pool.name", "spec.driver", "spec.nodeName"])),
    ...validatePlaces(spec),
    ...(givenField(spec, "sharedCounters") !== undefined && givenField(spec, "devices") !== undefined
      ? [invalid("spec", "", "only one of `sharedCounters` or `devices` is allowed")]
      : []),
    ...validateDevices(spec, old && specOf(old)),
    ...listOf(
      "spec.sharedCounters",
      sharedCounters,
      { max: maxCounterSets, key: ({ name }) => name, type: "CounterSet" },
      (each, at) => validateCounters(each, "name", at),
    ),
  ];
}

function validatePool({ name = "", resourceSliceCount = 0, generation = 0 }: Fields): readonly FieldError[] {
  return [
    ...poolName("spec.pool.name", name),
    ...(resourceSliceCount <= 0
      ? [invalid("spec.pool.resourceSliceCount", resourceSliceCount, "must be greater than zero")]
      : []),
    ...(generation < 0 ? [invalid("spec.pool.generation", generation, "must be greater than or equal to zero")] : []),
  ];
}

/** The nodes on which the devices are, told in one of four ways. */
function validatePlaces(spec: Fields): readonly FieldError[] {
  const { nodeName, nodeSelector } = spec;
  const all = ["nodeName", "nodeSelector", "allNodes", "perDeviceNodeSelection"];
  const text = `exactly one of ${all.map((each) => `\`${each}\``).join(", ")} is required`;
  const set = all.filter((each) => spec[each]).map((each) => `\`${each}\``);
  const terms = (nodeSelector?.nodeSelectorTerms ?? []) as readonly unknown[];
  const flag = (name: string) =>
    spec[name] === false ? [invalid(`spec.${name}`, false, "must be either unset or set to true")] : [];
  const termsField = "spec.nodeSelector.nodeSelectorTerms";
  return [
    ...(nodeName === undefined
      ? []
      : nodeName === ""
        ? [invalid("spec.nodeName", "", "must be either unset or set to a non-empty string")]
        : formatted("spec.nodeName", nodeName, dns1123Subdomain)),
    ...(nodeSelector === undefined ? [] : validateNodeSelector(nodeSelector, "spec.nodeSelector")),
    ...(nodeSelector === undefined || terms.length === 1
      ? []
      : [
          invalid(
            termsField,
            internalValue("core.NodeSelectorTerm", nodeSelector.nodeSelectorTerms),
            "must have exactly one node selector term",
          ),
        ]),
    ...flag("allNodes"),
    ...flag("perDeviceNodeSelection"),
    ...(set.length === 0 ? [required("spec", text)] : []),
    ...(set.length > 1 ? [invalid("spec", `{${set.join(", ")}}`, `${text}, but multiple fields are set`)] : []),
  ];
}

function validateDevices(spec: Fields, old: Fields | undefined): readonly FieldError[] {
  const path = "spec.devices";
  const items = itemsOf(spec["devices"], path);
  const isAdvanced = items.some(
    ([{ taints, consumesCounters }]) => (taints ?? []).length > 0 || (consumesCounters ?? []).length > 0,
  );
  const max = isAdvanced ? maxAdvancedDevices : maxDevices;
  if (items.length > max) return [tooMany(path, items.length, max)];
  const before = new Map(itemsOf(old?.["devices"], path).map(([each]) => [each["name"] ?? "", each]));
  const names = items.map(([{ name = "" }]) => name as string);
  return [
    ...items.flatMap(([each, at]) => validateDevice(each, at, spec, before.get(each["name"] ?? ""))),
    ...items.flatMap(([, at], i) => (names.indexOf(names[i] as string) < i ? [duplicate(at, names[i])] : [])),
  ];
}
