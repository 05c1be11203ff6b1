import type { Module, Rule, Term } from "../syntax/ast.ts";

/** The documents that annotations name as entry points, `a/b/c`, in the order of the modules. https://www.openpolicyagent.org/docs/policy-language#entrypoint */
export function entrypointsOf(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => {
    const packagePath = module.package.path.terms.slice(1).map(keyOf);
    const packages = module.annotations.filter(({ entrypoint, scope }) => entrypoint && scope === "package");
    const rules = module.rules.filter(({ annotations }) => annotations.some(({ entrypoint }) => entrypoint));
    const paths = [...packages.map(() => packagePath), ...rules.map((rule) => [...packagePath, ...ruleKeys(rule)])];
    return [...new Set(paths.map((path) => path.join("/")))];
  });
}

/** The ref of a rule up to its first operand that is no string. */
function ruleKeys({ head }: Rule): readonly string[] {
  const [name, ...rest] = head.ref.terms;
  const end = rest.findIndex(({ kind }) => kind !== "string");
  const keys = (end < 0 ? rest : rest.slice(0, end)).map(keyOf);
  return [name?.kind === "var" ? name.name : "", ...keys];
}

function keyOf(term: Term): string {
  return term.kind === "string" ? term.value : "";
}
