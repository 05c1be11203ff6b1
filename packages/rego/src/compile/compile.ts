import { type BuiltinSignature, findSignature } from "../builtins/capabilities.ts";
import type { Module } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { AnnotationSet } from "./annotation-set.ts";
import type { Compiled } from "./compiled.ts";
import { exportsOf, globalsOf, packageKey } from "./globals.ts";
import { withHint } from "./hints.ts";
import { LocalNames, type NameCounter } from "./local-names.ts";
import { builtinStages, nameStages, rewriteStages, safetyStages } from "./module-stages.ts";
import { buildGraph, checkRecursion, dataRefs } from "./recursion.ts";
import { checkRuleConflicts } from "./rule-conflicts.ts";
import { aritiesOf, buildTree, ruleKindAt, ruleKindsOf, ruleName } from "./rule-tree.ts";
import { type CompileOptions, compileFault, type ModuleStage, type StageContext } from "./stage.ts";
import { type Built, type CompileState, keepState, stateOf } from "./state.ts";
import { functionName } from "./text.ts";
import { checkTypes } from "./types/check-rules.ts";
import { isRuleName, nameOfRef } from "./walk.ts";

export { compileQuery } from "./query.ts";

export interface CompileResult {
  readonly compiled: Compiled | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** Milliseconds per stage, by OPA's name; empty without `options.clock`. */
  readonly timings: ReadonlyMap<string, number>;
}

/** More are never read by a person, and follow from the first ones. OPA's default. */
const defaultMaxErrors = 10;

/**
 * Runs all stages over a set of modules. All or nothing: with any diagnostic there is no result. As in OPA, only the faults of the
 * first stage that finds any are reported: what comes later often follows from them.
 *
 * Given an earlier result, modules that are the same objects are taken over unless something they asked for has changed.
 */
export function compileModules(
  modules: readonly Module[],
  options: CompileOptions = {},
  previous?: Compiled,
): CompileResult {
  const sorted = modules.toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
  return new ModuleCompiler(sorted, options, previous && stateOf(previous)).compile();
}

/** Compiles other modules with the options of an earlier result, of which it takes over what has not changed. The answer is the same. */
export function recompileModules(modules: readonly Module[], previous: Compiled): CompileResult {
  const options = stateOf(previous)?.options;
  const result = compileModules(modules, options, previous);
  // Generated names go on counting where the earlier ones ended, and some messages show them.
  const showsNames = result.diagnostics.some((each) =>
    generatedName.test(JSON.stringify([each.message, each.details])),
  );
  return showsNames ? compileModules(modules, options) : result;
}

const generatedName = /__local\d+__/;

class ModuleCompiler {
  readonly #modules: readonly Module[];
  readonly #options: CompileOptions;
  readonly #previous: CompileState | undefined;
  readonly #timings = new Map<string, number>();
  readonly #built = new Map<Module, Built>();
  /** Modules that must go through the stages. */
  #dirty: ReadonlySet<Module> = new Set();
  #arities: ReadonlyMap<string, number> = new Map();
  #kinds: ReadonlyMap<string, "function" | "value"> = new Map();
  #ruleNames: ReadonlySet<string> = new Set();
  #annotations: AnnotationSet | undefined;
  #diagnostics: Diagnostic[] = [];
  readonly #counter: NameCounter = { next: 0 };

  constructor(modules: readonly Module[], options: CompileOptions, previous: CompileState | undefined) {
    this.#modules = modules;
    this.#options = options;
    this.#previous = previous !== undefined && previous.options === options ? previous : undefined;
  }

  compile(): CompileResult {
    const compiled = this.#stages();
    const limit = this.#options.maxErrors ?? defaultMaxErrors;
    const all = this.#diagnostics;
    const isLimited = limit > 0 && all.length > limit;
    const shown = (isLimited ? all.slice(0, limit) : all).map((each) => withHint(each, this.#modules));
    const diagnostics = isLimited ? [...shown, compileFault(undefined, "error limit reached")] : shown;
    return { compiled, diagnostics, timings: this.#timings };
  }

  #stages(): Compiled | undefined {
    this.#begin();
    if (!this.#run(nameStages, "named")) return undefined;
    this.#timed("SetRuleTree", () => {
      const named = [...this.#built.values()].flatMap((each) => each.named);
      this.#arities = aritiesOf(named);
      this.#kinds = ruleKindsOf(named);
      this.#ruleNames = new Set(named.map(ruleName));
    });
    this.#invalidate();
    this.#timed("SetAnnotationSet", () => {
      this.#annotations = undefined;
    });
    if (!this.#run(rewriteStages, "rules")) return undefined;
    this.#timed("CheckRuleConflicts", () => this.#checkConflicts());
    if (this.#failed() || !this.#run(safetyStages, "rules")) return undefined;
    return this.#finish();
  }

  #finish(): Compiled | undefined {
    const root = buildTree([...this.#built.values()]);
    const graph = this.#timed("SetGraph", () => buildGraph(root, dataRefs));
    this.#timed("CheckRecursion", () => checkRecursion(graph, (each) => this.#diagnostics.push(each)));
    if (this.#failed()) return undefined;
    const types = this.#timed("CheckTypes", () =>
      checkTypes({
        units: [...this.#built.values()],
        graph,
        options: this.#options,
        modules: this.#modules,
        builtin: (name) => this.#builtin(name),
        report: (each) => this.#diagnostics.push(each),
        previous: this.#previous?.types,
      }),
    );
    if (this.#failed() || !this.#run(builtinStages, "rules")) return undefined;
    const written = new Map([...this.#built.values()].map(({ module, names }) => [module, names.written]));
    const builtin = this.#options.builtins ?? findSignature;
    const compiled: Compiled = { modules: this.#modules, root, arities: this.#arities, builtin, written };
    keepState(compiled, { options: this.#options, built: this.#built, types });
    return compiled;
  }

  /** Takes over what the previous result has of the same modules, where the package's names are the same too. */
  #begin(): void {
    const exports = exportsOf(this.#modules);
    const dirty = new Set<Module>();
    for (const module of this.#modules) {
      const names = exports.get(packageKey(module)) ?? new Set<string>();
      const text = [...names].sort().join();
      const earlier = this.#previous?.built.get(module);
      if (earlier !== undefined && earlier.exports === text) {
        this.#built.set(module, earlier);
        continue;
      }
      this.#built.set(module, createBuilt(module, names, text, this.#counter));
      dirty.add(module);
    }
    this.#dirty = dirty;
  }

  /** Modules that were told something else last time go through the later stages again. */
  #invalidate(): void {
    // Made anew, so that faults are found in the order of modules.
    const dirty = new Set<Module>();
    for (const [module, built] of this.#built) {
      const isNew = this.#dirty.has(module);
      const isSame = [...built.asked].every(([question, answer]) => this.#answer(question) === answer);
      if (!isNew && isSame && !built.usesMetadata) continue;
      dirty.add(module);
      if (!isNew) this.#built.set(module, { ...built, asked: new Map() });
    }
    this.#dirty = dirty;
  }

  #answer(question: string): string {
    const at = question.indexOf(" ");
    const name = question.slice(at + 1);
    return String(question.startsWith("arity ") ? this.#arity(name) : this.#kinds.get(name));
  }

  /** Runs stages over the modules that need it; false when any found a fault. */
  #run(stages: readonly ModuleStage[], result: "named" | "rules"): boolean {
    for (const stage of stages) {
      this.#timed(stage.name, () => {
        for (const module of this.#dirty) {
          const built = this.#built.get(module) as Built;
          const { names, globals } = built;
          const rules = result === "named" ? built.named : built.rules;
          const made = stage.run({ module, names, globals, rules }, this.#context(built));
          if (result === "named") built.named = made;
          built.rules = made;
        }
      });
      if (this.#failed()) return false;
    }
    return true;
  }

  #context(built: Built): StageContext {
    const ask = <T>(question: string, answer: T): T => {
      built.asked.set(question, String(answer));
      return answer;
    };
    return {
      options: this.#options,
      report: (diagnostic) => this.#diagnostics.push(diagnostic),
      builtin: (name) => this.#builtin(name),
      arity: (operator) => {
        const name = functionName(operator);
        const user = operator.terms.length > 1 && isRuleName(name);
        return user ? ask(`arity ${name}`, this.#arity(name)) : this.#builtin(nameOfRef(operator) ?? "")?.args.length;
      },
      ruleKind: (path) => ask(`kind ${path.join("\0")}`, ruleKindAt(this.#kinds, path)),
      metadataChain: (rule, module) => {
        built.usesMetadata = true;
        this.#annotations ??= new AnnotationSet(this.#modules);
        return this.#annotations.chain(rule, module);
      },
    };
  }

  /** A rule that is no function can be called without arguments. */
  #arity(name: string): number | undefined {
    return this.#arities.get(name) ?? (this.#ruleNames.has(name) ? 0 : undefined);
  }

  #builtin(name: string): BuiltinSignature | undefined {
    return (this.#options.builtins ?? findSignature)(name);
  }

  #checkConflicts(): void {
    const placed = [...this.#built.values()].flatMap(({ module, named, names }) =>
      named.map((rule) => ({ rule, module, original: (name: string) => names.original(name) })),
    );
    checkRuleConflicts(placed, this.#options, (diagnostic) => this.#diagnostics.push(diagnostic));
  }

  #failed(): boolean {
    return this.#diagnostics.length > 0;
  }

  #timed<T>(name: string, run: () => T): T {
    const { clock } = this.#options;
    if (clock === undefined) return run();
    const start = clock();
    const result = run();
    this.#timings.set(name, (this.#timings.get(name) ?? 0) + clock() - start);
    return result;
  }
}

function createBuilt(module: Module, exported: Iterable<string>, exports: string, counter: NameCounter): Built {
  return {
    module,
    names: LocalNames.forModule(module, counter),
    globals: globalsOf(module, exported),
    exports,
    named: module.rules,
    rules: module.rules,
    asked: new Map(),
    usesMetadata: false,
  };
}
