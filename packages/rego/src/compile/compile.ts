import { type BuiltinSignature, findSignature } from "../builtins/capabilities.ts";
import type { Module, Rule } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";
import { AnnotationSet } from "./annotation-set.ts";
import { ChangedModules, hasUniqueFiles } from "./changed-modules.ts";
import { type Compiled, findNode } from "./compiled.ts";
import { withHint } from "./hints.ts";
import { builtinStages, nameStages, rewriteStages, safetyStages } from "./module-stages.ts";
import { isRuleName } from "./names.ts";
import { ruleChain } from "./parts.ts";
import { allRules, checkRecursion, components, lazyGraph } from "./recursion.ts";
import { once } from "./remembered.ts";
import { checkRuleConflicts, liesOnBaseData } from "./rule-conflicts.ts";
import { firstArity, type RuleNames } from "./rule-names.ts";
import { changeTree, compareFiles } from "./rule-tree.ts";
import { type CompileOptions, compileFault, type ModuleStage, type StageContext } from "./stage.ts";
import { type Built, type CompileState, emptyState, keepState, stateOf } from "./state.ts";
import { functionName } from "./text.ts";
import { checkTypes, type RuleTypes, type TypeCheck } from "./types/check-rules.ts";
import { recheckTypes } from "./types/recheck.ts";

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
 */
export function compileModules(modules: readonly Module[], options: CompileOptions = {}): CompileResult {
  return new ModuleCompiler(modules.toSorted(compareFiles), [], emptyState(options)).compile();
}

/**
 * Compiles an earlier result's modules with some more, in the place of those with the same files, and without those of other files. The
 * answer is that of compiling all of them, and only what depends on the change is compiled again; the earlier result stays as it is.
 */
export function recompileModules(
  previous: Compiled,
  added: readonly Module[],
  removed: readonly string[],
): CompileResult {
  const state = stateOf(previous) as CompileState;
  const files = new Set([...removed, ...added.map(({ file }) => file)]);
  const whole = () =>
    compileModules([...previous.modules.filter(({ file }) => !files.has(file)), ...added], state.options);
  const sorted = added.toSorted(compareFiles);
  if (!state.hasUniqueFiles || !hasUniqueFiles(sorted)) return whole();
  const result = new ModuleCompiler(sorted, [...files], state).compile();
  // Generated names count the modules that are compiled, and some messages show them.
  const showsNames = result.diagnostics.some((each) =>
    generatedName.test(JSON.stringify([each.message, each.details])),
  );
  return showsNames ? whole() : result;
}

const generatedName = /__local\d+__/;

class ModuleCompiler {
  readonly #options: CompileOptions;
  readonly #previous: CompileState;
  readonly #changed: ChangedModules;
  readonly #timings = new Map<string, number>();
  readonly #diagnostics: Diagnostic[] = [];
  readonly #contexts = new Map<Built, StageContext>();
  #names: RuleNames;

  /** From a state without some files, and with modules in their order, whose files are none that are left. */
  constructor(added: readonly Module[], removed: readonly string[], previous: CompileState) {
    this.#options = previous.options;
    this.#changed = new ChangedModules(added, removed, previous);
    this.#previous = previous;
    this.#names = previous.names;
  }

  compile(): CompileResult {
    const compiled = this.#stages();
    const limit = this.#options.maxErrors ?? defaultMaxErrors;
    const all = this.#diagnostics;
    const isLimited = limit > 0 && all.length >= limit;
    const shown = (isLimited ? all.slice(0, limit) : all).map((each) => withHint(each, this.#changed.modules));
    const diagnostics = isLimited ? [...shown, compileFault(undefined, "error limit reached")] : shown;
    return { compiled, diagnostics, timings: this.#timings };
  }

  #stages(): Compiled | undefined {
    if (!this.#run(nameStages, "named")) return undefined;
    this.#timed("SetRuleTree", () => this.#nameRules());
    this.#timed("SetAnnotationSet", () => this.#setAnnotations());
    if (this.#failed() || !this.#run(rewriteStages, "rules")) return undefined;
    this.#timed("CheckRuleConflicts", () => this.#checkConflicts());
    if (this.#failed() || !this.#run(safetyStages, "rules")) return undefined;
    return this.#finish();
  }

  readonly #places = once(() => {
    const { gone, fresh, edit } = this.#changed;
    let places = this.#previous.places();
    for (const { module, named } of gone) places = places.without(module, named, edit);
    for (const { module, named } of fresh) places = places.with(module, named, edit);
    return places;
  });

  readonly #annotations = once(() => new AnnotationSet(this.#changed.modules));

  #nameRules(): void {
    const { gone, fresh, edit } = this.#changed;
    for (const { named } of gone) this.#names = this.#names.without(named, edit);
    for (const { named } of fresh) this.#names = this.#names.with(named, edit);
  }

  #setAnnotations(): void {
    this.#invalidate();
    this.#diagnostics.push(...this.#annotations().faults);
  }

  /** Modules that were told something else last time go through all stages again; their names and heads stay as they are. */
  #invalidate(): void {
    const { names } = this.#previous;
    const told = this.#changed.invalidate((question) => answer(names, question) !== answer(this.#names, question));
    for (const built of told) for (const stage of nameStages) this.#runOver(built, stage, "named");
  }

  #finish(): Compiled | undefined {
    const { gone, fresh, edit } = this.#changed;
    const root = changeTree(this.#previous.root, { removed: gone, added: fresh }, edit);
    const needed = this.#timed("SetGraph", () => lazyGraph(root));
    const inOrder = once(() => components(allRules(root), needed));
    this.#timed("CheckRecursion", () => this.#checkRecursion(inOrder, needed));
    if (this.#failed()) return undefined;
    // Nothing asks before there is a change to this result.
    const readers = once(() => this.#changed.readers());
    const ordered = once(() => this.#changed.ordered());
    const places = this.#places;
    const check = { options: this.#options, modules: this.#changed.modules, needed, edit };
    const builtin = (name: string) => this.#builtin(name);
    const types = this.#timed("CheckTypes", () =>
      this.#checkTypes({ root, readers, ordered }, inOrder, { ...check, builtin }),
    );
    if (this.#failed() || !this.#run(builtinStages, "rules")) return undefined;
    return this.#compiled({ root, readers, ordered, places, types });
  }

  /** A circle that was not there before goes through a rule that is new. What circles there are is told in the order of all rules. */
  #checkRecursion(inOrder: () => readonly (readonly Rule[])[], needed: TypeCheck["needed"]): void {
    if (this.#previous.types !== undefined) {
      let isFound = false;
      const fresh = this.#changed.fresh.flatMap(({ rules }) => rules.flatMap((rule) => [...ruleChain(rule)]));
      checkRecursion(components(fresh, needed), needed, () => {
        isFound = true;
      });
      if (!isFound) return;
    }
    checkRecursion(inOrder(), needed, (each) => this.#diagnostics.push(each));
  }

  #checkTypes(
    made: Pick<CompileState, "root" | "readers" | "ordered">,
    inOrder: () => readonly (readonly Rule[])[],
    check: TypeCheck,
  ): RuleTypes {
    const { root, readers, ordered } = made;
    const { gone, fresh } = this.#changed;
    const { types } = this.#previous;
    const kept = (file: string) => this.#changed.kept(file);
    const isOrdered = () =>
      [...ordered().entries()].some(([, places]) => places.some((path) => findNode(root, path)?.hasRules));
    const rechecked =
      types === undefined || isOrdered()
        ? undefined
        : recheckTypes({ ...check, previous: types, gone, fresh, readers: readers(), kept });
    const checked = rechecked ?? checkTypes(this.#changed.all(), inOrder(), check);
    this.#diagnostics.push(...checked.diagnostics);
    this.#changed.addTypes(rechecked === undefined ? this.#changed.all() : rechecked.units, checked.contributions);
    return checked.types;
  }

  #compiled(made: Pick<CompileState, "root" | "readers" | "ordered" | "places" | "types">): Compiled {
    const names = this.#names;
    const state: CompileState = {
      options: this.#options,
      ...made,
      ...this.#changed.files(),
      packages: this.#changed.packages,
      names,
    };
    const compiled: Compiled = {
      modules: this.#changed.modules,
      root: made.root,
      arities: { get: (name) => names.functionArity(name) },
      builtin: this.#options.builtins ?? findSignature,
      written: { get: (module) => writtenIn(state, module) },
    };
    keepState(compiled, state);
    return compiled;
  }

  /** Runs stages over the modules that need it; false when any found a fault. */
  #run(stages: readonly ModuleStage[], result: "named" | "rules"): boolean {
    const { fresh } = this.#changed;
    for (const stage of stages) {
      if (this.#options.skippedStages?.includes(stage.name) === true) continue;
      this.#timed(stage.name, () => {
        for (const built of fresh) this.#runOver(built, stage, result);
      });
      if (this.#failed()) return false;
    }
    return true;
  }

  #runOver(built: Built, stage: ModuleStage, result: "named" | "rules"): void {
    const { module, names, globals } = built;
    const rules = result === "named" ? built.named : built.rules;
    const made = stage.run({ module, names, globals, rules }, this.#context(built));
    if (result === "named") built.named = made;
    built.rules = made;
  }

  #context(built: Built): StageContext {
    const known = this.#contexts.get(built) ?? this.#createContext(built);
    this.#contexts.set(built, known);
    return known;
  }

  #createContext(built: Built): StageContext {
    const ask = (question: string) => void built.asked.add(question);
    return {
      options: this.#options,
      report: (diagnostic) => this.#diagnostics.push(diagnostic),
      builtin: (name) => this.#builtin(name),
      arity: (operator) => {
        const name = functionName(operator);
        if (operator.terms.length < 2 || !isRuleName(name)) return this.#builtin(name)?.args.length;
        ask(`arity ${name}`);
        return this.#arity(name);
      },
      ruleKind: (path) => {
        const key = path.join("\0");
        ask(`kind ${key}`);
        return this.#names.kind(key);
      },
      isAlwaysDefined: (path) => {
        const key = path.join("\0");
        ask(`defined ${key}`);
        return this.#names.isAlwaysDefined(key);
      },
      metadataChain: (rule, module) => {
        built.usesMetadata = true;
        return this.#annotations().chain(rule, module);
      },
    };
  }

  #arity(name: string): number | undefined {
    const arity = this.#names.arity(name);
    if (arity !== "several") return arity;
    return firstArity(
      this.#changed.all().flatMap(({ named }) => named),
      name,
    );
  }

  #builtin(name: string): BuiltinSignature | undefined {
    return (this.#options.builtins ?? findSignature)(name);
  }

  /** Of a change, counts tell whether there is a conflict; where all is new, one look at all rules costs less than these. */
  #checkConflicts(): void {
    const { fresh } = this.#changed;
    const isOnData = fresh.some(({ named }) => named.some((rule) => liesOnBaseData(rule, this.#options)));
    if (this.#previous.built.length > 0 && !this.#places().haveConflicts && !isOnData) return;
    const placed = this.#changed
      .all()
      .flatMap(({ module, named, names }) =>
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

function answer(names: RuleNames, question: string): unknown {
  const at = question.indexOf(" ");
  const name = question.slice(at + 1);
  switch (question.slice(0, at)) {
    case "arity":
      return names.arity(name);
    case "kind":
      return names.kind(name);
    default:
      return names.isAlwaysDefined(name);
  }
}

function writtenIn({ byFile, built }: CompileState, module: Module): ReadonlyMap<string, string> | undefined {
  const found = byFile.get(module.file);
  // Modules without a name may be several.
  return (found?.module === module ? found : built.find((each) => each.module === module))?.names.written;
}
