import type { Bundle, Manifest } from "@sallyport/opa";
import {
  type Annotations,
  type AstJson,
  annotationsJson,
  type BuiltinSignature,
  compileParsed,
  type Module,
  NumberText,
  RegoError,
  type RegoVersion,
  type RequiredCapabilities,
  type Rule,
  refText,
  requiredCapabilities,
  valueJson,
} from "@sallyport/rego";

/** What lies where, and what it asks for: the answer of `inspect`. */
export interface Inspection {
  /** Of a bundle; a single file has none. */
  readonly manifest?: Manifest;
  readonly signatures?: Bundle["signatures"];
  readonly wasmModules: readonly {
    readonly entrypoints: readonly string[];
    readonly path: string;
    readonly url: string;
  }[];
  /** Files by namespace, both sorted as they are shown. */
  readonly namespaces: readonly (readonly [namespace: string, files: readonly string[]])[];
  readonly annotations: readonly Annotated[];
  readonly capabilities: RequiredCapabilities;
}

/** Annotations, and what they stand at. */
export interface Annotated {
  readonly annotations: Annotations;
  readonly module: Module;
  /** Undefined for packages. */
  readonly rule: Rule | undefined;
  readonly file: string;
  readonly row: number;
}

/** One file of Rego, by the name that is shown. */
export interface InspectedModule {
  readonly file: string;
  readonly module: Module;
  /** In which it was parsed. */
  readonly regoVersion: RegoVersion;
}

/** As in OPA, bodies of rules may be unsafe here, and call what there is not. */
const compile = { allowUndefinedFunctions: true, skippedStages: ["CheckUndefinedFuncs", "CheckSafetyRuleBodies"] };

/** Looks at modules and, where they come from one, their bundle. Throws `RegoError` for what does not compile. */
export function inspectModules(
  modules: readonly InspectedModule[],
  bundle?: Bundle,
  files: (url: string) => string = (url) => url,
  name = "",
): Inspection {
  const { policy, diagnostics } = compileParsed(
    modules.map(({ module }) => module),
    { compile },
  );
  if (policy === undefined) throw new RegoError(diagnostics);
  const versions = new Map(modules.map(({ module, regoVersion }) => [module, regoVersion]));
  const wasmModules = bundle === undefined ? [] : wasmOf(bundle, name);
  return {
    ...(bundle !== undefined && { manifest: bundle.manifest, signatures: bundle.signatures }),
    wasmModules,
    namespaces: namespacesOf(modules, bundle, files),
    annotations: modules.flatMap(annotatedOf),
    capabilities: requiredCapabilities(policy.compiled, (module) => versions.get(module) ?? module.regoVersion),
  };
}

function wasmOf({ manifest, wasmModules }: Bundle, name: string): Inspection["wasmModules"] {
  return wasmModules.map(({ url }) => ({
    entrypoints: (manifest.wasm ?? [])
      .filter(({ module }) => module === url)
      .map(({ entrypoint = "" }) => pathText(entrypoint)),
    path: url,
    url: `${name}${url}`,
  }));
}

function pathText(path: string): string {
  const keys = path.split("/").filter((key) => key !== "");
  return ["data", ...keys].reduce(
    (text, key) =>
      /^[A-Za-z_]\w*$/.test(key) ? `${text}${text === "" ? "" : "."}${key}` : `${text}[${JSON.stringify(key)}]`,
    "",
  );
}

function namespacesOf(
  modules: readonly InspectedModule[],
  bundle: Bundle | undefined,
  files: (url: string) => string,
): Inspection["namespaces"] {
  const byName = new Map<string, string[]>();
  const add = (namespace: string, file: string): void => {
    byName.set(namespace, [...(byName.get(namespace) ?? []), file]);
  };
  for (const { file, module } of modules) add(refText(module.package.path), file);
  for (const url of bundle?.dataFiles ?? []) add(pathText(url.slice(0, url.lastIndexOf("/"))), files(url));
  for (const { entrypoint = "", module = "" } of bundle?.manifest.wasm ?? [])
    add(`data.${entrypoint.replaceAll("/", ".")}`, module);
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** In the order of the source; those of packages stand at the package. */
function annotatedOf({ file, module }: InspectedModule): readonly Annotated[] {
  const packages = module.annotations
    .filter(({ scope }) => scope === "package" || scope === "subpackages")
    .map((annotations) => ({ annotations, module, rule: undefined, file, row: module.package.loc.row }));
  const rules = module.rules.flatMap((rule) =>
    rule.annotations.map((annotations) => ({ annotations, module, rule, file, row: rule.loc.row })),
  );
  return [...packages, ...rules];
}

/** As `inspect --format json` prints it. */
export function inspectionJson(inspection: Inspection, withAnnotations: boolean): AstJson {
  const { manifest, signatures, wasmModules, namespaces, annotations, capabilities } = inspection;
  return {
    manifest: manifest && manifestJson(manifest),
    signatures_config: signatures === undefined ? {} : { signatures: signatures.signatures, plugin: signatures.plugin },
    wasm_modules: wasmModules.length === 0 ? undefined : wasmModules.map((each) => ({ ...each })),
    namespaces: Object.fromEntries(namespaces),
    annotations: withAnnotations && annotations.length > 0 ? annotations.map(annotatedJson) : undefined,
    capabilities: capabilitiesJson(capabilities),
  };
}

function manifestJson({ revision, roots, wasm, regoVersion, fileRegoVersions, metadata }: Manifest): AstJson {
  return {
    revision,
    roots,
    wasm: wasm?.map(({ entrypoint, module, annotations }) => ({
      entrypoint,
      module,
      annotations: annotations === undefined ? undefined : valueJson(annotations),
    })),
    rego_version: regoVersion === undefined ? undefined : new NumberText(String(regoVersion)),
    file_rego_versions: fileRegoVersions === undefined ? undefined : valueJson(fileRegoVersions),
    metadata: metadata === undefined || Object.keys(metadata).length === 0 ? undefined : valueJson(metadata),
  };
}

function annotatedJson(each: Annotated): AstJson {
  const { annotations, file, row } = each;
  return {
    annotations: annotationsJson(annotations),
    location: { file, row: new NumberText(String(row)), col: new NumberText("1") },
    path: annotatedPath(each).map((value, i) => ({ type: i === 0 ? "var" : "string", value })),
  };
}

/** Of a rule the part of its ref that is known: `data.a.r` for `r[x]`. */
export function annotatedPath({ module, rule }: Annotated): readonly string[] {
  const keys = module.package.path.terms.map((term) =>
    term.kind === "var" ? term.name : term.kind === "string" ? term.value : "",
  );
  if (rule === undefined) return keys;
  const [name, ...rest] = rule.head.ref.terms;
  const end = rest.findIndex(({ kind }) => kind !== "string");
  const known = (end < 0 ? rest : rest.slice(0, end)).map((term) => (term.kind === "string" ? term.value : ""));
  return [...keys, name?.kind === "var" ? name.name : "", ...known];
}

function capabilitiesJson({ builtins, futureKeywords, features }: RequiredCapabilities): AstJson {
  return {
    builtins: builtins.length === 0 ? undefined : builtins.map(({ name, signature }) => builtinJson(name, signature)),
    future_keywords: futureKeywords.length === 0 ? undefined : futureKeywords,
    features: features.length === 0 ? undefined : features,
  };
}

function builtinJson(
  name: string,
  { args, result, variadic, infix, relation, nondeterministic }: BuiltinSignature,
): AstJson {
  const decl = {
    args: args.length === 0 ? undefined : args.map(typeJson),
    result: result && typeJson(result),
    type: "function",
    variadic: variadic && typeJson(variadic),
  };
  return { name, decl, infix, relation, nondeterministic };
}

/** Names are for messages only. */
function typeJson(type: BuiltinSignature["args"][number]): AstJson {
  return valueJson(withoutNames(type));
}

function withoutNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNames);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([key]) => key !== "name" && key !== "description");
  return Object.fromEntries(fields.map(([key, item]) => [key, withoutNames(item)]));
}
