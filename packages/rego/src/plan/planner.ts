import { findSignature } from "../builtins/capabilities.ts";
import { type Compiled, type CompiledQuery, findNode, hasRules, type RuleNode } from "../compile/compiled.ts";
import { nameOfRef } from "../compile/walk.ts";
import type { Operand, Policy } from "../run/ir.ts";
import type { Body, Call, Expr, Ref, Rule, Term, With } from "../syntax/ast.ts";
import { BlockWriter, falseOperand, localOperand, PolicyBuilder, trueOperand } from "./builder.ts";

/** A plan to make: an ad-hoc query, or the document at a path as one binding `result`. */
export type Wanted =
  | { readonly name: string; readonly query: CompiledQuery }
  | { readonly name: string; readonly path: readonly string[] };

/** Plans queries and entry points over compiled modules into OPA's IR. */
export function planPolicy(compiled: Compiled, wanted: readonly Wanted[]): Policy {
  const builder = new PolicyBuilder();
  const planner = new PolicyPlanner(compiled, builder);
  for (const each of wanted) planner.plan(each);
  return builder.build();
}

/** What `with` replaces around a function; functions are planned once per such context. */
interface Context {
  readonly key: string;
  /** Function or builtin name to what is called instead. */
  readonly mocks: ReadonlyMap<string, Mock>;
  /** Paths below `data` whose rules are hidden by a value. */
  readonly shadows: readonly (readonly string[])[];
}

type Mock = { readonly kind: "function"; readonly name: string } | { readonly kind: "value"; readonly slot: string };

/** Where values of mocked functions lie below `data` while they are in force. A NUL keeps policies from naming it. */
const mockRoot = "\0mock";

class PolicyPlanner {
  readonly compiled: Compiled;
  readonly builder: PolicyBuilder;
  readonly #planned = new Set<string>();
  readonly #contexts = new Map<string, number>();
  #slots = 0;

  constructor(compiled: Compiled, builder: PolicyBuilder) {
    this.compiled = compiled;
    this.builder = builder;
  }

  plan(wanted: Wanted): void {
    const context: Context = { key: "", mocks: new Map(), shadows: [] };
    const writer = new BlockWriter(this.builder);
    const body = new BodyPlanner(this, writer, context);
    const block = writer.block(() => {
      const result = writer.local();
      if ("path" in wanted) {
        body.planDocument(wanted.path, (value) => this.#addResult(writer, result, [["result", value]]));
      } else {
        body.planBody(wanted.query.body, 0, () => {
          this.#addResult(
            writer,
            result,
            wanted.query.variables.map(({ name, local }) => [name, body.valueOf(local)] as const),
          );
        });
      }
    });
    this.builder.plans.push({ name: wanted.name, blocks: [block] });
  }

  #addResult(writer: BlockWriter, result: number, values: readonly (readonly [string, Operand | undefined])[]): void {
    writer.emit("MakeObjectStmt", { target: result });
    for (const [name, value] of values) {
      if (value !== undefined) writer.emit("ObjectInsertStmt", { key: writer.string(name), value, object: result });
    }
    writer.emit("ResultSetAddStmt", { value: result });
  }

  slot(): string {
    return String(this.#slots++);
  }

  /** The function of a node's rules, planned when it is first needed in this context. */
  ruleFunction(node: RuleNode, context: Context): string {
    return this.#function("", node, context, (name) => new RulePlanner(this, context).planRules(name, node));
  }

  /** The function of the whole document at a node: its rules' values over the base document. */
  documentFunction(node: RuleNode, context: Context): string {
    return this.#function("*", node, context, (name) => new RulePlanner(this, context).planDocument(name, node));
  }

  #function(mark: string, node: RuleNode, context: Context, plan: (name: string) => void): string {
    const name = `g${this.#contextId(context)}.data${node.path.map((part) => `.${part}`).join("")}${mark}`;
    if (!this.#planned.has(name)) {
      this.#planned.add(name);
      plan(name);
    }
    return name;
  }

  #contextId(context: Context): number {
    const known = this.#contexts.get(context.key);
    if (known !== undefined) return known;
    this.#contexts.set(context.key, this.#contexts.size);
    return this.#contexts.size - 1;
  }

  /** The rules at or below a path as this context sees them. */
  node(path: readonly string[], context: Context): RuleNode | undefined {
    const isShadowed = context.shadows.some(
      (shadow) => shadow.length <= path.length && shadow.every((part, i) => part === path[i]),
    );
    const node = isShadowed ? undefined : findNode(this.compiled.root, path);
    return hasRules(node) ? node : undefined;
  }
}

/** Plans bodies, terms and unification inside one function. Results are handed on by continuation, as iteration nests blocks. */
class BodyPlanner {
  readonly #policy: PolicyPlanner;
  readonly writer: BlockWriter;
  readonly #context: Context;
  #vars = new Map<string, Operand>();

  constructor(policy: PolicyPlanner, writer: BlockWriter, context: Context) {
    this.#policy = policy;
    this.writer = writer;
    this.#context = context;
  }

  valueOf(variable: string): Operand | undefined {
    return this.#vars.get(variable);
  }

  bind(variable: string, value: Operand): void {
    this.#vars.set(variable, value);
  }

  planBody(body: Body, from: number, next: () => void): void {
    const expr = body[from];
    if (expr === undefined) next();
    else this.#planExpr(expr, () => this.planBody(body, from + 1, next));
  }

  /** Variables bound by `plan` are forgotten behind it: they belong to a closure. */
  #scoped(plan: () => void): void {
    const outer = this.#vars;
    this.#vars = new Map(outer);
    try {
      plan();
    } finally {
      this.#vars = outer;
    }
  }

  #planExpr(expr: Expr, next: () => void): void {
    this.writer.at(expr.loc);
    if (expr.negated) {
      const block = this.writer.block(() => this.#scoped(() => this.#planExpr({ ...expr, negated: false }, () => {})));
      this.writer.emit("NotStmt", { block });
      next();
    } else if (expr.with.length > 0) {
      this.#planWith(expr, next);
    } else {
      this.#planPlain(expr, next);
    }
  }

  #planPlain({ terms }: Expr, next: () => void): void {
    if (terms.kind === "every") this.#planEvery(terms, next);
    else if (terms.kind === "some") next();
    else if (terms.kind === "call") this.#planCallExpr(terms.operator, terms.args, next);
    else {
      this.planTerm(terms.term, (value) => {
        this.writer.emit("NotEqualStmt", { a: value, b: falseOperand });
        next();
      });
    }
  }

  #planCallExpr(operator: Ref, args: readonly Term[], next: () => void): void {
    const name = nameOfRef(operator) ?? "";
    if (name === "eq" && args.length === 2) {
      this.unify(args[0] as Term, args[1] as Term, next);
      return;
    }
    if (name === "print") {
      next();
      return;
    }
    const arity = this.#arity(name);
    const output = args.length === arity + 1 ? args.at(-1) : undefined;
    this.#planCall(name, args.slice(0, arity), (value) => {
      if (output !== undefined) {
        this.#unifyOperand(value, output, next);
      } else {
        this.writer.emit("NotEqualStmt", { a: value, b: falseOperand });
        next();
      }
    });
  }

  #arity(name: string): number {
    return this.#policy.compiled.arities.get(name) ?? findSignature(name)?.args.length ?? 0;
  }

  /** `every` holds when no element of the collection fails the body; a domain that is no collection is undefined. */
  #planEvery(terms: Expr["terms"] & { kind: "every" }, next: () => void): void {
    const { writer } = this;
    this.planTerm(terms.domain, (domain) => {
      const source = this.#asLocal(domain);
      this.#requireCollection(source);
      const key = writer.local();
      const value = writer.local();
      const failing = writer.block(() => {
        this.#scoped(() => {
          if (terms.key?.kind === "var") this.bind(terms.key.name, localOperand(key));
          const holds = writer.block(() =>
            this.#unifyOperand(localOperand(value), terms.value, () => this.planBody(terms.body, 0, () => {})),
          );
          writer.emit("NotStmt", { block: holds });
        });
      });
      const some = writer.block(() => writer.emit("ScanStmt", { source, key, value, block: failing }));
      writer.emit("NotStmt", { block: some });
      next();
    });
  }

  #requireCollection(source: number): void {
    const { writer } = this;
    const found = writer.local();
    writer.emit("ResetLocalStmt", { target: found });
    const blocks = (["IsArrayStmt", "IsObjectStmt", "IsSetStmt"] as const).map((type) =>
      writer.block(() => {
        writer.emit(type, { source: localOperand(source) });
        writer.emit("AssignVarStmt", { source: trueOperand, target: found });
      }),
    );
    writer.emit("BlockStmt", { blocks });
    writer.emit("IsDefinedStmt", { source: found });
  }

  /** Values first; then each replacement around the expression, and its undoing around what follows. */
  #planWith(expr: Expr, next: () => void): void {
    this.#withValues(expr.with, [], (values) => {
      const { writer } = this;
      const saved = [writer.local(), writer.local()] as const;
      writer.emit("AssignVarStmt", { source: localOperand(0), target: saved[0] });
      writer.emit("AssignVarStmt", { source: localOperand(1), target: saved[1] });
      this.#replace(expr, values, 0, this.#context, (context) => {
        const inner = new BodyPlanner(this.#policy, writer, context);
        inner.#vars = this.#vars;
        inner.#planExpr({ ...expr, with: [] }, () => {
          this.#vars = inner.#vars;
          this.#undo(saved, 0, next);
        });
      });
    });
  }

  #undo(saved: readonly [number, number], local: number, next: () => void): void {
    if (local > 1) {
      next();
      return;
    }
    const block = this.writer.block(() => this.#undo(saved, local + 1, next));
    this.writer.emit("WithStmt", { local, path: null, value: localOperand(saved[local] as number), block });
  }

  #withValues(
    withs: readonly With[],
    done: readonly (Operand | undefined)[],
    next: (values: readonly (Operand | undefined)[]) => void,
  ): void {
    const each = withs[done.length];
    if (each === undefined) next(done);
    else if (this.#functionName(each.value) !== undefined) this.#withValues(withs, [...done, undefined], next);
    else this.planTerm(each.value, (value) => this.#withValues(withs, [...done, value], next));
  }

  /** The function or builtin that a `with` value or target names, if it is one. */
  #functionName(term: Term): string | undefined {
    if (term.kind === "var")
      return this.#vars.has(term.name) || findSignature(term.name) === undefined ? undefined : term.name;
    const name = term.kind === "ref" ? nameOfRef(term) : undefined;
    if (name === undefined) return undefined;
    return this.#policy.compiled.arities.has(name) || (findSignature(name) !== undefined && !name.startsWith("input."))
      ? name
      : undefined;
  }

  #replace(
    expr: Expr,
    values: readonly (Operand | undefined)[],
    at: number,
    context: Context,
    inside: (context: Context) => void,
  ): void {
    const each = expr.with[at];
    if (each === undefined) {
      inside(context);
      return;
    }
    const rest = (next: Context) => this.#replace(expr, values, at + 1, next, inside);
    const target = this.#functionName(each.target);
    const value = values[at];
    if (target !== undefined) this.#mock(target, each, value, context, rest);
    else this.#overlay(each.target, value ?? trueOperand, context, rest);
  }

  #mock(
    target: string,
    each: With,
    value: Operand | undefined,
    context: Context,
    rest: (context: Context) => void,
  ): void {
    const replacement = this.#functionName(each.value);
    if (value === undefined && replacement !== undefined) {
      const mocked = context.mocks.get(replacement);
      const mock: Mock = mocked ?? { kind: "function", name: replacement };
      rest(mockContext(context, target, mock));
      return;
    }
    const slot = this.#policy.slot();
    const { writer } = this;
    const path = [writer.string(mockRoot), writer.string(slot)].map((operand) => operand.value as number);
    const block = writer.block(() => rest(mockContext(context, target, { kind: "value", slot })));
    writer.emit("WithStmt", { local: 1, path, value: value ?? trueOperand, block });
  }

  #overlay(target: Term, value: Operand, context: Context, rest: (context: Context) => void): void {
    const { writer } = this;
    const terms = target.kind === "ref" ? target.terms : [target];
    const head = terms[0];
    const keys = terms.slice(1).map((term) => (term.kind === "string" ? term.value : ""));
    const isData = head?.kind === "var" && head.name === "data";
    const path = keys.map((key) => writer.string(key).value as number);
    const shadows = isData ? [...context.shadows, keys] : context.shadows;
    const key = isData ? `${context.key}|data.${keys.join(".")}` : context.key;
    const block = writer.block(() => rest({ ...context, key, shadows }));
    writer.emit("WithStmt", { local: isData ? 1 : 0, path, value, block });
  }

  /** Plans a term to an operand. A ref with free operands runs `next` once per value. */
  planTerm(term: Term, next: (value: Operand) => void): void {
    const { writer } = this;
    switch (term.kind) {
      case "null":
        next(this.#made((target) => writer.emit("MakeNullStmt", { target })));
        return;
      case "boolean":
        next({ type: "bool", value: term.value });
        return;
      case "number":
        next(this.#number(term.text));
        return;
      case "string":
        next(writer.string(term.value));
        return;
      case "var":
        this.#planVar(term.name, next);
        return;
      case "ref":
        this.#planRef(term, next);
        return;
      case "call":
        this.#planCallTerm(term, next);
        return;
      case "array":
        this.#planItems(term.items, (values) => {
          const target = writer.local();
          writer.emit("MakeArrayStmt", { capacity: values.length, target });
          for (const value of values) writer.emit("ArrayAppendStmt", { array: target, value });
          next(localOperand(target));
        });
        return;
      case "set":
        this.#planItems(term.items, (values) => {
          const target = writer.local();
          writer.emit("MakeSetStmt", { target });
          for (const value of values) writer.emit("SetAddStmt", { set: target, value });
          next(localOperand(target));
        });
        return;
      case "object":
        this.#planObject(term, next);
        return;
      case "templatestring":
        throw new Error("invariant: template strings are calls after expansion");
      default:
        this.#planComprehension(term, next);
    }
  }

  #made(make: (target: number) => void): Operand {
    const target = this.writer.local();
    make(target);
    return localOperand(target);
  }

  #number(text: string): Operand {
    const value = Number(text);
    const isPlain = /^-?\d{1,15}$/.test(text);
    return this.#made((target) => {
      if (isPlain) this.writer.emit("MakeNumberIntStmt", { value, target });
      else this.writer.emit("MakeNumberRefStmt", { Index: this.writer.string(text).value as number, target });
    });
  }

  #planVar(name: string, next: (value: Operand) => void): void {
    if (name === "input") next(localOperand(0));
    else if (name === "data") this.planDocument([], next);
    else {
      const value = this.#vars.get(name);
      if (value === undefined) throw new Error(`invariant: ${name} is not bound`);
      next(value);
    }
  }

  #planItems(items: readonly Term[], next: (values: readonly Operand[]) => void, done: readonly Operand[] = []): void {
    const item = items[done.length];
    if (item === undefined) next(done);
    else this.planTerm(item, (value) => this.#planItems(items, next, [...done, value]));
  }

  #planObject(term: Term & { kind: "object" }, next: (value: Operand) => void): void {
    const { writer } = this;
    this.#planItems(term.entries.flat(), (values) => {
      const object = writer.local();
      writer.emit("MakeObjectStmt", { target: object });
      for (let i = 0; i < values.length; i += 2) {
        writer.emit("ObjectInsertOnceStmt", { key: values[i] as Operand, value: values[i + 1] as Operand, object });
      }
      next(localOperand(object));
    });
  }

  #planComprehension(
    term: Term & { kind: "arraycomprehension" | "setcomprehension" | "objectcomprehension" },
    next: (value: Operand) => void,
  ): void {
    const { writer } = this;
    const target = writer.local();
    if (term.kind === "arraycomprehension") writer.emit("MakeArrayStmt", { capacity: 0, target });
    else if (term.kind === "setcomprehension") writer.emit("MakeSetStmt", { target });
    else writer.emit("MakeObjectStmt", { target });
    const block = writer.block(() => {
      this.#scoped(() => {
        this.planBody(term.body, 0, () => {
          if (term.kind === "objectcomprehension") {
            this.#planItems([term.key, term.value], ([key, value]) => {
              writer.emit("ObjectInsertOnceStmt", { key: key as Operand, value: value as Operand, object: target });
            });
          } else {
            this.planTerm(term.term, (value) => {
              if (term.kind === "arraycomprehension") writer.emit("ArrayAppendStmt", { array: target, value });
              else writer.emit("SetAddStmt", { set: target, value });
            });
          }
        });
      });
    });
    writer.emit("BlockStmt", { blocks: [block] });
    next(localOperand(target));
  }

  #planCallTerm(call: Call, next: (value: Operand) => void): void {
    this.#planCall(nameOfRef(call.operator) ?? "", call.args, next);
  }

  #planCall(name: string, args: readonly Term[], next: (value: Operand) => void): void {
    const { writer } = this;
    const mock = this.#context.mocks.get(name);
    if (mock?.kind === "value") {
      this.#planItems(args, () => this.#mockedValue(mock.slot, next));
      return;
    }
    const target = mock?.name ?? name;
    this.#planItems(args, (values) => {
      const result = writer.local();
      if (this.#policy.compiled.arities.has(target)) {
        const context = mock === undefined ? this.#context : withoutMock(this.#context, name);
        const node = this.#policy.node(target.split(".").slice(1), this.#context);
        if (node === undefined) {
          writer.fail();
          return;
        }
        writer.emit("CallStmt", {
          func: this.#policy.ruleFunction(node, context),
          args: [localOperand(0), localOperand(1), ...values],
          result,
        });
      } else {
        this.#policy.builder.useBuiltin(target);
        writer.emit("CallStmt", { func: target, args: values, result });
      }
      if (findSignature(target)?.relation === true && !this.#policy.compiled.arities.has(target))
        this.#planRelation(result, next);
      else next(localOperand(result));
    });
  }

  #planRelation(source: number, next: (value: Operand) => void): void {
    const key = this.writer.local();
    const value = this.writer.local();
    const block = this.writer.block(() => next(localOperand(value)));
    this.writer.emit("ScanStmt", { source, key, value, block });
  }

  #mockedValue(slot: string, next: (value: Operand) => void): void {
    const { writer } = this;
    const root = writer.local();
    const target = writer.local();
    writer.emit("DotStmt", { source: localOperand(1), key: writer.string(mockRoot), target: root });
    writer.emit("DotStmt", { source: localOperand(root), key: writer.string(slot), target });
    next(localOperand(target));
  }

  #planRef(ref: Ref, next: (value: Operand) => void): void {
    const [head, ...operands] = ref.terms as readonly [Term, ...Term[]];
    if (head.kind === "var" && head.name === "data") this.#planData([], operands, next);
    else this.planTerm(head, (value) => this.#planPath(value, operands, next));
  }

  /** Walks constant keys through the rule tree as far as rules reach, then goes on through their value or the base document. */
  #planData(path: readonly string[], operands: readonly Term[], next: (value: Operand) => void): void {
    const { writer } = this;
    const node = this.#policy.node(path, this.#context);
    if (node === undefined) {
      this.#planBase(path, (value) => this.#planPath(value, operands, next));
      return;
    }
    const isRule = node.rules.length > 0;
    const [key, ...rest] = operands;
    if (!isRule && key?.kind === "string") {
      this.#planData([...path, key.value], rest, next);
      return;
    }
    if (isRule && node.rules[0]?.kind === "function") {
      writer.fail();
      return;
    }
    const func = isRule
      ? this.#policy.ruleFunction(node, this.#context)
      : this.#policy.documentFunction(node, this.#context);
    const result = writer.local();
    writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1)], result });
    this.#planPath(localOperand(result), operands, next);
  }

  #planBase(path: readonly string[], next: (value: Operand) => void): void {
    let source = localOperand(1);
    for (const part of path) {
      const target = this.writer.local();
      this.writer.emit("DotStmt", { source, key: this.writer.string(part), target });
      source = localOperand(target);
    }
    next(source);
  }

  /** The document at a constant path. */
  planDocument(path: readonly string[], next: (value: Operand) => void): void {
    const loc = undefined as never;
    this.#planData(
      [],
      path.map((value): Term => ({ kind: "string", loc, value })),
      next,
    );
  }

  #planPath(source: Operand, operands: readonly Term[], next: (value: Operand) => void): void {
    const [operand, ...rest] = operands;
    if (operand === undefined) {
      next(source);
      return;
    }
    const { writer } = this;
    if (this.#isBound(operand)) {
      this.planTerm(operand, (key) => {
        const target = writer.local();
        writer.emit("DotStmt", { source, key, target });
        this.#planPath(localOperand(target), rest, next);
      });
      return;
    }
    const key = writer.local();
    const value = writer.local();
    const scanned = this.#asLocal(source);
    const block = writer.block(() =>
      this.#unifyOperand(localOperand(key), operand, () => this.#planPath(localOperand(value), rest, next)),
    );
    writer.emit("ScanStmt", { source: scanned, key, value, block });
  }

  #asLocal(operand: Operand): number {
    if (operand.type === "local") return operand.value;
    const target = this.writer.local();
    this.writer.emit("AssignVarStmt", { source: operand, target });
    return target;
  }

  /** True when every variable of the term has a value; closures keep their own. */
  #isBound(term: Term): boolean {
    switch (term.kind) {
      case "var":
        return term.name === "input" || term.name === "data" || this.#vars.has(term.name);
      case "array":
      case "set":
        return term.items.every((item) => this.#isBound(item));
      case "object":
        return term.entries.every(([key, value]) => this.#isBound(key) && this.#isBound(value));
      case "ref":
        return term.terms.every((each) => this.#isBound(each));
      case "call":
        return term.args.every((each) => this.#isBound(each));
      default:
        return true;
    }
  }

  unify(a: Term, b: Term, next: () => void): void {
    if (isPattern(a) && this.#isBound(b)) this.planTerm(b, (value) => this.#unifyOperand(value, a, next));
    else if (isPattern(b) && this.#isBound(a)) this.planTerm(a, (value) => this.#unifyOperand(value, b, next));
    else if (a.kind === "array" && b.kind === "array") this.#unifyItems(a.items, b.items, next);
    else if (a.kind === "object" && b.kind === "object") this.#unifyEntries(a, b, next);
    else if (isPattern(a)) this.planTerm(b, (value) => this.#unifyOperand(value, a, next));
    else this.planTerm(a, (value) => this.#unifyOperand(value, b, next));
  }

  /** Pairs in whatever order they become bound. */
  #unifyItems(left: readonly Term[], right: readonly Term[], next: () => void): void {
    if (left.length !== right.length) this.writer.fail();
    else
      this.#unifyPairs(
        left.map((item, i) => [item, right[i] as Term] as const),
        next,
      );
  }

  #unifyPairs(pairs: readonly (readonly [Term, Term])[], next: () => void): void {
    if (pairs.length === 0) {
      next();
      return;
    }
    const ready = pairs.findIndex(([a, b]) => this.#isBound(a) || this.#isBound(b));
    const at = Math.max(ready, 0);
    const [a, b] = pairs[at] as readonly [Term, Term];
    this.unify(a, b, () =>
      this.#unifyPairs(
        pairs.filter((_, i) => i !== at),
        next,
      ),
    );
  }

  #unifyEntries(a: Term & { kind: "object" }, b: Term & { kind: "object" }, next: () => void): void {
    const keyText = (term: Term) => `${term.kind} ${term.loc.text}`;
    const pairs = a.entries.map(
      ([key, value]) => [value, b.entries.find(([other]) => keyText(other) === keyText(key))?.[1]] as const,
    );
    if (a.entries.length !== b.entries.length || pairs.some(([, other]) => other === undefined)) this.writer.fail();
    else this.#unifyPairs(pairs as readonly (readonly [Term, Term])[], next);
  }

  /** Unifies a value with a term that may hold free variables. */
  #unifyOperand(value: Operand, term: Term, next: () => void): void {
    const { writer } = this;
    if (term.kind === "var" && !this.#isBound(term)) {
      this.bind(term.name, value);
      next();
    } else if (this.#isBound(term)) {
      this.planTerm(term, (other) => {
        writer.emit("EqualStmt", { a: value, b: other });
        next();
      });
    } else if (term.kind === "array") {
      writer.emit("IsArrayStmt", { source: value });
      this.#requireLength(value, term.items.length);
      this.#unifyParts(
        value,
        term.items.map((item, i) => [this.#number(String(i)), item] as const),
        next,
      );
    } else if (term.kind === "object") {
      writer.emit("IsObjectStmt", { source: value });
      this.#requireLength(value, term.entries.length);
      this.#planItems(
        term.entries.map(([key]) => key),
        (keys) => {
          this.#unifyParts(
            value,
            term.entries.map(([, item], i) => [keys[i] as Operand, item] as const),
            next,
          );
        },
      );
    } else {
      this.planTerm(term, (other) => {
        writer.emit("EqualStmt", { a: value, b: other });
        next();
      });
    }
  }

  #requireLength(value: Operand, length: number): void {
    const { writer } = this;
    const size = writer.local();
    writer.emit("LenStmt", { source: value, target: size });
    writer.emit("EqualStmt", { a: localOperand(size), b: this.#number(String(length)) });
  }

  #unifyParts(source: Operand, parts: readonly (readonly [Operand, Term])[], next: () => void): void {
    const [first, ...rest] = parts;
    if (first === undefined) {
      next();
      return;
    }
    const [key, term] = first;
    const target = this.writer.local();
    this.writer.emit("DotStmt", { source, key, target });
    this.#unifyOperand(localOperand(target), term, () => this.#unifyParts(source, rest, next));
  }
}

function isPattern(term: Term): boolean {
  return term.kind === "var" || term.kind === "array" || term.kind === "object";
}

function mockContext(context: Context, target: string, mock: Mock): Context {
  const key = `${context.key}|${target}=${mock.kind === "value" ? `#${mock.slot}` : mock.name}`;
  return { ...context, key, mocks: new Map([...context.mocks, [target, mock]]) };
}

/** Inside its own replacement a function is itself again, so that the replacement may call it. */
function withoutMock(context: Context, target: string): Context {
  const mocks = new Map(context.mocks);
  mocks.delete(target);
  return { ...context, key: `${context.key}|-${target}`, mocks };
}

/** Plans the functions of rules: one per place of the rule tree. */
class RulePlanner {
  readonly #policy: PolicyPlanner;
  readonly #context: Context;
  readonly #writer: BlockWriter;

  constructor(policy: PolicyPlanner, context: Context) {
    this.#policy = policy;
    this.#context = context;
    this.#writer = new BlockWriter(policy.builder);
  }

  planRules(name: string, node: RuleNode): void {
    const writer = this.#writer;
    const [first] = node.rules;
    const arity = first?.rule.head.args?.length ?? 0;
    const params = [0, 1, ...Array.from({ length: arity }, () => writer.local())];
    const result = writer.local();
    const grouped = node.rules.some((each) => each.suffix.length > 0) || node.children.size > 0;
    const blocks = grouped
      ? this.#planGroup(node, result)
      : first?.kind === "set"
        ? this.#planSet(node, result)
        : this.#planValues(node, params, result);
    const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: result }));
    this.#policy.builder.funcs.push({
      name,
      path: ["g0", ...node.path],
      params,
      return: result,
      blocks: [...blocks, last],
    });
  }

  /** The document of a package: each child's value over the base document. */
  planDocument(name: string, node: RuleNode): void {
    const writer = this.#writer;
    const result = writer.local();
    const virtual = writer.local();
    const make = writer.block(() => {
      writer.emit("MakeObjectStmt", { target: virtual });
      const blocks = [...node.children.values()]
        .filter((child) => this.#isDocument(child))
        .map((child) => this.#planChild(child, virtual));
      writer.emit("BlockStmt", { blocks });
      writer.emit("AssignVarStmt", { source: localOperand(virtual), target: result });
    });
    const merge = writer.block(() => {
      let source: Operand = localOperand(1);
      for (const part of node.path) {
        const target = writer.local();
        writer.emit("DotStmt", { source, key: writer.string(part), target });
        source = localOperand(target);
      }
      writer.emit("IsObjectStmt", { source });
      writer.emit("ObjectMergeStmt", { a: virtual, b: source.value as number, target: result });
    });
    const last = writer.block(() => writer.emit("ReturnLocalStmt", { source: result }));
    this.#policy.builder.funcs.push({
      name,
      path: ["g0", ...node.path],
      params: [0, 1],
      return: result,
      blocks: [make, merge, last],
    });
  }

  #isDocument(node: RuleNode): boolean {
    return this.#policy.node(node.path, this.#context) !== undefined && node.rules[0]?.kind !== "function";
  }

  #planChild(child: RuleNode, object: number): { readonly stmts: readonly never[] } {
    const writer = this.#writer;
    return writer.block(() => {
      const func =
        child.rules.length > 0
          ? this.#policy.ruleFunction(child, this.#context)
          : this.#policy.documentFunction(child, this.#context);
      const value = writer.local();
      writer.emit("CallStmt", { func, args: [localOperand(0), localOperand(1)], result: value });
      writer.emit("ObjectInsertStmt", {
        key: writer.string(child.path.at(-1) as string),
        value: localOperand(value),
        object,
      });
    }) as { readonly stmts: readonly never[] };
  }

  /** Complete rules and functions: each definition may assign the result once. */
  #planValues(node: RuleNode, params: readonly number[], result: number) {
    const writer = this.#writer;
    const definitions = node.rules.filter((each) => !each.rule.default);
    const defaults = node.rules.filter((each) => each.rule.default);
    const reset = writer.block(() => writer.emit("ResetLocalStmt", { target: result }));
    const blocks = definitions.map(({ rule }) => writer.block(() => this.#planChain(rule, params, result)));
    const fallback = defaults.map(({ rule }) =>
      writer.block(() => {
        writer.emit("IsUndefinedStmt", { source: result });
        const body = this.#body();
        this.#bindArgs(body, rule, params, () => {
          body.planTerm(rule.head.value as Term, (value) =>
            writer.emit("AssignVarOnceStmt", { source: value, target: result }),
          );
        });
      }),
    );
    return [reset, ...blocks, ...fallback];
  }

  /** A rule with its else branches, the first that holds assigning the result. */
  #planChain(rule: Rule, params: readonly number[], result: number): void {
    const writer = this.#writer;
    if (rule.else === undefined) {
      this.#planDefinition(rule, params, result);
      return;
    }
    const chosen = writer.local();
    writer.emit("ResetLocalStmt", { target: chosen });
    const blocks = [];
    for (let each: Rule | undefined = rule; each !== undefined; each = each.else) {
      const branch: Rule = each;
      blocks.push(
        writer.block(() => {
          writer.emit("IsUndefinedStmt", { source: chosen });
          this.#planDefinition(branch, params, chosen);
        }),
      );
    }
    writer.emit("BlockStmt", { blocks });
    writer.emit("IsDefinedStmt", { source: chosen });
    writer.emit("AssignVarOnceStmt", { source: localOperand(chosen), target: result });
  }

  #planDefinition(rule: Rule, params: readonly number[], result: number): void {
    const writer = this.#writer;
    const body = this.#body();
    const depth = writer.depth;
    this.#bindArgs(body, rule, params, () => {
      body.planBody(rule.body, 0, () => {
        writer.at(rule.head.loc);
        body.planTerm(rule.head.value as Term, (value) => {
          writer.emit("AssignVarOnceStmt", { source: value, target: result });
          if (isConstant(rule.head.value as Term) && writer.depth > depth)
            writer.emit("BreakStmt", { index: writer.depth - depth });
        });
      });
    });
  }

  #bindArgs(body: BodyPlanner, rule: Rule, params: readonly number[], next: () => void, at = 0): void {
    const arg = rule.head.args?.[at];
    if (arg === undefined) {
      next();
      return;
    }
    const param: Term = { kind: "var", loc: arg.loc, name: `\0param${at}` };
    body.bind(param.name, localOperand(params[at + 2] as number));
    body.unify(param, arg, () => this.#bindArgs(body, rule, params, next, at + 1));
  }

  #planSet(node: RuleNode, result: number) {
    const writer = this.#writer;
    const make = writer.block(() => writer.emit("MakeSetStmt", { target: result }));
    const blocks = node.rules.map(({ rule }) =>
      writer.block(() => {
        const body = this.#body();
        body.planBody(rule.body, 0, () => {
          writer.at(rule.head.loc);
          body.planTerm(rule.head.key as Term, (value) => writer.emit("SetAddStmt", { value, set: result }));
        });
      }),
    );
    return [make, ...blocks];
  }

  /** Rules with variables in their path, with all rules below: one object of objects. */
  #planGroup(node: RuleNode, result: number) {
    const writer = this.#writer;
    const make = writer.block(() => writer.emit("MakeObjectStmt", { target: result }));
    const rules = rulesBelow(node).filter(({ rule }) => rule.kind !== "function");
    const blocks = rules.map(({ rule: { rule, suffix, kind }, keys }) =>
      writer.block(() => {
        const loc = rule.head.loc;
        const path = [...keys.map((value): Term => ({ kind: "string", loc, value })), ...suffix];
        const body = this.#body();
        if (rule.else !== undefined) {
          this.#planGroupChain(rule, path, result);
          return;
        }
        body.planBody(rule.body, 0, () => {
          writer.at(loc);
          if (kind === "set") this.#insertMember(body, result, path, rule.head.key as Term);
          else this.#insertValue(body, result, path, (next) => body.planTerm(rule.head.value as Term, next));
        });
      }),
    );
    return [make, ...blocks];
  }

  #planGroupChain(rule: Rule, path: readonly Term[], result: number): void {
    const writer = this.#writer;
    const chosen = writer.local();
    writer.emit("BlockStmt", { blocks: [writer.block(() => this.#planChain(rule, [0, 1], chosen))] });
    writer.emit("IsDefinedStmt", { source: chosen });
    this.#insertValue(this.#body(), result, path, (next) => next(localOperand(chosen)));
  }

  #insertValue(
    body: BodyPlanner,
    object: number,
    path: readonly Term[],
    value: (next: (value: Operand) => void) => void,
  ): void {
    const writer = this.#writer;
    const [key, ...rest] = path as readonly [Term, ...Term[]];
    body.planTerm(key, (operand) => {
      if (rest.length === 0) {
        value((planned) => writer.emit("ObjectInsertOnceStmt", { key: operand, value: planned, object }));
        return;
      }
      this.#insertValue(body, this.#childOf(object, operand, "MakeObjectStmt"), rest, value);
    });
  }

  #insertMember(body: BodyPlanner, object: number, path: readonly Term[], member: Term): void {
    const writer = this.#writer;
    const [key, ...rest] = path as readonly [Term, ...Term[]];
    body.planTerm(key, (operand) => {
      if (rest.length > 0) {
        this.#insertMember(body, this.#childOf(object, operand, "MakeObjectStmt"), rest, member);
        return;
      }
      const set = this.#childOf(object, operand, "MakeSetStmt");
      body.planTerm(member, (value) => writer.emit("SetAddStmt", { value, set }));
    });
  }

  /** The object or set below `key`, made when it is not there. */
  #childOf(object: number, key: Operand, make: "MakeObjectStmt" | "MakeSetStmt"): number {
    const writer = this.#writer;
    const child = writer.local();
    writer.emit("ResetLocalStmt", { target: child });
    const find = writer.block(() => writer.emit("DotStmt", { source: localOperand(object), key, target: child }));
    const create = writer.block(() => {
      writer.emit("IsUndefinedStmt", { source: child });
      writer.emit(make, { target: child });
      writer.emit("ObjectInsertOnceStmt", { key, value: localOperand(child), object });
    });
    writer.emit("BlockStmt", { blocks: [find, create] });
    return child;
  }

  #body(): BodyPlanner {
    return new BodyPlanner(this.#policy, this.#writer, this.#context);
  }
}

function rulesBelow(
  node: RuleNode,
  keys: readonly string[] = [],
): readonly { rule: RuleNode["rules"][number]; keys: readonly string[] }[] {
  const below = [...node.children].flatMap(([key, child]) => rulesBelow(child, [...keys, key]));
  return [...node.rules.map((rule) => ({ rule, keys })), ...below];
}

function isConstant(term: Term): boolean {
  return term.kind === "boolean" || term.kind === "string" || term.kind === "number" || term.kind === "null";
}
