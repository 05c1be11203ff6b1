import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { stringify } from "yaml";
import { reasonOf } from "../../../errors.ts";
import { catalogFault, generateCatalog } from "../../../gator/policy/generate-catalog.ts";
import { sortedJson } from "../../../gator/sorted-json.ts";
import { CommandFault, type OpaCommand } from "../../../opa/command.ts";
import { below } from "./below-policy.ts";

export const policyGenerateCatalogCommand: OpaCommand = below("generate-catalog", {
  usage: "[flags]",
  summary: "Generate a policy catalog from gatekeeper-library",
  flags: [
    { name: "library-path", kind: "string", default: ".", usage: "Path to the gatekeeper-library repository root" },
    { name: "output", short: "o", kind: "string", default: "catalog.yaml", usage: "Output path for the catalog" },
    { name: "name", kind: "string", default: "gatekeeper-library", usage: "Name of the catalog" },
    { name: "version", kind: "string", default: "v1.0.0", usage: "Version of the catalog" },
    { name: "bundles", kind: "string", usage: "Path to bundles definition file (optional)" },
    { name: "base-url", kind: "string", usage: "Base URL for template/constraint paths" },
    { name: "validate", kind: "bool", default: "true", usage: "Validate the generated catalog" },
  ],
  run: ({ flags, terminal }) => {
    const root = resolve(flags.string("library-path"));
    if (!existsSync(root)) throw new CommandFault(`Error: library path does not exist: ${root}`);
    terminal.err(`Scanning library at ${root}...\n`);
    const catalog = generateCatalog({
      root,
      name: flags.string("name"),
      version: flags.string("version"),
      bundlesFile: flags.string("bundles"),
      baseUrl: flags.string("base-url"),
      now: new Date(),
    });
    const { policies, bundles: all } = catalog;
    terminal.err(`Found ${policies.length} policies${all.length === 0 ? "" : ` and ${all.length} bundles`}\n`);
    const fault = flags.bool("validate") ? catalogFault(catalog) : undefined;
    if (fault !== undefined) throw new CommandFault(`Error: catalog validation failed: ${fault}`);
    if (flags.bool("validate")) terminal.err("Catalog validation passed\n");
    const file = flags.string("output");
    const head = `# Policy Catalog for ${catalog.metadata.name}, generated: sallyport gator policy generate-catalog\n`;
    try {
      writeFileSync(file, head + stringify(sortedJson(catalog)), { mode: 0o600 });
    } catch (error) {
      throw new CommandFault(`Error: writing catalog: ${file}: ${reasonOf(error)}`);
    }
    terminal.err(`Catalog written to ${file}\n`);
    return 0;
  },
});
