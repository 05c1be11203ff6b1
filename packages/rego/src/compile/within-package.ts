import type { Module, Rule, Term } from "../syntax/ast.ts";
import type { Compiled, RuleNode } from "./compiled.ts";

/** A compiled rule by its name in its package, as people know it: `p[x]` for `data.pkg.p[x]`. */
export function withinPackage(rule: Rule, module: Module): Rule {
  const { path } = module.package;
  const { head } = rule;
  const [first, ...rest] = head.ref.terms.slice(path.terms.length);
  const name: Term | undefined = first?.kind === "string" ? { kind: "var", loc: first.loc, name: first.value } : first;
  const ref = { ...head.ref, terms: name === undefined ? [] : [name, ...rest] };
  return { ...rule, head: { ...head, ref }, else: rule.else && withinPackage(rule.else, module) };
}

/** Each module as it is after compilation, as OPA's REST API shows it: bodies rewritten and ordered, names resolved, imports gone. */
export function compiledModules({ root, modules }: Compiled): ReadonlyMap<Module, Module> {
  const rules = new Map<Module, Rule[]>(modules.map((module) => [module, []]));
  collect(root, rules);
  return new Map(
    [...rules].map(([module, compiled]) => [
      module,
      {
        ...module,
        imports: [],
        rules: module.rules.map((written, i) => {
          const rule = compiled[i];
          return rule === undefined ? written : withinPackage(rule, module);
        }),
      },
    ]),
  );
}

function collect(node: RuleNode, found: ReadonlyMap<Module, Rule[]>): void {
  for (const { rule, module, index } of node.rules) {
    const rules = found.get(module);
    if (rules !== undefined) rules[index] = rule;
  }
  for (const child of node.children.values()) collect(child, found);
}
