import { compileParsed, formatDiagnostic, type Module, parseModule } from "@sallyport/rego";
import { decidingRules, decisionsOf, type PolicyPackage } from "./decisions.ts";
import { type CreatePolicySet, emptyPolicySet } from "./policy-set.ts";

/** See `CreatePolicySet`. */
export const createPolicySet: CreatePolicySet = (sources, generation) => {
  const modules: Module[] = [];
  for (const { file, text } of sources) {
    const parsed = parseEither(file, text);
    if (typeof parsed === "string") return { error: parsed };
    modules.push(parsed);
  }
  if (modules.length === 0) return { set: { ...emptyPolicySet, generation } };
  const { policy, diagnostics } = compileParsed(modules);
  if (policy === undefined) return { error: diagnostics.map(formatDiagnostic).join("; ") };
  const packages = packagesOf(modules);
  const hasMain = packages.some(({ path, rules }) => path === "system" && rules.has("main"));
  // Whoever is ready has compiled all that a request may ask: the time for that is not the request's.
  const deciding = packages.filter(({ path }) => /^kubernetes\/admission(\/|$)/.test(path));
  for (const path of hasMain ? ["system/main"] : deciding.flatMap(askedOf)) policy.prepare(path);
  return { set: { generation, decisions: decisionsOf({ policy, packages: deciding, hasMain }) } };
};

/** The paths of a package that requests ask for. */
function askedOf({ path, rules }: PolicyPackage): readonly string[] {
  return decidingRules.filter((name) => rules.has(name)).map((name) => `${path}/${name}`);
}

/** Rego v1, or v0 where a module only parses as such. */
function parseEither(file: string, text: string): Module | string {
  const current = parseModule(text, { file, regoVersion: "v1" });
  if (current.module !== undefined) return current.module;
  const old = parseModule(text, { file, regoVersion: "v0" });
  return old.module ?? current.diagnostics.map(formatDiagnostic).join("; ");
}

function packagesOf(modules: readonly Module[]): readonly PolicyPackage[] {
  const packages = new Map<string, Set<string>>();
  for (const module of modules) {
    const path = module.package.path.terms
      .slice(1)
      .map((term) => (term.kind === "string" ? term.value : ""))
      .join("/");
    const rules = packages.get(path) ?? new Set<string>();
    packages.set(path, rules);
    for (const { head } of module.rules) {
      const name = head.ref.terms[0];
      if (name?.kind === "var") rules.add(name.name);
    }
  }
  return [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, rules]) => ({ path, rules }));
}
