import { isObject, type JsonObject, lookup, type Value } from "@sallyport/rego";
import type { Field } from "./conditions.ts";

/** Names of tables and columns in a database, where policies call them otherwise: `{"fruits": {"$self": "FRUIT", "colour": "COL"}}`. */
export class Mappings {
  readonly #tables: Value;

  constructor(tables: Value | undefined) {
    this.#tables = tables ?? ({} as JsonObject);
  }

  mapped({ table, column }: Field): Field {
    const names = isObject(this.#tables) ? lookup(this.#tables, table) : undefined;
    return { table: nameIn(names, "$self") ?? table, column: nameIn(names, column) ?? column };
  }
}

function nameIn(names: Value | undefined, key: string): string | undefined {
  const name = names !== undefined && isObject(names) ? lookup(names, key) : undefined;
  return typeof name === "string" ? name : undefined;
}
