import { compileParsed, formatDiagnostic, type Module, parseModule, type RegoPolicy } from "@sallyport/rego";

/** One policy's text, as a ConfigMap or a file holds it. */
export interface PolicySource {
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** A package with admission rules: which of them it has. */
export interface PolicyPackage {
  /** `kubernetes/admission/ingress`. */
  readonly path: string;
  readonly rules: ReadonlySet<string>;
}

/** Rules that decide, below `kubernetes.admission`. */
export const decidingRules = ["deny", "violation", "warn", "patch"] as const;

/** Loaded policies, compiled: one immutable generation. */
export interface PolicySet {
  readonly generation: number;
  readonly policy: RegoPolicy | undefined;
  readonly packages: readonly PolicyPackage[];
  /** `data.system.main` answers whole reviews, as with OPA and kube-mgmt. */
  readonly hasMain: boolean;
}

export const emptyPolicySet: PolicySet = { generation: 0, policy: undefined, packages: [], hasMain: false };

/** Compiles policies together. All or nothing: an error says what and where, and nothing has changed. */
export function createPolicySet(
  sources: readonly PolicySource[],
  generation: number,
): { readonly set: PolicySet } | { readonly error: string } {
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
  return {
    set: {
      generation,
      policy,
      packages: packages.filter(({ path }) => /^kubernetes\/admission(\/|$)/.test(path)),
      hasMain,
    },
  };
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
