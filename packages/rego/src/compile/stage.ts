import type { BuiltinSignature } from "../builtins/capabilities.ts";
import type { Annotations, Location, Module, Ref, Rule, Term } from "../syntax/ast.ts";
import type { AstJson } from "../syntax/ast-json.ts";
import type { Diagnostic, DiagnosticCode } from "../syntax/diagnostic.ts";
import type { Globals } from "./globals.ts";
import type { LocalNames } from "./local-names.ts";

export type Report = (diagnostic: Diagnostic) => void;

/** What the compiler is told. All default to what `opa eval` does. */
export interface CompileOptions {
  /** Unused names and such are faults. https://www.openpolicyagent.org/docs/policy-language#strict-mode */
  readonly strict?: boolean;
  /** Keep `print` calls; else they are erased. */
  readonly print?: boolean;
  /** Builtins that exist, by name; default all of OPA's. Others are undefined functions. */
  readonly builtins?: (name: string) => BuiltinSignature | undefined;
  /** Features of the language, as capabilities name them; default all. */
  readonly features?: readonly string[];
  /** Builtins that may not be called, as `http.send` in a sandbox. */
  readonly unsafeBuiltins?: ReadonlySet<string>;
  /** Calls of unknown functions are no fault: for tools that look at single files. */
  readonly allowUndefinedFunctions?: boolean;
  /** Stages of single modules that are left out, by OPA's name: for tools that look at policies and run none. */
  readonly skippedStages?: readonly string[];
  /** Rewrite tests so that the values of failed comparisons can be traced. */
  readonly traceTests?: boolean;
  /** Let tests with cases, `test_x[name]`, tell of each case that begins. */
  readonly testCases?: boolean;
  /** How many diagnostics are reported; default 10, as OPA's. 0 means all. */
  readonly maxErrors?: number;
  /** Schemas by path, `schema.input` being that of `input`: see `types/schema.ts`. */
  readonly schemas?: ReadonlyMap<string, unknown>;
  /** Whether annotations' schemas are used. */
  readonly useSchemaAnnotations?: boolean;
  /**
   * True when base data exists at the path: rules may not lie there. A change of modules asks for the rules that are new; who writes data
   * later has to look at the rules that are there.
   */
  readonly pathExists?: (path: readonly string[]) => boolean;
  /** Milliseconds since some moment, for timings. */
  readonly clock?: () => number;
}

/** One module on its way through the stages. */
export interface Unit {
  readonly module: Module;
  readonly names: LocalNames;
  readonly globals: Globals;
  readonly rules: readonly Rule[];
}

/** What stages may ask about everything else. Answers are remembered: a module is compiled again only when one changes. */
export interface StageContext {
  readonly options: CompileOptions;
  readonly report: Report;
  /** Arguments of a user function or builtin; undefined when there is none of this name. */
  readonly arity: (operator: Ref) => number | undefined;
  readonly builtin: (name: string) => BuiltinSignature | undefined;
  /** What rules lie at a path below `data`. */
  readonly ruleKind: (path: readonly string[]) => "function" | "value" | undefined;
  /** True when rules give the path below `data` a value whatever the documents are, as OPA sees it. */
  readonly isAlwaysDefined: (path: readonly string[]) => boolean;
  /** The annotations around a rule, innermost first. */
  readonly metadataChain: (rule: Rule, module: Module) => readonly ChainEntry[];
}

/** One entry of what `rego.metadata.chain()` answers. */
export interface ChainEntry {
  readonly path: readonly Term[];
  readonly annotations: Annotations | undefined;
}

/** A stage that looks at one module at a time. It makes new rules where it changes any. */
export interface ModuleStage {
  /** OPA's name, as in metrics. */
  readonly name: string;
  readonly run: (unit: Unit, context: StageContext) => readonly Rule[];
}

/** A fault with OPA's code and text. */
export function fault(
  code: DiagnosticCode,
  loc: Location | undefined,
  message: string,
  details?: readonly string[],
): Diagnostic {
  return { code, message, loc, ...(details === undefined ? {} : { details }) };
}

export function compileFault(loc: Location | undefined, message: string): Diagnostic {
  return fault("rego_compile_error", loc, message);
}

export function typeFault(
  loc: Location | undefined,
  message: string,
  details?: readonly string[],
  typeDetails?: AstJson,
): Diagnostic {
  const diagnostic = fault("rego_type_error", loc, message, details);
  return typeDetails === undefined ? diagnostic : { ...diagnostic, typeDetails };
}
