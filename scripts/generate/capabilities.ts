import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Declared {
  name: string;
  decl: { args?: unknown[]; result?: unknown; variadic?: unknown };
  infix?: string;
  relation?: boolean;
  deprecated?: boolean;
  nondeterministic?: boolean;
}

/** OPA's builtin signatures, without their descriptions, out of its capabilities.json. */
export function capabilitiesText(source: string): string {
  const { builtins } = JSON.parse(source) as { builtins: Declared[] };
  const entries = builtins
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, decl, infix, relation, deprecated, nondeterministic }) => {
      const facts = {
        args: decl.args ?? [],
        result: decl.result,
        variadic: decl.variadic,
        infix,
        relation,
        deprecated,
        nondeterministic,
      };
      return `${JSON.stringify(name)}:${JSON.stringify(facts, (key, value) => (key === "description" || (key === "name" && typeof value === "string") ? undefined : value))}`;
    });
  return `{\n${entries.join(",\n")}\n}\n`;
}

export function generateCapabilities(root: string): readonly string[] {
  const data = process.env["SALLYPORT_CONFORMANCE"] ?? join(root, "../shared/conformance");
  const file = join(root, "packages/rego/src/builtins/capabilities.generated.json");
  writeFileSync(file, capabilitiesText(readFileSync(join(data, "opa-capabilities/capabilities.json"), "utf8")));
  return [file];
}
