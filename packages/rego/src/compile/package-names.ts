import type { Module } from "../syntax/ast.ts";
import { packageKey } from "./globals.ts";
import { type Edit, PersistentMap } from "./persistent-map.ts";
import { remembered } from "./remembered.ts";

/** What the modules of one package have together. */
interface Package {
  /** How many modules have rules of a name. */
  readonly names: PersistentMap<number>;
  /** By file. */
  readonly modules: PersistentMap<Module>;
}

const none: Package = { names: new PersistentMap(), modules: new PersistentMap() };

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
    const exported = this.#packages.get(packageKey(module))?.names;
    return exported === undefined ? [] : [...mentionedNames(module)].filter((name) => exported.get(name) !== undefined);
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
    let { names, modules } = this.#packages.get(key) ?? none;
    for (const name of exportedNames(module)) names = names.with(name, (names.get(name) ?? 0) + by || undefined, edit);
    modules = modules.with(module.file, inside, edit);
    return new PackageNames(this.#packages.with(key, modules.isEmpty ? undefined : { names, modules }, edit));
  }
}

/** The names of a module's rules. */
const exportedNames = remembered((module: Module): ReadonlySet<string> => {
  const heads = module.rules.map(({ head }) => head.ref.terms[0]);
  return new Set(heads.flatMap((head) => (head?.kind === "var" ? [head.name] : [])));
});

/** Every name that stands in a module as a variable does. */
const mentionedNames = remembered((module: Module): ReadonlySet<string> => {
  const names = new Set<string>();
  collectNames(module.rules, names);
  return names;
});

/** Whatever the syntax: a name too many does no harm. */
function collectNames(node: unknown, into: Set<string>): void {
  if (Array.isArray(node)) {
    for (const each of node) collectNames(each, into);
  } else if (typeof node === "object" && node !== null) {
    const { kind, name } = node as { readonly kind?: unknown; readonly name?: unknown };
    if (kind === "var" && typeof name === "string") into.add(name);
    else for (const [field, each] of Object.entries(node)) if (field !== "loc") collectNames(each, into);
  }
}
