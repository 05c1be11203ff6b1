import { type Module, parseModule, RegoError, type RegoVersion, refText } from "@sallyport/rego";

/** What the shell's user has defined in one package: statements as they were typed. Immutable. */
export class ReplModule {
  readonly path: string;
  readonly imports: readonly string[];
  readonly rules: readonly ReplRule[];

  constructor(path: string, imports: readonly string[] = [], rules: readonly ReplRule[] = []) {
    this.path = path;
    this.imports = imports;
    this.rules = rules;
  }

  get text(): string {
    const parts = [`package ${this.path}`];
    if (this.imports.length > 0) parts.push(this.imports.map((each) => `import ${each}`).join("\n"));
    return [...parts, ...this.rules.map(({ text }) => text)].join("\n\n");
  }

  withImport(text: string): ReplModule {
    return new ReplModule(this.path, [...this.imports, text], this.rules);
  }

  withRule(rule: ReplRule): ReplModule {
    return new ReplModule(this.path, this.imports, [...this.rules, rule]);
  }

  /** Without the rules of a name. */
  without(name: string): ReplModule {
    const rules = this.rules.filter((rule) => rule.name !== name);
    return new ReplModule(this.path, this.imports, rules);
  }

  has(name: string): boolean {
    return this.rules.some((rule) => rule.name === name);
  }

  /** Throws `RegoError`, with places as in the text. */
  parse(regoVersion: RegoVersion): Module {
    const { module, diagnostics } = parseModule(this.text, { file: "", regoVersion });
    if (module === undefined) throw new RegoError(diagnostics);
    return module;
  }
}

export interface ReplRule {
  readonly name: string;
  /** As its definition is told: `q[x]`. */
  readonly title: string;
  readonly text: string;
}

/** A statement that defines rules: `x := 1` replaces what was `x`, rules with bodies add to it. Undefined for queries. */
export function readRule(
  text: string,
  isDefined: (name: string) => boolean,
  regoVersion: RegoVersion,
): (ReplRule & { readonly replaces: boolean }) | undefined {
  const assigned = /^([a-zA-Z_]\w*)\s*(:?=)(?!=)\s*\S/.exec(text);
  if (assigned !== null && !isSeveral(text, regoVersion)) {
    const [, name = "", operator] = assigned;
    if (name === "_" || (operator === "=" && isDefined(name))) return undefined;
    return { name, title: name, text, replaces: operator === ":=" && isDefined(name) };
  }
  const { module } = parseModule(`package p\n\n${text}`, { regoVersion });
  const [rule] = module?.rules ?? [];
  const [head] = rule?.head.ref.terms ?? [];
  if (rule === undefined || head?.kind !== "var" || head.name === "input" || head.name === "data") return undefined;
  const isQuery = rule.generatedBody && rule.head.generatedValue && rule.head.key === undefined && !rule.default;
  return isQuery ? undefined : { name: head.name, title: refText(rule.head.ref), text, replaces: false };
}

/** `x := 1; x > 0` is a query, and so is what has several lines that each are a statement. */
function isSeveral(text: string, regoVersion: RegoVersion): boolean {
  const { module } = parseModule(`package p\n\n${text}`, { regoVersion });
  return module === undefined || module.rules.length !== 1;
}
