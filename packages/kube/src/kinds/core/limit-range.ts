import { nanosOf } from "../../go/quantity.ts";
import { duplicate, type FieldError, forbidden, invalid } from "../../names.ts";
import { formatted, itemsOf } from "../checks.ts";
import { qualified } from "../formats.ts";
import { type Fields, fill, type KindRules, specOf } from "../rules.ts";

export const limitRange: KindRules = {
  defaults: (object) => {
    for (const item of object["spec"]?.limits ?? []) if (item.type === "Container") containerDefaults(item);
  },
  validate: (object) => {
    const types = new Set<string>();
    return itemsOf(specOf(object)["limits"], "spec.limits").flatMap(([item, path]) => {
      const type = String(item["type"] ?? "");
      const isTwice = types.has(type);
      types.add(type);
      return [
        ...formatted(`${path}.type`, type, qualified),
        ...(isTwice ? [duplicate(`${path}.type`, type)] : []),
        ...validateItem(item, path),
      ];
    });
  },
};

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
  const errors: FieldError[] = [];
  const { min = {}, max = {}, default: given = {}, defaultRequest = {} } = item;
  if (item["type"] === "Pod")
    for (const name of ["default", "defaultRequest"])
      if (Object.keys(item[name] ?? {}).length > 0)
        errors.push(forbidden(`${path}.${name}`, "may not be specified when `type` is 'Pod'"));
  const names = [...new Set([min, max, given, defaultRequest].flatMap((each) => Object.keys(each)))].sort();
  for (const name of names) {
    const [low, high, value, request] = [min, max, given, defaultRequest].map((each: Fields) => each[name]);
    const pairs: readonly (readonly [field: string, shown: unknown, less: unknown, more: unknown, words: string])[] = [
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
    for (const [field, shown, less, more, words] of pairs)
      if (less !== undefined && more !== undefined && nanosOf(less) > nanosOf(more))
        errors.push(invalid(`${path}.${field}[${name}]`, shown, words));
  }
  return errors;
}
