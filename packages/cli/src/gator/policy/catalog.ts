import { parse } from "yaml";
import { CommandFault } from "../../opa/command.ts";

/** gator's PolicyCatalog: what a library offers. */
export interface PolicyCatalog {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly version: string;
    /** RFC 3339. */
    readonly updatedAt: string;
    readonly repository: string;
  };
  readonly bundles: readonly Bundle[];
  readonly policies: readonly CatalogPolicy[];
}

/** Policies that belong together, with constraints of their own. */
export interface Bundle {
  readonly name: string;
  readonly description: string;
  /** A bundle whose policies are in this one, too. */
  readonly inherits?: string;
  readonly policies: readonly string[];
}

export interface CatalogPolicy {
  /** Of its ConstraintTemplate. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly category: string;
  /** A URL, or a path beside the catalog. */
  readonly templatePath: string;
  /** By bundle, where its constraint is. */
  readonly bundleConstraints?: { readonly [bundle: string]: string };
  readonly documentationUrl?: string;
  readonly bundles?: readonly string[];
}

/** Bundles that a bundle may inherit from, one through the other, itself among them. gator's. */
const maxInheritance = 10;

/** Reads a catalog. Throws `CommandFault`. */
export function parseCatalog(text: string): PolicyCatalog {
  let value: Partial<PolicyCatalog> | null;
  try {
    value = parse(text) as Partial<PolicyCatalog> | null;
  } catch (error) {
    throw new CommandFault(`Error: parsing catalog YAML: ${(error as Error).message.split("\n")[0]}`);
  }
  if (!value?.apiVersion) throw new CommandFault("Error: catalog missing apiVersion");
  if (value.kind !== "PolicyCatalog")
    throw new CommandFault(`Error: invalid catalog kind: expected PolicyCatalog, got ${value.kind ?? ""}`);
  if (!value.metadata?.name) throw new CommandFault("Error: catalog missing metadata.name");
  return { ...(value as PolicyCatalog), bundles: value.bundles ?? [], policies: value.policies ?? [] };
}

export function policyNamed({ policies }: PolicyCatalog, name: string): CatalogPolicy | undefined {
  return policies.find((each) => each.name === name);
}

/** The policies of a bundle, those that it inherits first. Throws `CommandFault`. */
export function policiesOfBundle(catalog: PolicyCatalog, name: string): readonly string[] {
  const chain: Bundle[] = [];
  for (let next: string | undefined = name; next; next = chain[0]?.inherits) {
    const bundle = catalog.bundles.find((each) => each.name === next);
    if (bundle === undefined) throw new CommandFault(`Error: bundle not found: ${next}`);
    if (chain.includes(bundle)) throw new CommandFault(`Error: circular inheritance detected in bundle: ${next}`);
    if (chain.length >= maxInheritance)
      throw new CommandFault(`Error: bundle inheritance exceeds maximum depth of ${maxInheritance}`);
    chain.unshift(bundle);
  }
  return [...new Set(chain.flatMap(({ policies }) => policies))];
}
