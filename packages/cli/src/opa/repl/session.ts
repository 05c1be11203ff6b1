import { createEffects } from "@sallyport/effects";
import {
  compileParsed,
  defaultLimits,
  type ExplainMode,
  formatModule,
  isObject,
  type JsonObject,
  lookup,
  type Module,
  mergeDocuments,
  nameWildcards,
  Profile,
  parseModule,
  parseQuery,
  type QueryAnswer,
  type Ref,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  TraceBuffer,
  type TraceEvent,
  type Tracer,
  traceText,
  type Value,
} from "@sallyport/rego";
import type { Terminal } from "../command.ts";
import { answersJson, answersText } from "../eval-output.ts";
import { metricsTable, profileTable } from "../eval-tables.ts";
import { goJsonLine, Struct } from "../json-text.ts";
import type { Loaded } from "../load.ts";
import type { LoadedBundles } from "../load-bundles.ts";
import { Metrics } from "../metrics.ts";
import { opaVersion } from "../opa-version.ts";
import { partialJson, partialText } from "../partial-output.ts";
import { ReplModule, readRule } from "./repl-module.ts";

/** What the shell's commands switch. */
export interface Settings {
  format: "json" | "pretty";
  explain: ExplainMode;
  metrics: boolean;
  instrument: boolean;
  profile: boolean;
  strictBuiltinErrors: boolean;
  /** What answers are left open for; empty for evaluation as usual. */
  unknowns: readonly Ref[];
}

/** Where the shell begins, and where its own input lies. */
const homePackage = "repl";
const inputPackage = "repl.input";

export interface SessionOptions {
  readonly format: "json" | "pretty";
  readonly regoVersion: RegoVersion;
  /** Of a compilation; 0 means all. */
  readonly maxErrors: number;
}

/** A shell's state: what was loaded, what was defined since, and how answers are shown. */
export class Session {
  readonly settings: Settings;
  readonly #terminal: Terminal;
  readonly #regoVersion: RegoVersion;
  readonly #maxErrors: number;
  readonly #touched = new Set<string>();
  #loaded: Loaded;
  #modules = new Map<string, ReplModule>([[homePackage, new ReplModule(homePackage)]]);
  #current = homePackage;

  constructor(loaded: Loaded, terminal: Terminal, { format, regoVersion, maxErrors }: SessionOptions) {
    this.#loaded = loaded;
    this.#terminal = terminal;
    this.#regoVersion = regoVersion;
    this.#maxErrors = maxErrors;
    this.settings = {
      format,
      explain: "off",
      metrics: false,
      instrument: false,
      profile: false,
      strictBuiltinErrors: false,
      unknowns: [],
    };
  }

  /** What was loaded has changed. */
  reload(loaded: Loaded): void {
    this.#loaded = loaded;
  }

  get regoVersion(): RegoVersion {
    return this.#regoVersion;
  }

  /** With what the engine says of itself. */
  get data(): JsonObject {
    const bundles = bundlesDocument(this.#loaded);
    const system = { version: versionDocument, ...(bundles !== undefined && { bundles }) };
    return mergeDocuments(this.#loaded.data, { system }) ?? this.#loaded.data;
  }

  /** True when the package has got anything, though it may be gone again. */
  get isTouched(): boolean {
    return this.#touched.has(this.#current);
  }

  /** The module of the package as `show` prints it. */
  get shown(): string {
    return formatModule(nameWildcards(this.current.parse(this.#regoVersion)), { target: this.#regoVersion });
  }

  /** Compiles all that is there. Throws `RegoError`. */
  check(): void {
    this.#compile();
  }

  get current(): ReplModule {
    return this.#modules.get(this.#current) ?? new ReplModule(this.#current);
  }

  enterPackage(path: string): void {
    parseOrThrow(`package ${path}`);
    this.#current = path;
    if (!this.#modules.has(path)) this.#modules.set(path, new ReplModule(path));
  }

  addImport(text: string): void {
    parseOrThrow(`package p\nimport ${text}`);
    this.#try(this.current.withImport(text));
  }

  /** Answers whether there was a rule of the name. */
  unset(name: string): boolean {
    const { current } = this;
    if (!current.has(name)) return false;
    this.#try(current.without(name));
    return true;
  }

  unsetPackage(path: string): boolean {
    return this.#modules.delete(path);
  }

  /** Takes a module into the session if everything compiles with it. Throws `RegoError`. */
  #try(module: ReplModule): void {
    const before = this.#modules;
    this.#touched.add(module.path);
    this.#modules = new Map([...before, [module.path, module]]);
    try {
      this.#compile();
    } catch (error) {
      this.#modules = before;
      throw error;
    }
  }

  /** A rule or a query. Throws `RegoError` and `EvaluationError`. */
  async statement(text: string): Promise<string> {
    const { current } = this;
    const rule = readRule(text, (name) => current.has(name), this.#regoVersion);
    if (rule === undefined) return this.#query(text);
    const { name, title, replaces } = rule;
    const kept = replaces ? current.without(name) : current;
    try {
      this.#try(kept.withRule({ name, title, text }));
    } catch (error) {
      throw error instanceof RegoError ? belowLine(error, kept.text.split("\n").length + 1) : error;
    }
    if (this.settings.format === "json") return "";
    return `Rule '${title}' ${replaces ? "re-defined" : "defined"} in package ${this.#current}. Type 'show' to see rules.\n`;
  }

  async #query(text: string): Promise<string> {
    const metrics = new Metrics();
    const { settings } = this;
    const policy = metrics.timed("rego_module_compile", () => this.#compile());
    const home = this.current.parse(this.#regoVersion);
    const body = metrics.timed("rego_query_parse", () => parseQuery(text, { regoVersion: this.#regoVersion }));
    const prepared = metrics.timed("rego_query_compile", () =>
      policy.prepareQuery(body, { package: home.package.path, imports: home.imports, regoVersion: this.#regoVersion }),
    );
    const trace = settings.explain === "off" ? undefined : new TraceBuffer();
    const profile = settings.profile ? new Profile(() => performance.now()) : undefined;
    const tracers = [trace, profile].filter((each) => each !== undefined);
    const options = { ...this.#options(), ...(tracers.length > 0 && { tracer: tracerOf(tracers) }) };
    const { unknowns } = settings;
    if (unknowns.length > 0) {
      const partial = await prepared.partialAsync({ ...options, unknowns });
      return settings.format === "pretty"
        ? partialText(partial)
        : goJsonLine(new Struct({ partial: partialJson(partial) }));
    }
    options.input = await this.#input(policy);
    const answers = await metrics.timedAsync("rego_query_eval", () =>
      tracers.length > 0 ? prepared.walkAsync(options) : prepared.answersAsync(options),
    );
    const shown = trace?.explain(settings.explain) ?? [];
    return [
      traceText(shown),
      this.#answersText(answers),
      settings.metrics || settings.instrument ? metricsTable([metrics]) : "",
      profile === undefined ? "" : profileTable([profile.report()], text),
    ].join("");
  }

  #answersText(answers: readonly QueryAnswer[]): string {
    if (this.settings.format === "pretty") return answersText(answers);
    return goJsonLine(new Struct({ result: answers.length === 0 ? undefined : answersJson(answers) }));
  }

  /** What is defined below `repl.input`. */
  async #input(policy: RegoPolicy): Promise<Value | undefined> {
    const hasData = lookupPath(this.data, inputPackage.split(".")) !== undefined;
    if (!hasData && !this.#modules.has(inputPackage)) return undefined;
    return policy.evaluateAsync(inputPackage.replaceAll(".", "/"), this.#options());
  }

  #options() {
    const input: Value | undefined = undefined;
    return {
      input: input as Value | undefined,
      data: this.data,
      effects: createEffects({ print: (message) => this.#terminal.out(`${message}\n`) }),
      limits: { ...defaultLimits, steps: Number.POSITIVE_INFINITY },
      strictBuiltinErrors: this.settings.strictBuiltinErrors,
    };
  }

  #compile(): RegoPolicy {
    const own = [...this.#modules.values()].map((each) => each.parse(this.#regoVersion));
    const modules: Module[] = [...this.#loaded.modules.map(({ module }) => module), ...own];
    const { policy, diagnostics } = compileParsed(modules, {
      regoVersion: this.#regoVersion,
      compile: { print: true, maxErrors: this.#maxErrors },
    });
    if (policy === undefined) throw new RegoError(diagnostics);
    return policy;
  }
}

/** Places in a statement instead of those in its module, where it begins below a line. */
export function belowLine({ diagnostics }: RegoError, line: number): RegoError {
  return new RegoError(
    diagnostics.map((each) => {
      const { loc } = each;
      if (loc === undefined || loc.file !== "" || loc.row <= line) return each;
      const { file, row, col, offset, end, text } = loc;
      return { ...each, loc: { file, row: row - line, col, offset, end, text } };
    }),
  );
}

/** Like OPA's, as far as it is true. */
const versionDocument = { build_commit: "", build_hostname: "", build_timestamp: "", version: opaVersion };

/** What OPA keeps of the bundles that are in force, by name. */
function bundlesDocument(loaded: Loaded | LoadedBundles): JsonObject | undefined {
  if (!("bundles" in loaded)) return undefined;
  const entries = loaded.bundles.map(({ name, bundle: { manifest } }) => {
    const { revision, roots, metadata } = manifest;
    return [name, { etag: "", manifest: { revision, roots, ...(metadata !== undefined && { metadata }) } }] as const;
  });
  return Object.fromEntries(entries);
}

function parseOrThrow(text: string): void {
  const { module, diagnostics } = parseModule(text);
  if (module === undefined) throw new RegoError(diagnostics);
}

function lookupPath(document: Value, path: readonly string[]): Value | undefined {
  let current: Value | undefined = document;
  for (const key of path) current = current !== undefined && isObject(current) ? lookup(current, key) : undefined;
  return current;
}

function tracerOf(tracers: readonly Tracer[]): Tracer {
  return {
    begin: () => {
      for (const each of tracers) each.begin?.();
    },
    event: (event: TraceEvent) => {
      for (const each of tracers) each.event(event);
    },
  };
}
