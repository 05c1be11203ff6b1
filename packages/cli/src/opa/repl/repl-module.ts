import {
  type Body,
  findSignature,
  type Import,
  type Module,
  type Ref,
  type RegoVersion,
  type Rule,
  refText,
  ruleFromBody,
  type Term,
} from "@sallyport/rego";

/** A module of the shell, in which nothing is defined yet. */
export function createModule({ loc, path }: Module["package"], regoVersion: RegoVersion): Module {
  const nothing = { imports: [], rules: [], comments: [], annotations: [] };
  return { kind: "module", file: "", text: "", regoVersion, package: { loc, path }, ...nothing };
}

/** An import that is there already is not added. */
export function withImport(module: Module, added: Import): Module {
  const isKnown = module.imports.some(
    ({ path, alias }) => alias === added.alias && refText(path) === refText(added.path),
  );
  return isKnown ? module : { ...module, imports: [...module.imports, added] };
}

/** The text says what the compiler has to look for. */
export function withRule(module: Module, rule: Rule, text: string): Module {
  return { ...module, rules: [...module.rules, rule], text: `${module.text}${text}\n` };
}

/** Without the rules of a name; undefined when there are none. */
export function withoutRules(module: Module, name: string): Module | undefined {
  const rules = module.rules.filter((rule) => nameOfRule(rule) !== name);
  return rules.length === module.rules.length ? undefined : { ...module, rules };
}

/** As OPA names heads: those whose refs go on behind the first part have no name, unless it is one key with a value. */
export function nameOfRule({ head }: Rule): string {
  const [first, ...keys] = head.ref.terms;
  const isNamed = keys.length === 0 || (keys.length === 1 && !head.generatedValue);
  return first?.kind === "var" && isNamed ? first.name : "";
}

/** The two sides of a query that is a single `=` or `:=`. */
export function equationOf(body: Body): { readonly left: Term; readonly isAssignment: boolean } | undefined {
  const [expr] = body;
  if (expr === undefined || body.length > 1 || expr.terms.kind !== "call") return undefined;
  const { operator, args } = expr.terms;
  const [name] = operator.terms;
  const [left] = args;
  if (left === undefined || args.length !== 2 || operator.terms.length > 1 || name?.kind !== "var") return undefined;
  if (name.name !== "eq" && name.name !== "assign") return undefined;
  return { left, isAssignment: name.name === "assign" };
}

/** The rule that such a query defines, or why it defines none. */
export function ruleOfEquation(body: Body): Rule | string {
  return ruleFromBody(body, (name) => findSignature(name) !== undefined);
}

/** The variable, `input` or `data` that a term is. */
export function variableName(term: Term): string | undefined {
  if (term.kind === "var") return term.name;
  const [head, ...keys] = term.kind === "ref" ? term.terms : [];
  return head?.kind === "var" && keys.length === 0 ? head.name : undefined;
}

/** What an import is used by. */
export function importedName({ path, alias }: Import): string {
  const last = path.terms.at(-1);
  return alias ?? (last?.kind === "string" ? last.value : last?.kind === "var" ? last.name : "");
}

/** The keys of a package's path below `data`. */
export function packageKeys(path: Ref): readonly string[] {
  return path.terms.slice(1).map((term) => (term.kind === "string" ? term.value : ""));
}
