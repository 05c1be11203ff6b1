import { declared, type FieldError, invalid, notSupported, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import type { Expressions } from "../expressions.ts";
import { dns1123Label, dns1123Subdomain } from "../formats.ts";
import { type Fields, fill } from "../rules.ts";
import { validateConfiguration, validateSelector } from "./configuration.ts";
import { listOf, setOf } from "./lists.ts";
import { fullyQualifiedName } from "./names.ts";
import { validateToleration } from "./taints.ts";

const maxItems = 32;
const maxAlternatives = 8;

/** The names of a claim's requests, and of the alternatives in each. */
export type RequestNames = ReadonlyMap<string, readonly string[]>;

/** SetDefaults_ExactDeviceRequest, and of each alternative: one device, where nobody says how many. */
export function devicesDefaults(devices: Fields | undefined): void {
  for (const { exactly, firstAvailable } of (devices?.["requests"] ?? []) as readonly Fields[])
    for (const request of [...(exactly ? [exactly] : []), ...(firstAvailable ?? [])] as readonly Fields[]) {
      fill(request, { allocationMode: "ExactCount" });
      if (request["allocationMode"] === "ExactCount" && !request["count"]) request["count"] = 1;
      for (const each of (request["tolerations"] ?? []) as Fields[]) each["operator"] ||= "Equal";
    }
}

/** validateDeviceClaim: the requests, constraints and configurations of a claim. */
export function validateDevices(
  devices: Fields | undefined,
  path: string,
  expressions: Expressions,
): readonly FieldError[] {
  const { requests, constraints, config } = devices ?? {};
  const names = requestNames(devices);
  const key = ({ name }: Fields) => name;
  return [
    ...listOf(`${path}.requests`, requests, { max: maxItems, key, type: "DeviceRequest" }, (each, at) =>
      validateRequest(each, at, expressions),
    ),
    ...listOf(`${path}.constraints`, constraints, { max: maxItems }, (each, at) => validateConstraint(each, at, names)),
    ...listOf(`${path}.config`, config, { max: maxItems }, (each, at) => [
      ...validateReferences(each, at, names),
      ...validateConfiguration(each, at),
    ]),
  ];
}

export function requestNames(devices: Fields | undefined): RequestNames {
  const requests = itemsOf(devices?.["requests"], "").map(([each]) => each);
  return new Map(
    requests.map(({ name = "", firstAvailable }) => [
      name as string,
      itemsOf(firstAvailable, "").map(([each]) => (each["name"] ?? "") as string),
    ]),
  );
}

/** The list `requests` of a constraint or of a configuration. */
export function validateReferences(of: Fields, path: string, names: RequestNames): readonly FieldError[] {
  return setOf(`${path}.requests`, of["requests"], maxItems, (name, at) => requestReference(name, at, names));
}

/** validateRequestNameRef: a request, or an alternative in one. */
export function requestReference(name: string, path: string, names: RequestNames): readonly FieldError[] {
  const fault = invalid(
    path,
    name,
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'",
  );
  const [request = "", alternative, ...rest] = name.split("/");
  if (rest.length > 0) return [fault];
  const known = names.get(request);
  const isKnown = known !== undefined && (alternative === undefined || known.includes(alternative));
  return [...name.split("/").flatMap((part) => formatted(path, part, dns1123Label)), ...(isKnown ? [] : [fault])];
}

function validateRequest(request: Fields, path: string, expressions: Expressions): readonly FieldError[] {
  const { name = "", exactly, firstAvailable = [] } = request;
  const text = "exactly one of `exactly` or `firstAvailable` is required";
  const named = formatted(`${path}.name`, name, dns1123Label);
  if (exactly === undefined && firstAvailable.length === 0) return [...named, required(path, text)];
  const faults = [
    ...(exactly === undefined ? [] : validateExact(exactly, `${path}.exactly`, expressions)),
    ...validateAlternatives(firstAvailable, `${path}.firstAvailable`, expressions),
  ];
  if (exactly === undefined || firstAvailable.length === 0) return [...named, ...faults];
  // Upstream's declared rules look into both.
  const both = invalid(path, null, `${text}, but multiple fields are set`);
  return [...named, both, ...faults.filter(({ isDeclared }) => isDeclared)];
}

function validateAlternatives(list: unknown, path: string, expressions: Expressions): readonly FieldError[] {
  const rules = { max: maxAlternatives, key: (each: Fields) => each["name"], type: "DeviceSubRequest" };
  return listOf(path, list, rules, (each, at) => [
    ...formatted(`${at}.name`, each["name"] ?? "", dns1123Label),
    ...declared(deviceClass(each, at)),
    ...validateChoice(each, at, expressions),
  ]);
}

function validateExact(request: Fields, path: string, expressions: Expressions): readonly FieldError[] {
  return [...deviceClass(request, path), ...validateChoice(request, path, expressions)];
}

function deviceClass({ deviceClassName = "" }: Fields, path: string): readonly FieldError[] {
  const field = `${path}.deviceClassName`;
  return deviceClassName === "" ? [required(field)] : formatted(field, deviceClassName, dns1123Subdomain);
}

/** Which devices, how many, and what of them is put up with. */
function validateChoice(request: Fields, path: string, expressions: Expressions): readonly FieldError[] {
  return [
    ...listOf(`${path}.selectors`, request["selectors"], { max: maxItems }, (each, at) =>
      validateSelector(each, at, expressions),
    ),
    ...validateMode(request, path),
    ...itemsOf(request["tolerations"], `${path}.tolerations`).flatMap(([each, at]) => validateToleration(each, at)),
  ];
}

function validateMode({ allocationMode = "", count = 0 }: Fields, path: string): readonly FieldError[] {
  if (allocationMode === "All")
    return count === 0 ? [] : [invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'")];
  if (allocationMode === "ExactCount")
    return count > 0 ? [] : [invalid(`${path}.count`, count, "must be greater than zero")];
  return declared([notSupported(`${path}.allocationMode`, allocationMode, ["All", "ExactCount"])]);
}

function validateConstraint(constraint: Fields, path: string, names: RequestNames): readonly FieldError[] {
  const { matchAttribute, distinctAttribute } = constraint;
  const text = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set';
  const isNone = matchAttribute === undefined && distinctAttribute === undefined;
  return [
    ...validateReferences(constraint, path, names),
    ...(matchAttribute === undefined ? [] : fullyQualifiedName(`${path}.matchAttribute`, matchAttribute)),
    ...(distinctAttribute === undefined ? [] : fullyQualifiedName(`${path}.distinctAttribute`, distinctAttribute)),
    ...(isNone ? [required(path, text)] : []),
  ];
}
