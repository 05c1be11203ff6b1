import { createEffects } from "@sallyport/effects";
import { addStages, Metrics } from "@sallyport/opa/answers";
import {
  type Body,
  type Capabilities,
  compileParsed,
  type Effects,
  isObject,
  lookup,
  type Module,
  mergeDocuments,
  OptimizeError,
  optimize,
  type PreparedQuery,
  parseModule,
  parseQuery,
  parseRef,
  type Ref,
  RegoError,
  type RegoPolicy,
  type RegoVersion,
  type Value,
} from "@sallyport/rego";
import { compilerPart, effectsPart, parserPart, readCapabilities } from "./capabilities.ts";
import { type Call, CommandFault, type Terminal, UsageFault } from "./command.ts";
import { EngineError } from "./engine-error.ts";
import { faultText } from "./fault-text.ts";
import type { Flags } from "./flags.ts";
import { type Loaded, type LoadedModule, LoadFault, loadPaths } from "./load.ts";
import { parseImport, queryContext } from "./query-context.ts";
import { LoadError } from "./read-data.ts";
import { runtimeInfo } from "./runtime-info.ts";
import { loadSchemas } from "./schemas.ts";

/** A query with the policies, the data and the builtins that its flags name. */
export interface QueryRequest {
  readonly flags: Flags;
  readonly query: string;
  readonly terminal: Terminal;
  readonly regoVersion: RegoVersion;
  readonly capabilities: Capabilities | undefined;
  readonly schemas: ReadonlyMap<string, unknown> | undefined;
}

/** The query of the arguments, or of standard input. Throws `UsageFault`. */
export function queryText({ args, flags, terminal }: Call): string {
  const [query, ...more] = args;
  const isRead = flags.bool("stdin");
  if (isRead && query !== undefined) throw new UsageFault("specify query argument or --stdin but not both");
  if (!isRead && query === undefined) throw new UsageFault("specify query argument or --stdin");
  if (more.length > 0) throw new UsageFault("specify at most one query argument");
  if (isRead && flags.bool("stdin-input")) throw new UsageFault("specify --stdin or --stdin-input but not both");
  if (flags.bool("stdin-input") && flags.string("input") !== "")
    throw new UsageFault("specify --stdin-input or --input but not both");
  return query ?? terminal.stdin();
}

/** The request for a query, which `queryText` answered. */
export function createRequest({ flags, terminal }: Call, query: string): QueryRequest {
  const capabilities = readCapabilities(flags.string("capabilities"));
  return {
    flags,
    query,
    terminal,
    regoVersion: flags.bool("v0-compatible") ? "v0" : "v1",
    capabilities,
    schemas: schemasOf(flags.string("schema")),
  };
}

/** Told as text, whatever the format. */
function schemasOf(path: string): ReturnType<typeof loadSchemas> {
  try {
    return loadSchemas(path);
  } catch (error) {
    if (error instanceof LoadFault) throw new CommandFault(`1 error occurred during loading: ${error.message}`, 2);
    throw error;
  }
}

/** A query ready to be answered. */
export interface Prepared {
  readonly prepared: PreparedQuery;
  readonly policy: RegoPolicy;
  readonly modules: readonly LoadedModule[];
  readonly data: Value;
}

/**
 * Loads, parses and compiles everything. Throws `LoadFault`, `RegoError`, and `LoadError` for what has neither code nor place.
 */
export async function prepare(request: QueryRequest, metrics: Metrics): Promise<Prepared> {
  const { flags, query, regoVersion, capabilities } = request;
  if (query === "") throw new LoadError("cannot evaluate empty query");
  const context = queryContext(flags);
  if (flags.string("target") === "wasm") throw new EngineError();
  const { modules, data } = await (isOptimized(request) ? loadOptimized : loadFiles)(request, metrics);
  const compile = () => compilePolicy(request, modules, data, metrics);
  const policy = modules.length === 0 ? compile() : metrics.timed("rego_module_compile", compile);
  const body = metrics.timed("rego_query_parse", () => parseRequest(query, regoVersion, capabilities));
  const prepared = metrics.timed("rego_query_compile", () =>
    policy.prepareQuery(body, {
      ...context,
      captureValues: !flags.bool("partial"),
      ...(flags.bool("instrument") && { timed: metrics.timed.bind(metrics) }),
    }),
  );
  return { prepared, policy, modules, data };
}

function parseRequest(query: string, regoVersion: RegoVersion, capabilities: Capabilities | undefined): Body {
  if (capabilities !== undefined && regoVersion === "v1" && capabilities.features?.includes("rego_v1") !== true) {
    const message = "illegal capabilities: rego_v1 feature required for parsing v1 Rego";
    throw new RegoError([{ code: "rego_parse_error", message, loc: undefined }]);
  }
  const other = statementThatIsNone(query, regoVersion);
  if (other !== undefined) throw new LoadError(`expected body but got *ast.${other}`);
  if (isBlank(query)) {
    const message = "empty query cannot be compiled";
    throw new RegoError([{ code: "rego_compile_error", message, loc: undefined }]);
  }
  return parseQuery(query, { regoVersion, ...parserPart(capabilities) });
}

/** True for a query of nothing but space and comments. */
export function isBlank(query: string): boolean {
  return query.replace(/#.*$/gm, "").trim() === "";
}

/** What begins with a whole `package` or `import` is a module's, not a query. Throws `RegoError` when it is not even that. */
function statementThatIsNone(query: string, regoVersion: RegoVersion): "Package" | "Import" | undefined {
  const [, keyword] = /^\s*(package|import)(?![\w.[])/.exec(query) ?? [];
  if (keyword === undefined) return undefined;
  if (keyword === "import") {
    parseImport(query, regoVersion);
    return "Import";
  }
  const { module, diagnostics } = parseModule(query, { regoVersion });
  if (module === undefined) throw new RegoError(diagnostics);
  return "Package";
}

function compilePolicy(
  request: QueryRequest,
  modules: readonly LoadedModule[],
  data: Value,
  metrics: Metrics,
): RegoPolicy {
  const clock = request.flags.bool("instrument") ? { clock: () => performance.now() } : {};
  const { policy, diagnostics, timings } = compileParsed(
    modules.map(({ module }) => module),
    {
      regoVersion: request.regoVersion,
      compile: { ...compileOptions(request), ...clock, pathExists: (path) => hasDocument(data, path) },
    },
  );
  if (timings !== undefined) addStages(metrics, timings);
  if (policy === undefined) throw new RegoError(diagnostics);
  return policy;
}

/** True when base data has something at the path, or something on the way to it that is no object. */
function hasDocument(data: Value, path: readonly string[]): boolean {
  let current: Value | undefined = data;
  for (const key of path) {
    if (!isObject(current)) return true;
    current = lookup(current, key);
    if (current === undefined) return false;
  }
  return true;
}

function compileOptions({ flags, capabilities, schemas }: QueryRequest) {
  return {
    print: true,
    strict: flags.bool("strict"),
    // Annotations may hold schemas of their own.
    useSchemaAnnotations: true,
    ...(schemas === undefined ? {} : { schemas }),
    ...compilerPart(capabilities),
  };
}

/** Files first; bundles then own their roots. Code for bundles is loaded when there are any: it brings much along. */
export async function loadFiles(
  { flags, regoVersion, capabilities }: QueryRequest,
  metrics: Metrics = new Metrics(),
): Promise<Loaded> {
  const paths = flags.list("data");
  const bundles = flags.list("bundle");
  const options = {
    ignore: flags.list("ignore"),
    regoVersion,
    ...parserPart(capabilities),
    timed: metrics.timed.bind(metrics),
  };
  const files =
    paths.length === 0 ? { modules: [], data: {} } : metrics.timed("rego_load_files", () => loadPaths(paths, options));
  if (bundles.length === 0) return files;
  const { loadBundles } = await import("./load-bundles.ts");
  const bundled = await metrics.timedAsync("rego_load_bundles", () => loadBundles(bundles, options));
  return {
    modules: [...files.modules, ...bundled.modules],
    data: mergeDocuments(files.data, bundled.data) ?? bundled.data,
  };
}

/** With `--optimize`, what a bundle built with it would hold. Then faults are told as text, whatever the format. */
async function loadOptimized(request: QueryRequest, metrics: Metrics): Promise<Loaded> {
  try {
    return optimized(request, await loadFiles(request, metrics));
  } catch (error) {
    const text = error instanceof LoadFault ? `load error: ${faultText(error)}` : faultText(error);
    if (text !== undefined) throw new CommandFault(text.trimEnd(), 2);
    if (error instanceof OptimizeError) throw new CommandFault(error.message, 2);
    throw error;
  }
}

function isOptimized({ flags }: QueryRequest): boolean {
  return flags.int("optimize") > 0 && flags.list("data").length + flags.list("bundle").length > 0;
}

function optimized(request: QueryRequest, loaded: Loaded): Loaded {
  const { flags } = request;
  const entrypoints = [...flags.list("entrypoint").map(entrypointRef), ...annotatedEntrypoints(loaded.modules)];
  if (entrypoints.length === 0) throw new CommandFault("bundle optimizations require at least one entrypoint", 2);
  const modules = optimize(
    loaded.modules.map(({ module }) => module),
    entrypoints,
    {
      data: loaded.data,
      level: flags.int("optimize"),
      effects: evalEffects(request),
      compile: { print: true, ...compilerPart(request.capabilities) },
    },
  );
  return { ...loaded, modules: modules.map((module) => ({ file: module.file, text: module.text, module })) };
}

function entrypointRef(path: string): Ref {
  return parseRef(`data.${path.replaceAll("/", ".")}`);
}

/** A ref such as `data.a` or `input`. Throws `RegoError`. */

function annotatedEntrypoints(modules: readonly LoadedModule[]): readonly Ref[] {
  return modules.flatMap(({ module }) => entrypointsOf(module));
}

function entrypointsOf({ package: { path }, rules }: Module): readonly Ref[] {
  return rules
    .filter(({ annotations }) => annotations.some(({ entrypoint }) => entrypoint))
    .map(({ head: { ref } }) => {
      const [name, ...rest] = ref.terms;
      const key = name?.kind === "var" ? { kind: "string" as const, loc: name.loc, value: name.name } : undefined;
      return { ...path, terms: [...path.terms, ...(key === undefined ? [] : [key]), ...rest] };
    });
}

/** The effects of one evaluation: `print` goes to the error stream, as OPA's. */
export function evalEffects({ terminal, capabilities }: QueryRequest): Effects {
  return createEffects({
    runtime: runtimeInfo(terminal.env),
    print: (message) => terminal.err(`${message}\n`),
    ...effectsPart(capabilities),
  });
}
