import { nanosOf } from "../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid, required } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { qualified } from "../formats.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";
import { anyResource, containerResource } from "./resource-names.ts";

export const limitRange: KindRules = {
  defaults: (object) => {
    for (const item of object["spec"]?.limits ?? []) if (item.type === "Container") containerDefaults(item);
  },
  validate: (object) => {
    const seen = new Set<string>();
    return itemsOf(specOf(object)["limits"], "spec.limits").flatMap(([item, path]) => {
      const type = String(item["type"] ?? "");
      const isTwice = seen.has(type);
      seen.add(type);
      return [
        ...validateType(`${path}.type`, type),
        ...(isTwice ? [duplicate(`${path}.type`, type)] : []),
        ...validateItem(item, path),
      ];
    });
  },
};

const types: readonly string[] = ["Pod", "Container", "PersistentVolumeClaim"];

function validateType(field: string, type: string): readonly FieldError[] {
  const faults = formatted(field, type, qualified);
  if (faults.length > 0 || type.includes("/") || types.includes(type)) return faults;
  return [invalid(field, type, "must be a standard limit type or fully qualified")];
}

/** What a container may at most have is what it gets, and that is what it asks for; else the least that it may ask for. */
function containerDefaults(item: Fields): void {
  item["default"] = fillAll(item["default"], item["max"]);
  item["defaultRequest"] = fillAll(fillAll(item["defaultRequest"], item["default"]), item["min"]);
  for (const name of ["default", "defaultRequest"]) if (Object.keys(item[name]).length === 0) delete item[name];
}

function fillAll(target: Fields | undefined, source: Fields | undefined): Fields {
  const filled = { ...target };
  fill(filled, source ?? {});
  return filled;
}

function validateItem(item: Fields, path: string): readonly FieldError[] {
  const isOfPods = item["type"] === "Pod";
  const named = ["max", "min", ...(isOfPods ? [] : ["default", "defaultRequest"]), "maxLimitRequestRatio"];
  const nameFaults = (list: string) =>
    Object.keys(item[list] ?? {}).flatMap((name) => validateName(item["type"], `${path}.${list}[${name}]`, name));
  const { min = {}, max = {} } = item;
  return [
    ...named.slice(0, -1).flatMap(nameFaults),
    ...(isOfPods
      ? ["default", "defaultRequest"]
          .filter((list) => Object.keys(item[list] ?? {}).length > 0)
          .map((list) => forbidden(`${path}.${list}`, "may not be specified when `type` is 'Pod'"))
      : []),
    ...(item["type"] === "PersistentVolumeClaim" && min.storage === undefined && max.storage === undefined
      ? [required(`${path}.limits`, "either minimum or maximum storage value is required, but neither was provided")]
      : []),
    ...nameFaults("maxLimitRequestRatio"),
    ...validateAmounts(item, isOfPods, path),
  ];
}

function validateName(type: string, field: string, name: string): readonly FieldError[] {
  return type === "Pod" || type === "Container" ? containerResource(field, name) : anyResource(field, name);
}

type Pair = readonly [field: string, shown: unknown, less: unknown, more: unknown, words: string];

/** What stands in several lists of one item must fit together. */
function validateAmounts(item: Fields, isOfPods: boolean, path: string): readonly FieldError[] {
  const { min = {}, max = {}, maxLimitRequestRatio: ratios = {} } = item;
  const { default: given = {}, defaultRequest = {} } = isOfPods ? {} : item;
  const lists = [min, max, given, defaultRequest, ratios] as readonly Fields[];
  const names = [...new Set(lists.flatMap((each) => Object.keys(each)))].sort();
  return names.flatMap((name) => {
    const [low, high, value, request, ratio] = lists.map((each) => each[name]);
    const pairs: readonly Pair[] = [
      ["min", low, low, high, `min value ${low} is greater than max value ${high}`],
      ["defaultRequest", request, low, request, `min value ${low} is greater than default request value ${request}`],
      ["defaultRequest", request, request, high, `default request value ${request} is greater than max value ${high}`],
      [
        "defaultRequest",
        request,
        request,
        value,
        `default request value ${request} is greater than default limit value ${value}`,
      ],
      ["default", low, low, value, `min value ${low} is greater than default value ${value}`],
      ["default", high, value, high, `default value ${value} is greater than max value ${high}`],
    ];
    const isShared = !name.includes("/") && !name.startsWith("hugepages-");
    return [
      ...pairs
        .filter(([, , less, more]) => less !== undefined && more !== undefined && nanosOf(less) > nanosOf(more))
        .map(([field, shown, , , words]) => invalid(`${path}.${field}[${name}]`, shown, words)),
      ...(ratio === undefined ? [] : validateRatio(ratio, low, high, `${path}.maxLimitRequestRatio[${name}]`)),
      ...(!isShared && value !== undefined && request !== undefined && nanosOf(value) !== nanosOf(request)
        ? [
            invalid(
              `${path}.defaultRequest[${name}]`,
              request,
              `default value ${value} must equal to defaultRequest value ${request} in ${name}`,
            ),
          ]
        : []),
    ];
  });
}

function validateRatio(ratio: string, low: unknown, high: unknown, field: string): readonly FieldError[] {
  const number = Number(nanosOf(ratio)) / 1e9;
  const limit = low === undefined || high === undefined ? undefined : Number(nanosOf(high)) / Number(nanosOf(low));
  return [
    ...(number < 1 ? [invalid(field, ratio, `ratio ${ratio} is less than 1`)] : []),
    ...(limit !== undefined && number > limit
      ? [invalid(field, ratio, `ratio ${ratio} is greater than max/min = ${limit.toFixed(6)}`)]
      : []),
  ];
}
