import type { Module, Rule } from "../syntax/ast.ts";
import { globalsOf, packageKey } from "./globals.ts";
import { LocalNames, type NameCounter } from "./local-names.ts";
import type { PackageNames } from "./package-names.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import type { Readers } from "./readers.ts";
import { compareFiles, namesOf } from "./rule-tree.ts";
import { type Built, type CompileState, emptyState } from "./state.ts";
import type { Contribution, TypedUnit } from "./types/check-rules.ts";
import { ruleChain } from "./walk.ts";

/**
 * Which modules must go through the stages, against an earlier state: those that are new, those in whose package a name that they mention
 * has come or gone, and those that were told something about other modules that is not so any more.
 */
export class ChangedModules {
  readonly edit: Edit = {};
  /** What all else is taken over from: nothing where two modules have one name. */
  readonly previous: CompileState;
  readonly packages: PackageNames;
  readonly #modules: readonly Module[];
  /** Types that were found anew. */
  readonly #typed = new Map<Module, Built>();
  readonly #counter: NameCounter = { next: 0 };
  readonly #gone = new Map<Module, Built>();
  readonly #fresh = new Map<Module, Built>();
  /** In the order of modules, where they are the same; else undefined. */
  readonly #kept: (Built | undefined)[];

  constructor(modules: readonly Module[], previous: CompileState) {
    this.#modules = modules;
    this.previous =
      hasUniqueFiles(modules) && hasUniqueFiles(previous.built.map(({ module }) => module))
        ? previous
        : emptyState(previous.options);
    this.#kept = this.#compare();
    const added = modules.filter((_, i) => this.#kept[i] === undefined);
    const removed = [...this.#gone.keys()];
    this.packages = this.#changePackages(removed, added);
    for (const module of [...removed, ...added]) this.#renew(this.packages.affected(module, this.previous.packages));
    for (const module of added) this.#fresh.set(module, this.#create(module));
  }

  /** What was made of modules that are no more, or go through the stages again. */
  get gone(): readonly Built[] {
    return [...this.#gone.values()];
  }

  /** The modules that go through the stages, in their order. */
  get fresh(): readonly Built[] {
    return [...this.#fresh.values()].sort((a, b) => compareFiles(a.module, b.module));
  }

  /** All modules, in their order. */
  all(): readonly Built[] {
    return this.#modules.map(
      (module, i) => this.#typed.get(module) ?? this.#fresh.get(module) ?? (this.#kept[i] as Built),
    );
  }

  /** What the rules of some modules add to the types; of rules that were not looked at it is what it was. */
  addTypes(units: readonly TypedUnit[], found: ReadonlyMap<Rule, Contribution>): void {
    for (const { module, rules } of units) {
      const built = this.#fresh.get(module) ?? (this.kept(module.file) as Built);
      const chains = rules.flatMap((rule) => [...ruleChain(rule)]);
      const given = (rule: Rule) => found.get(rule) ?? (built.contributions.get(rule) as Contribution);
      this.#typed.set(module, { ...built, contributions: new Map(chains.map((rule) => [rule, given(rule)])) });
    }
  }

  /** What is taken over of a file. */
  kept(file: string): Built | undefined {
    const built = this.previous.byFile.get(file);
    return built === undefined || this.#gone.has(built.module) ? undefined : built;
  }

  /** Takes up the modules that would get another answer to a question, or to what annotations lie around them; these are returned. */
  invalidate(hasOtherAnswer: (question: string) => boolean): readonly Built[] {
    const before = new Set(this.#fresh.keys());
    const told = new Set<string>(this.#metadataUsers());
    for (const question of this.#questions())
      if (hasOtherAnswer(question)) for (const file of this.previous.askers.get(question)?.keys() ?? []) told.add(file);
    this.#renew([...told].flatMap((file) => this.kept(file)?.module ?? []));
    return this.fresh.filter(({ module }) => !before.has(module));
  }

  /** Who reads what now. */
  readers(): Readers {
    let { readers } = this.previous;
    for (const { module, rules } of this.#gone.values()) readers = readers.without(module.file, rules, this.edit);
    for (const { module, rules } of this.#fresh.values()) readers = readers.with(module.file, rules, this.edit);
    return readers;
  }

  /** The files of the modules that there are, and those that have asked questions. */
  files(): Pick<CompileState, "built" | "byFile" | "askers" | "metadataUsers"> {
    let { byFile, askers, metadataUsers } = this.previous;
    const { edit } = this;
    const built = this.all();
    for (const {
      module: { file },
      asked,
    } of this.#gone.values()) {
      byFile = byFile.with(file, undefined, edit);
      metadataUsers = metadataUsers.with(file, undefined, edit);
      for (const question of asked) askers = changeAskers(askers, question, file, undefined, edit);
    }
    for (const each of this.#fresh.values()) {
      const {
        module: { file },
        asked,
        usesMetadata,
      } = each;
      if (usesMetadata) metadataUsers = metadataUsers.with(file, true, edit);
      for (const question of asked) askers = changeAskers(askers, question, file, true, edit);
    }
    for (const [i, each] of built.entries())
      if (each !== this.#kept[i]) byFile = byFile.with(each.module.file, each, edit);
    return { built, byFile, askers, metadataUsers };
  }

  /** Both lists are in the order of files: modules that are the same object are kept. */
  #compare(): (Built | undefined)[] {
    const { built } = this.previous;
    let at = 0;
    const kept = this.#modules.map((module) => {
      for (; at < built.length && compareFiles((built[at] as Built).module, module) < 0; at++) this.#lose(built[at]);
      const earlier = built[at];
      if (earlier === undefined || earlier.module.file !== module.file) return undefined;
      at++;
      if (earlier.module === module) return earlier;
      this.#lose(earlier);
      return undefined;
    });
    for (; at < built.length; at++) this.#lose(built[at]);
    return kept;
  }

  #lose(built: Built | undefined): void {
    if (built !== undefined) this.#gone.set(built.module, built);
  }

  #changePackages(removed: readonly Module[], added: readonly Module[]): PackageNames {
    let { packages } = this.previous;
    for (const module of removed) packages = packages.without(module, this.edit);
    for (const module of added) packages = packages.with(module, this.edit);
    return packages;
  }

  /** Modules that are kept so far go through the stages again. */
  #renew(modules: Iterable<Module>): void {
    for (const module of modules) {
      const built = this.kept(module.file);
      if (built?.module !== module) continue;
      this.#lose(built);
      this.#fresh.set(module, this.#create(module));
    }
  }

  #create(module: Module): Built {
    return {
      module,
      names: LocalNames.forModule(module, this.#counter),
      globals: globalsOf(module, this.packages.namesFor(module)),
      named: module.rules,
      rules: module.rules,
      asked: new Set(),
      usesMetadata: false,
      contributions: new Map(),
    };
  }

  /** What can be asked about the rules that have come or gone. */
  #questions(): ReadonlySet<string> {
    const rules = [...this.#gone.values(), ...this.#fresh.values()].flatMap(({ named }) => named);
    return new Set(rules.map(namesOf).flatMap(({ name, key }) => [`arity ${name}`, `kind ${key}`]));
  }

  /** The files around whose rules annotations have come or gone. */
  #metadataUsers(): readonly string[] {
    const { metadataUsers } = this.previous;
    if (metadataUsers.isEmpty) return [];
    const changed = [...this.#gone.keys(), ...this.#fresh.keys()].filter(hasAnnotationsForOthers).map(packageKey);
    return [...metadataUsers.keys()].filter((file) => {
      const module = this.kept(file)?.module;
      return module !== undefined && changed.some((key) => `${packageKey(module)}\0`.startsWith(`${key}\0`));
    });
  }
}

/** Of modules in their order. */
function hasUniqueFiles(modules: readonly Module[]): boolean {
  return modules.every(({ file }, i) => file !== modules[i + 1]?.file);
}

function hasAnnotationsForOthers({ annotations, rules }: Module): boolean {
  const isForOthers = ({ scope }: Module["annotations"][number]) => scope !== "rule";
  return annotations.some(isForOthers) || rules.some((rule: Rule) => rule.annotations.some(isForOthers));
}

function changeAskers(
  askers: CompileState["askers"],
  question: string,
  file: string,
  value: true | undefined,
  edit: Edit,
): CompileState["askers"] {
  const files = (askers.get(question) ?? new PersistentMap<true>()).with(file, value, edit);
  return askers.with(question, files.isEmpty ? undefined : files, edit);
}
