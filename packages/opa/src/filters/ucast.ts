import type { JsonObject, Value } from "@sallyport/rego";
import type { Condition, Field, Filter, Operand } from "./conditions.ts";
import type { Mappings } from "./mappings.ts";

/** A filter as UCAST has it; nothing at all for one that holds always. https://github.com/stalniy/ucast */
export function ucastOf(filter: Exclude<Filter, "never">, mappings: Mappings): JsonObject {
  return filter === "always" ? {} : node(filter, mappings);
}

function node(condition: Condition, mappings: Mappings): JsonObject {
  if (condition.kind === "compound") {
    const { operator, conditions } = condition;
    return { operator, type: "compound", value: conditions.map((each) => node(each, mappings)) };
  }
  const { operator, field, value } = condition;
  return { field: fieldText(field, mappings), operator, type: "field", value: operand(value, mappings) };
}

function operand(value: Operand, mappings: Mappings): Value {
  return value.kind === "field" ? { field: fieldText(value.field, mappings) } : value.value;
}

function fieldText(field: Field, mappings: Mappings): string {
  const { table, column } = mappings.mapped(field);
  return `${table}.${column}`;
}
