import { type Capabilities, currentCapabilities, type DeclaredBuiltin, type DeclaredType } from "@sallyport/rego";
import table from "./capability-versions.generated.json" with { type: "json" };

/** Capabilities as OPA prints them. */
export interface CapabilitiesFile extends Capabilities {
  readonly wasm_abi_versions?: readonly { readonly version: number; readonly minor_version: number }[];
}

interface PrintedBuiltin extends DeclaredBuiltin {
  readonly decl: DeclaredBuiltin["decl"] & { readonly type: "function" };
}

/** Facts by the version that brought them; of `before`, declarations that were good until then. */
interface Table {
  readonly versions: readonly string[];
  readonly language: { readonly [version: string]: Omit<CapabilitiesFile, "builtins"> };
  readonly added: { readonly [version: string]: readonly string[] };
  readonly before: { readonly [version: string]: readonly PrintedBuiltin[] };
}

const { versions, language, added, before } = table as unknown as Table;

/** The versions of OPA whose capabilities are known, oldest first. */
export const capabilityVersions: readonly string[] = versions;

/** What policies could use in a version of OPA; undefined for one that is not known. */
export function capabilitiesOfVersion(version: string): CapabilitiesFile | undefined {
  const at = versions.indexOf(version);
  if (at < 0) return undefined;
  const isBefore = ([since]: readonly [string, unknown]) => versions.indexOf(since) <= at;
  const [, words = {}] = Object.entries(language).findLast(isBefore) ?? [];
  const names = Object.entries(added)
    .filter(isBefore)
    .flatMap(([, list]) => list);
  const declared = new Map(currentCapabilities().builtins?.map((each) => [each.name, withoutNames(each)]));
  // The oldest comes last, and counts.
  for (const entry of Object.entries(before).reverse())
    if (!isBefore(entry)) for (const each of entry[1]) declared.set(each.name, each);
  return { builtins: names.sort().flatMap((name) => declared.get(name) ?? []), ...words };
}

/** Arguments have names in the newest descriptions only. */
function withoutNames({ name, decl: { args, result, ...more }, ...rest }: DeclaredBuiltin): PrintedBuiltin {
  const nameless = ({ name: _, ...type }: DeclaredType) => type;
  return {
    name,
    decl: {
      type: "function",
      ...(args?.length && { args: args.map(nameless) }),
      ...(result && { result: nameless(result) }),
      ...more,
    },
    ...rest,
  };
}
