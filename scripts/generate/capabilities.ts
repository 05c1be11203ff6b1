import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Declared {
  name: string;
  decl: { args?: object[]; result?: object; variadic?: object };
  infix?: string;
  relation?: boolean;
  deprecated?: boolean;
  nondeterministic?: boolean;
}

/** Argument names are in OPA's builtin_metadata.json only. */
interface Named {
  readonly args?: readonly { readonly name?: string }[];
  readonly result?: { readonly name?: string };
}

/** What OPA itself calls the argument, where its metadata is behind. */
const renamed: { readonly [builtin: string]: string } = { to_number: "x" };

/** OPA's builtin signatures out of its capabilities.json, argument names out of its builtin_metadata.json; no descriptions. */
export function capabilitiesText(source: string, metadata: string): string {
  const { builtins } = JSON.parse(source) as { builtins: Declared[] };
  const names = JSON.parse(metadata) as { readonly [builtin: string]: Named };
  const entries = builtins
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, decl, infix, relation, deprecated, nondeterministic }) => {
      const facts = {
        args: (decl.args ?? []).map((arg, i) => withName(arg, renamed[name] ?? names[name]?.args?.[i]?.name)),
        result: decl.result && withName(decl.result, names[name]?.result?.name),
        variadic: decl.variadic,
        infix,
        relation,
        deprecated,
        nondeterministic,
      };
      return `${JSON.stringify(name)}:${JSON.stringify(facts)}`;
    });
  return `{\n${entries.join(",\n")}\n}\n`;
}

function withName(type: object, name: string | undefined): object {
  return name === undefined ? type : { name, ...type };
}

export function generateCapabilities(root: string): readonly string[] {
  const data = join(process.env["SALLYPORT_CONFORMANCE"] || join(root, "../shared/conformance"), "opa-capabilities");
  const file = join(root, "packages/rego/src/builtins/capabilities.generated.json");
  const read = (name: string) => readFileSync(join(data, name), "utf8");
  writeFileSync(file, capabilitiesText(read("capabilities.json"), read("builtin_metadata.json")));
  return [file];
}
