import { policiesOfBundle } from "../../../gator/policy/catalog.ts";
import { catalogUrl, storedCatalog } from "../../../gator/policy/catalog-source.ts";
import { jsonText, searchText } from "../../../gator/policy/policy-text.ts";
import { CommandFault, type OpaCommand } from "../../../opa/command.ts";
import { below, fetched, formatOf, output } from "./below-policy.ts";

export const policySearchCommand: OpaCommand = below("search", {
  usage: "<query> [flags]",
  summary: "Search available policies in the catalog",
  flags: [
    output,
    { name: "category", kind: "string", usage: "Filter by category (e.g., general, pod-security)" },
    { name: "bundle", kind: "string", usage: "Filter to policies within a bundle" },
  ],
  run: async ({ args, flags, terminal }) => {
    const isJson = formatOf(flags.string("output"));
    if (args.length !== 1) throw new CommandFault(`Error: accepts 1 arg(s), received ${args.length}`);
    const { catalog } =
      storedCatalog(terminal.env) ?? (await fetched(catalogUrl(terminal.env), terminal.env, { isKept: false }));
    const [query, category, bundle] = [args[0] as string, flags.string("category"), flags.string("bundle")];
    const inBundle = bundle === "" ? undefined : policiesOfBundle(catalog, bundle);
    const found = catalog.policies.filter(
      (each) =>
        (inBundle === undefined || inBundle.includes(each.name)) &&
        (category === "" || each.category.toLowerCase() === category.toLowerCase()) &&
        [each.name, each.description].some((text) => text.toLowerCase().includes(query.toLowerCase())),
    );
    const results = found.map(({ name, version, category, description }) => ({ name, version, category, description }));
    // As gator, whose list is nil where it is empty.
    terminal.out(isJson ? jsonText({ results: results.length === 0 ? null : results }) : searchText(found));
    return 0;
  },
});
