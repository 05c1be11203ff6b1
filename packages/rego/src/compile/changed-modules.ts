import type { Module, Rule } from "../syntax/ast.ts";
import { globalsOf, packageKey } from "./globals.ts";
import { LocalNames, type NameCounter } from "./local-names.ts";
import type { PackageNames } from "./package-names.ts";
import { ruleChain } from "./parts.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import type { Readers } from "./readers.ts";
import { compareFiles, namesOf } from "./rule-tree.ts";
import type { Built, CompileState } from "./state.ts";
import type { Contribution, TypedUnit } from "./types/check-rules.ts";
import { orderedPlaces } from "./types/recheck.ts";

/**
 * Which modules must go through the stages, against an earlier state: those that are new, those in whose package a name that they mention
 * has come or gone, and those that were told something about other modules that is not so any more.
 */
export class ChangedModules {
  readonly edit: Edit = {};
  readonly packages: PackageNames;
  /** All that there are, in their order. */
  readonly modules: readonly Module[];
  readonly #previous: CompileState;
  readonly #gone = new Map<Module, Built>();
  readonly #fresh = new Map<Module, Built>();
  /** Types that were found anew. */
  readonly #typed: Built[] = [];
  readonly #counter: NameCounter = { next: 0 };
  /** In the order of modules. */
  readonly #built: Built[];

  /** `added` in the order of modules, each in the place of that of its file, which is among those removed. */
  constructor(added: readonly Module[], removed: readonly string[], previous: CompileState) {
    this.#previous = previous;
    for (const built of removed.flatMap((file) => previous.byFile.get(file) ?? [])) this.#gone.set(built.module, built);
    const lost = [...this.#gone.keys()];
    this.packages = this.#changePackages(lost, added);
    if (previous.built.length > 0)
      for (const module of [...lost, ...added]) this.#renew(this.packages.affected(module, previous.packages));
    for (const module of added) this.#fresh.set(module, this.#create(module));
    this.#built = this.#place(lost, added);
    this.modules = this.#built.map(({ module }) => module);
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
    return this.#built;
  }

  /** What the rules of some modules add to the types; of rules that were not looked at it is what it was. */
  addTypes(units: readonly TypedUnit[], found: ReadonlyMap<Rule, Contribution>): void {
    for (const { module, rules } of units) {
      const built = this.#fresh.get(module) ?? (this.kept(module.file) as Built);
      const chains = rules.flatMap((rule) => [...ruleChain(rule)]);
      const given = (rule: Rule) => found.get(rule) ?? (built.contributions.get(rule) as Contribution);
      const typed = { ...built, contributions: new Map(chains.map((rule) => [rule, given(rule)])) };
      this.#typed.push(typed);
      this.#built[indexOf(this.#built, module)] = typed;
    }
  }

  /** What is taken over of a file. */
  kept(file: string): Built | undefined {
    const built = this.#previous.byFile.get(file);
    return built === undefined || this.#gone.has(built.module) ? undefined : built;
  }

  /** Takes up the modules that would get another answer to a question, or to what annotations lie around them; these are returned. */
  invalidate(hasOtherAnswer: (question: string) => boolean): readonly Built[] {
    const before = new Set(this.#fresh.keys());
    const told = new Set<string>(this.#metadataUsers());
    for (const question of this.#questions())
      if (hasOtherAnswer(question))
        for (const file of this.#previous.askers.get(question)?.keys() ?? []) told.add(file);
    this.#renew([...told].flatMap((file) => this.kept(file)?.module ?? []));
    const renewed = this.fresh.filter(({ module }) => !before.has(module));
    for (const each of renewed) this.#built[indexOf(this.#built, each.module)] = each;
    return renewed;
  }

  /** Who reads what now. */
  readers(): Readers {
    let readers = this.#previous.readers();
    for (const { module, rules } of this.#gone.values()) readers = readers.without(module.file, rules, this.edit);
    for (const { module, rules } of this.#fresh.values()) readers = readers.with(module.file, rules, this.edit);
    return readers;
  }

  /** Where the order of rules matters to their types now. */
  ordered(): ReturnType<CompileState["ordered"]> {
    let ordered = this.#previous.ordered();
    for (const { module } of this.#gone.values()) ordered = ordered.with(module.file, undefined, this.edit);
    for (const { module, rules } of this.#fresh.values()) {
      const places = orderedPlaces(rules);
      if (places.length > 0) ordered = ordered.with(module.file, places, this.edit);
    }
    return ordered;
  }

  /** The files of the modules that there are, and those that have asked questions. */
  files(): Pick<CompileState, "built" | "byFile" | "askers" | "metadataUsers" | "hasUniqueFiles"> {
    let { byFile, askers, metadataUsers } = this.#previous;
    const { edit } = this;
    for (const { module, asked } of this.#gone.values()) {
      byFile = byFile.with(module.file, undefined, edit);
      metadataUsers = metadataUsers.with(module.file, undefined, edit);
      for (const question of asked) askers = changeAskers(askers, question, module.file, undefined, edit);
    }
    for (const { module, asked, usesMetadata } of this.#fresh.values()) {
      if (usesMetadata) metadataUsers = metadataUsers.with(module.file, true, edit);
      for (const question of asked) askers = changeAskers(askers, question, module.file, true, edit);
    }
    for (const each of this.#typed) byFile = byFile.with(each.module.file, each, edit);
    const isWhole = this.#previous.built.length === 0;
    const isUnique = isWhole ? hasUniqueFiles(this.modules) : this.#previous.hasUniqueFiles;
    return { built: this.#built, byFile, askers, metadataUsers, hasUniqueFiles: isUnique };
  }

  #place(lost: readonly Module[], added: readonly Module[]): Built[] {
    const built = [...this.#previous.built];
    for (const module of lost) built.splice(indexOf(built, module), 1);
    for (const module of added) built.splice(endOf(built, module), 0, this.#fresh.get(module) as Built);
    for (const [module, fresh] of this.#fresh) built[indexOf(built, module)] = fresh;
    return built;
  }

  #changePackages(removed: readonly Module[], added: readonly Module[]): PackageNames {
    let { packages } = this.#previous;
    for (const module of removed) packages = packages.without(module, this.edit);
    for (const module of added) packages = packages.with(module, this.edit);
    return packages;
  }

  /** Modules that are kept so far go through the stages again. */
  #renew(modules: Iterable<Module>): void {
    for (const module of modules) {
      const built = this.kept(module.file);
      if (built?.module !== module) continue;
      this.#gone.set(module, built);
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
    return new Set(rules.map(namesOf).flatMap(({ name, key }) => [`arity ${name}`, `kind ${key}`, `defined ${key}`]));
  }

  /** The files around whose rules annotations have come or gone. */
  #metadataUsers(): readonly string[] {
    const { metadataUsers } = this.#previous;
    if (metadataUsers.isEmpty) return [];
    const changed = [...this.#gone.keys(), ...this.#fresh.keys()].filter(hasAnnotationsForOthers).map(packageKey);
    return [...metadataUsers.keys()].filter((file) => {
      const module = this.kept(file)?.module;
      return module !== undefined && changed.some((key) => `${packageKey(module)}\0`.startsWith(`${key}\0`));
    });
  }
}

/** True for modules in their order of which no two have the same file. */
export function hasUniqueFiles(modules: readonly Module[]): boolean {
  return modules.every(({ file }, i) => file !== modules[i + 1]?.file);
}

/** Behind all modules that come before a module or are at its place. */
function endOf(built: readonly Built[], module: Module): number {
  let [from, to] = [0, built.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compareFiles((built[middle] as Built).module, module) <= 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** The place of a module that is there: of several with one file, some way back. */
function indexOf(built: readonly Built[], module: Module): number {
  let at = endOf(built, module) - 1;
  while (at >= 0 && built[at]?.module !== module) at--;
  return at;
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
