import {
  compile,
  dependenciesOf,
  type Module,
  parseModule,
  parseQuery,
  type Ref,
  refsOfModule,
  type Term,
} from "@sallyport/rego";

/** What policies read below a path of `data`. */
export interface ResourcesRead {
  /** `pods`, `ingresses.networking.k8s.io`. */
  readonly names: ReadonlySet<string>;
  /** Policies that read more than can be told: all of the path, or a name that is computed. */
  readonly open: readonly string[];
}

/** A policy's id, which stands in messages, and its text. */
interface PolicyText {
  readonly name: string;
  readonly text: string;
}

/** The resources that any of the policies names below `path`, as `["kubernetes"]`. Texts that are no Rego name nothing. */
export function resourcesRead(policies: readonly PolicyText[], path: readonly string[]): ResourcesRead {
  const modules = policies.flatMap(({ name, text }) => moduleOf(name, text) ?? []);
  const names = new Set<string>();
  const open = new Set<string>();
  for (const module of modules)
    for (const ref of pathsOf(module)) {
      const next = nextBelow(ref, path);
      if (next === "all") open.add(module.package.loc.file);
      else if (next !== undefined) names.add(next);
    }
  return { names: withoutPackages(names, modules, path), open: [...open].sort() };
}

/**
 * The resources that the answer of `entrypoint` (`main/main`, kube-mgmt's `--analysis-entrypoint`) depends on; undefined when there is no such
 * rule, or the policies do not compile.
 */
export function resourcesReadFrom(
  policies: readonly PolicyText[],
  path: readonly string[],
  entrypoint: readonly string[],
): ResourcesRead | undefined {
  const { policy } = compile(policies.map(({ name, text }) => ({ file: name, text })));
  if (policy === undefined) return undefined;
  const query = parseQuery(`data${entrypoint.map((each) => `[${JSON.stringify(each)}]`).join("")}`);
  const { base, virtual } = dependenciesOf(query, policy.compiled.root);
  if (virtual.length === 0) return undefined;
  const found = base.map((ref) => nextBelow(ref.terms.map(keyOf), path));
  return {
    names: new Set(found.filter((each): each is string => each !== undefined && each !== "all")),
    open: found.includes("all") ? [entrypoint.join("/")] : [],
  };
}

/** Rego v1, or v0 where a module only parses as such. */
function moduleOf(file: string, text: string): Module | undefined {
  return parseModule(text, { file, regoVersion: "v1" }).module ?? parseModule(text, { file, regoVersion: "v0" }).module;
}

function ruleName({ terms: [first] }: Ref): string | undefined {
  return first?.kind === "var" ? first.name : undefined;
}

/** Keys of a ref below its head; undefined stands for what is computed. */
type Path = readonly (string | undefined)[];

/** All that a module names in `data`, imports resolved. */
function pathsOf(module: Module): readonly Path[] {
  const aliases = new Map<string, Path>();
  const paths: Path[] = [];
  for (const { path, alias } of module.imports) {
    const keys = path.terms.map(keyOf);
    if (keys[0] !== "data") continue;
    const name = alias ?? keys.at(-1);
    if (name !== undefined) aliases.set(name, keys);
    // An import of a whole folder reads what is named below it.
    paths.push(keys);
  }
  const imported = new Set(paths);
  for (const ref of refsOfModule(module)) paths.push(resolved(ref, aliases));
  return paths.filter((each) => each[0] === "data" && !(imported.has(each) && isNamedBelow(each, paths, imported)));
}

function resolved({ terms }: Ref, aliases: ReadonlyMap<string, Path>): Path {
  const [head, ...rest] = terms;
  const name = head?.kind === "var" ? head.name : undefined;
  return [...(aliases.get(name ?? "") ?? [name]), ...rest.map(keyOf)];
}

function isNamedBelow(path: Path, paths: readonly Path[], imported: ReadonlySet<Path>): boolean {
  return paths.some(
    (each) => !imported.has(each) && each.length > path.length && path.every((key, i) => each[i] === key),
  );
}

function keyOf(term: Term): string | undefined {
  if (term.kind === "string") return term.value;
  return term.kind === "var" && /^data$|^input$/.test(term.name) ? term.name : undefined;
}

/** The name behind `data.<path>`; `all` when it is not said. */
function nextBelow([, ...keys]: Path, path: readonly string[]): string | undefined {
  if (!path.every((each, i) => i >= keys.length || keys[i] === undefined || keys[i] === each)) return undefined;
  return keys[path.length] ?? "all";
}

/** `data.kubernetes.admission` is a package, no resource; so are rules of a package that is the path. */
function withoutPackages(names: Set<string>, modules: readonly Module[], path: readonly string[]): ReadonlySet<string> {
  for (const module of modules) {
    const keys = module.package.path.terms.map(keyOf);
    const next = nextBelow(keys, path);
    if (next !== undefined && next !== "all") names.delete(next);
    if (keys.length !== path.length + 1 || next !== "all") continue;
    for (const { head } of module.rules) names.delete(ruleName(head.ref) ?? "");
  }
  return names;
}
