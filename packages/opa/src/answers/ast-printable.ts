import { type AstJson, NumberText, parseJson } from "@sallyport/rego";
import { type Printable, Struct } from "./json-text.ts";

/** OPA's JSON of a syntax tree, to be printed within other JSON with its keys in their order. */
export function printableAst(json: AstJson): Printable {
  if (json === null || typeof json !== "object") return json;
  if (json instanceof NumberText) return parseJson(json.text);
  if (Array.isArray(json)) return json.map(printableAst);
  const fields = Object.entries(json as { readonly [key: string]: AstJson | undefined });
  return new Struct(
    Object.fromEntries(fields.map(([key, item]) => [key, item === undefined ? undefined : printableAst(item)])),
  );
}
