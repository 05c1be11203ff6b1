import { declared, type FieldError, invalid, required, tooMany } from "../../names.ts";
import { formatted } from "../checks.ts";
import { dns1123Label } from "../formats.ts";
import type { Fields } from "../rules.ts";
import { entriesOf } from "./lists.ts";

const maxCounters = 32;

/** validateCounterSet and validateDeviceCounterConsumption: a named set of counters; `named` is the field of its name. */
export function validateCounters(set: Fields, named: string, path: string): readonly FieldError[] {
  const { [named]: name = "", counters } = set;
  const keys = entriesOf(counters).map(([key]) => key);
  const field = `${path}.counters`;
  return [
    ...declared(name === "" ? [required(`${path}.${named}`)] : formatted(`${path}.${named}`, name, dns1123Label)),
    ...(keys.length === 0 ? declared([required(field)]) : []),
    ...(keys.length > maxCounters ? [tooMany(field, keys.length, maxCounters)] : []),
    ...declared(keys.flatMap((key) => dns1123Label(key).map((each) => invalid(field, key, each)))),
  ];
}
