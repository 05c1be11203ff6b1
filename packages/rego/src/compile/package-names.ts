import type { Module, Term } from "../syntax/ast.ts";
import { packageKey } from "./globals.ts";
import { ruleChain } from "./parts.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { remembered } from "./remembered.ts";
import { walkBody, walkTerm, walkTerms } from "./walk.ts";

/** What the modules of one package have together. */
interface Package {
  /** How many modules have rules of a name. */
  readonly names: PersistentMap<number>;
  /** By file. */
  readonly modules: PersistentMap<Module>;
  /** Of modules, also where several have one file. */
  readonly size: number;
}

const none: Package = { names: new PersistentMap(), modules: new PersistentMap(), size: 0 };

/** The rule names of each package, over all its modules. */
export class PackageNames {
  readonly #packages: PersistentMap<Package>;

  constructor(packages: PersistentMap<Package> = new PersistentMap()) {
    this.#packages = packages;
  }

  with(module: Module, edit: Edit): PackageNames {
    return this.#changed(module, module, 1, edit);
  }

  without(module: Module, edit: Edit): PackageNames {
    return this.#changed(module, undefined, -1, edit);
  }

  /** Those names of the module's package that the module mentions: others mean nothing in it. */
  namesFor(module: Module): readonly string[] {
    const whole = this.#packages.get(packageKey(module));
    if (whole === undefined) return [];
    // The only module of a package has its names at hand.
    if (whole.size === 1) return [...exportedNames(module)];
    return [...mentionedNames(module)].filter((name) => whole.names.get(name) !== undefined);
  }

  /** The modules of a module's package that mention a rule name of it that has come or gone since `earlier`. */
  *affected(module: Module, earlier: PackageNames): Iterable<Module> {
    const key = packageKey(module);
    const [now, before] = [this.#packages.get(key), earlier.#packages.get(key)];
    const changed = [...exportedNames(module)].filter(
      (name) => (now?.names.get(name) === undefined) !== (before?.names.get(name) === undefined),
    );
    if (changed.length === 0) return;
    for (const [, other] of now?.modules.entries() ?? [])
      if (changed.some((name) => mentionedNames(other).has(name))) yield other;
  }

  #changed(module: Module, inside: Module | undefined, by: number, edit: Edit): PackageNames {
    const key = packageKey(module);
    let { names, modules, size } = this.#packages.get(key) ?? none;
    for (const name of exportedNames(module)) names = names.with(name, (names.get(name) ?? 0) + by || undefined, edit);
    modules = modules.with(module.file, inside, edit);
    size += by;
    return new PackageNames(this.#packages.with(key, modules.isEmpty ? undefined : { names, modules, size }, edit));
  }
}

/** The names of a module's rules. */
const exportedNames = remembered((module: Module): ReadonlySet<string> => {
  const heads = module.rules.map(({ head }) => head.ref.terms[0]);
  return new Set(heads.flatMap((head) => (head?.kind === "var" ? [head.name] : [])));
});

/** Every name that stands in a module as a variable does; one too many does no harm. */
const mentionedNames = remembered((module: Module): ReadonlySet<string> => {
  const names = new Set<string>();
  const visit = (term: Term): boolean => {
    if (term.kind === "var") names.add(term.name);
    return true;
  };
  for (const rule of module.rules) {
    for (const { head, body } of ruleChain(rule)) {
      walkTerms([head.ref, ...(head.args ?? [])], visit);
      if (head.key !== undefined) walkTerm(head.key, visit);
      if (head.value !== undefined) walkTerm(head.value, visit);
      walkBody(body, visit);
    }
  }
  return names;
});
