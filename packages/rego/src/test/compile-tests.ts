import { compileModules } from "../compile/compile.ts";
import type { Compiled } from "../compile/compiled.ts";
import type { CompileOptions } from "../compile/stage.ts";
import type { ModuleSource } from "../engine.ts";
import type { Module, RegoVersion } from "../syntax/ast.ts";
import { RegoError } from "../syntax/diagnostic.ts";
import { parseModule } from "../syntax/parser.ts";
import { numberTests } from "./find-tests.ts";

export interface CompileTestsOptions extends CompileOptions {
  /** Default v1. */
  readonly regoVersion?: RegoVersion;
}

/** Parses and compiles modules for a `TestRunner`. Throws `RegoError`. */
export function compileTests(sources: readonly ModuleSource[], options: CompileTestsOptions = {}): Compiled {
  const { regoVersion = "v1" } = options;
  const parsed = sources.map(({ file, text }) => parseModule(text, { file, regoVersion }));
  const faults = parsed.flatMap(({ diagnostics }) => diagnostics);
  if (faults.length > 0) throw new RegoError(faults);
  return compileTestModules(
    parsed.map(({ module }) => module as Module),
    options,
  );
}

/** The same, from modules that are parsed already. */
export function compileTestModules(modules: readonly Module[], options: CompileOptions = {}): Compiled {
  const { compiled, diagnostics } = compileModules(numberTests(modules), { print: true, testCases: true, ...options });
  if (compiled === undefined) throw new RegoError(diagnostics);
  return compiled;
}
