import type { LocalNames } from "./local-names.ts";

export type Occurrence = "seen" | "argument" | "assigned" | "declared";

interface Declaration {
  readonly local: string;
  readonly occurrence: Occurrence;
  /** How often it stands in the text, the declaration included. */
  count: number;
}

/** The variables that the bodies around a place declare or mention, innermost last. */
export class DeclaredVars {
  readonly #scopes: Map<string, Declaration>[] = [new Map()];
  readonly #names: LocalNames;
  /** In strict mode only bodies with an assignment are searched for unused ones. */
  hasAssignment = false;

  constructor(names: LocalNames) {
    this.#names = names;
  }

  /** A stack that begins with the same outermost declarations: args are shared by else branches, not what these declare. */
  copy(): DeclaredVars {
    const copy = new DeclaredVars(this.#names);
    for (const [name, declaration] of this.#scopes[0] ?? []) copy.#scopes[0]?.set(name, { ...declaration });
    return copy;
  }

  push(): void {
    this.#scopes.push(new Map());
  }

  pop(): void {
    this.#scopes.pop();
  }

  /** The local name, or undefined when nothing around declares the variable. Mentioned ones stand for themselves. */
  find(name: string): string | undefined {
    return this.#declaration(name)?.local;
  }

  /** As `find`, and counts a use. */
  use(name: string): string | undefined {
    const declaration = this.#declaration(name);
    if (declaration === undefined) return undefined;
    declaration.count++;
    return declaration.local;
  }

  /** How the innermost body knows the name. */
  occurrence(name: string): Occurrence | undefined {
    return this.#scopes.at(-1)?.get(name)?.occurrence;
  }

  /** How the innermost body that knows the name knows it. */
  anyOccurrence(name: string): Occurrence | undefined {
    return this.#declaration(name)?.occurrence;
  }

  /** A new local for the name in the innermost body. */
  declare(name: string, occurrence: Occurrence): string {
    const local = this.#names.create(name);
    this.#scopes.at(-1)?.set(name, { local, occurrence, count: 1 });
    return local;
  }

  mention(name: string): void {
    this.#scopes.at(-1)?.set(name, { local: name, occurrence: "seen", count: 1 });
  }

  count(name: string): number {
    return this.#declaration(name)?.count ?? 0;
  }

  /** What the innermost body declares in this way: name and local. */
  *own(occurrence: Occurrence): Iterable<{ readonly name: string; readonly local: string; readonly count: number }> {
    for (const [name, each] of this.#scopes.at(-1) ?? [])
      if (each.occurrence === occurrence) yield { name, local: each.local, count: each.count };
  }

  #declaration(name: string): Declaration | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const declaration = this.#scopes[i]?.get(name);
      if (declaration !== undefined) return declaration;
    }
    return undefined;
  }
}
