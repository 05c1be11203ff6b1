import { readFileSync } from "node:fs";
import { parseYamlDocuments } from "@sallyport/kube";
import { reasonOf } from "../errors.ts";

export type Fields = { readonly [field: string]: unknown };

/** The documents of a text. Throws an error of one line behind `what`. */
export function documentsIn(
  text: string,
  what: string,
  scalars?: Parameters<typeof parseYamlDocuments>[1],
): readonly Fields[] {
  return parseYamlDocuments(text, scalars).documents.flatMap((document) => {
    const fault = document.errors[0];
    if (fault !== undefined) throw new Error(`${what}: ${fault.message.split("\n")[0]}`);
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return [];
    if (typeof value !== "object" || Array.isArray(value)) throw new Error(`${what}: not an object`);
    return [value as Fields];
  });
}

/** Throws an error of one line. */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`open ${path}: ${reasonOf(error)}`);
  }
}
