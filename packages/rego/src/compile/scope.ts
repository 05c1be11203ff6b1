import type { Location, Term } from "../syntax/ast.ts";
import type { Diagnostic } from "../syntax/diagnostic.ts";

/** Makes the compiler's own variable names, `__local0__`, `__local1__`, …, as OPA names them. */
export class LocalNames {
  #next = 0;
  /** Generated name to the author's, for messages and for the bindings of a query. */
  readonly written = new Map<string, string>();

  create(written?: string): string {
    const name = `__local${this.#next++}__`;
    if (written !== undefined) this.written.set(name, written);
    return name;
  }

  /** What the author wrote for this name. */
  original(name: string): string {
    return this.written.get(name) ?? name;
  }
}

interface Declared {
  readonly local: string;
  readonly how: "some" | "assigned" | "argument";
  readonly loc: Location;
  used: boolean;
}

/** The variables that one body declares, inside those of the bodies around it. */
export class Scope {
  readonly #parent: Scope | undefined;
  readonly #names: LocalNames;
  readonly #report: (diagnostic: Diagnostic) => void;
  readonly #declared = new Map<string, Declared>();
  /** Names that were read before any declaration of them. */
  readonly #seen = new Set<string>();

  constructor(names: LocalNames, report: (diagnostic: Diagnostic) => void, parent?: Scope) {
    this.#names = names;
    this.#report = report;
    this.#parent = parent;
  }

  child(): Scope {
    return new Scope(this.#names, this.#report, this);
  }

  /** The local name of a variable that is declared here or around, and undefined for all others. */
  find(name: string): string | undefined {
    const declared = this.#declared.get(name);
    if (declared !== undefined) {
      declared.used = true;
      return declared.local;
    }
    this.#seen.add(name);
    return this.#parent?.find(name);
  }

  declare(name: string, how: Declared["how"], loc: Location): string {
    const earlier = this.#declared.get(name);
    if (earlier !== undefined && (how !== "argument" || earlier.how !== "argument")) {
      this.error(
        loc,
        `var ${name} ${earlier.how === "some" ? "declared" : earlier.how === "assigned" ? "assigned" : "declared"} above`,
      );
      return earlier.local;
    }
    if (earlier !== undefined) return earlier.local;
    if (this.#seen.has(name) && how !== "argument") this.error(loc, `var ${name} referenced above`);
    const local = this.#names.create(name);
    this.#declared.set(name, { local, how, loc, used: false });
    return local;
  }

  /** `some x` without any use of x is a mistake of the author; so is an unused assignment in strict mode. */
  close(strict: boolean): void {
    for (const [name, { how, loc, used }] of this.#declared) {
      if (used || how === "argument") continue;
      if (how === "some") this.error(loc, `declared var ${name} unused`);
      else if (strict) this.error(loc, `assigned var ${name} unused`);
    }
  }

  error(loc: Location, message: string): void {
    this.#report({ code: "rego_compile_error", message, loc });
  }

  variable(term: Term & { kind: "var" }, local: string): Term {
    return { kind: "var", loc: term.loc, name: local };
  }
}
