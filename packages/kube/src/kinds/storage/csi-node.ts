import { canonical } from "../../canonical.ts";
import { duplicate, type FieldError, invalid, required, tooLong, tooLongText } from "../../names.ts";
import { formatted, itemsOf, nonnegative } from "../checks.ts";
import { dns1123Subdomain, type Format, qualified } from "../formats.ts";
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

/** As Go prints its internal type; the count, which may change, is left out. */
function shown({ name = "", nodeID = "", topologyKeys = null }: Fields): object {
  return { Name: name, NodeID: nodeID, TopologyKeys: topologyKeys, Allocatable: null };
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
      ...(key === "" ? [required(path)] : []),
      ...(keys.indexOf(key) < i ? [duplicate(path, key)] : []),
      ...formatted(path, key, qualified),
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

/** The same in the words of upstream's declared rules, which let letters be large. */
export function driverNameWithCapitals(name: string, field: string): readonly FieldError[] {
  if (name === "") return [required(field)];
  return [
    ...mixedCaseSubdomain(name).map((each) => invalid(field, name, each)),
    ...(name.length > maxDriverNameLength ? [tooLongText(field, maxDriverNameLength)] : []),
  ];
}

const mixedCaseSubdomain: Format = (value) =>
  dns1123Subdomain(value.toLowerCase()).map((each) =>
    each
      .replace(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric",
        "an RFC 1123 subdomain must consist of alphanumeric",
      )
      .replace("'example.com'", "'Example.com'")
      .replace(/^(must be no more than \d+) characters$/, "$1 bytes"),
  );
