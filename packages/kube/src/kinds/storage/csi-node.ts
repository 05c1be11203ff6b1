import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, required, tooLong } from "../../names.ts";
import { formatted, itemsOf, nonnegative } from "../checks.ts";
import { dns1123Subdomain, qualified } from "../formats.ts";
import { type Fields, type KindRules, specOf } from "../rules.ts";

const maxNodeIdLength = 192;
const maxDriverNameLength = 63;

export const csiNode: KindRules = {
  validate: (object) => validateSpec(specOf(object)),
  validateUpdate: (object, old) => {
    const before = new Map<string, Fields>(
      ((specOf(old)["drivers"] ?? []) as Fields[]).map((each) => [each["name"], each]),
    );
    return ((specOf(object)["drivers"] ?? []) as Fields[]).flatMap((driver) => {
      const known = before.get(driver["name"]);
      const isSame = known === undefined || canonical(withoutCount(known)) === canonical(withoutCount(driver));
      return isSame ? [] : [invalid("spec.drivers", shown(driver), "field is immutable")];
    });
  },
};

/** How many volumes a driver can attach may change. */
function withoutCount({ allocatable: _, ...driver }: Fields): Fields {
  return driver;
}

/** As Go prints its internal type. */
function shown({ name = "", nodeID = "", topologyKeys = null, allocatable }: Fields): object {
  const counted = allocatable === undefined ? null : { Count: allocatable.count ?? null };
  return { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys, Allocatable: counted };
}

function validateSpec(spec: Fields): readonly FieldError[] {
  const drivers = (spec["drivers"] ?? []) as Fields[];
  const names = drivers.map((each) => each["name"] as string);
  return itemsOf(drivers, "spec.drivers").flatMap(([driver, path], i) => [
    ...validateDriver(driver, path),
    ...(names.indexOf(driver["name"]) < i ? [duplicate(`${path}.name`, driver["name"])] : []),
  ]);
}

function validateDriver({ name = "", nodeID = "", topologyKeys, allocatable }: Fields, path: string) {
  const keys = (topologyKeys ?? []) as readonly string[];
  return [
    ...driverName(name, `${path}.name`),
    ...(nodeID === "" ? [required(`${path}.nodeID`)] : []),
    ...(nodeID.length > maxNodeIdLength
      ? [invalid(`${path}.nodeID`, nodeID, `must be ${maxNodeIdLength} characters or less`)]
      : []),
    ...nonnegative(`${path}.allocatable.count`, allocatable?.count),
    ...keys.flatMap((key, i) => [
      ...(key === "" ? [required(path)] : formatted(path, key, qualified)),
      ...(keys.indexOf(key) < i ? [duplicate(path, key)] : []),
    ]),
  ];
}

/** ValidateCSIDriverName. */
export function driverName(name: string, field: string): readonly FieldError[] {
  if (name === "") return [required(field)];
  return [
    ...(name.length > maxDriverNameLength ? [tooLong(field, maxDriverNameLength)] : []),
    ...dns1123Subdomain(name.toLowerCase()).map((each) => invalid(field, name, each)),
  ];
}
