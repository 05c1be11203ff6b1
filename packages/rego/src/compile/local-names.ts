import type { Body, Module } from "../syntax/ast.ts";
import { walkBody } from "./walk.ts";

/** The number of the next name. */
export interface NameCounter {
  next: number;
}

/**
 * OPA's stage InitLocalVarGen: makes names that no author has written, `__local0__`, `__local1__`, … for a module and
 * `__localq0__`, … for a query.
 */
export class LocalNames {
  readonly #prefix: string;
  #taken: ReadonlySet<string>;
  readonly #counter: NameCounter;
  /** Generated name to the author's, for messages and for the bindings of a query. */
  readonly written = new Map<string, string>();

  private constructor(prefix: string, taken: ReadonlySet<string>, counter: NameCounter) {
    this.#prefix = prefix;
    this.#taken = taken;
    this.#counter = counter;
  }

  /** With one counter for all modules, as OPA counts: what it prints has these names. */
  static forModule(module: Module, counter: NameCounter = { next: 0 }): LocalNames {
    const used = module.text.includes("__local") ? module.text.match(/__local\d+__/g) : null;
    return new LocalNames("__local", new Set(used ?? []), counter);
  }

  static forQuery(body: Body): LocalNames {
    return new LocalNames("__localq", namesIn(body), { next: 0 });
  }

  /** Counts anew, past the names in the body: OPA does at each stage of a query, and gives names again that are gone. */
  restart(body: Body): void {
    this.#taken = namesIn(body);
    this.#counter.next = 0;
  }

  create(written?: string): string {
    let name: string;
    do name = `${this.#prefix}${this.#counter.next++}__`;
    while (this.#taken.has(name));
    if (written !== undefined) this.written.set(name, written);
    else this.written.delete(name);
    return name;
  }

  /** What the author wrote for this name. */
  original(name: string): string {
    return this.written.get(name) ?? name;
  }
}

function namesIn(body: Body): ReadonlySet<string> {
  const names = new Set<string>();
  walkBody(body, (term) => {
    if (term.kind === "var") names.add(term.name);
    return true;
  });
  return names;
}
