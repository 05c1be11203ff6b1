import {
  type DataPath,
  diagnosticsText,
  FailedCalls,
  isObject,
  type JsonObject,
  lookup,
  type PartialResult,
  parseQuery,
  type QueryOptions,
  type Ref,
  RegoError,
  type Term,
  refText as termsText,
  type Value,
} from "@sallyport/rego";
import { type Printable, Struct } from "../../answers/json-text.ts";
import type { Metrics } from "../../answers/metrics.ts";
import { type Filter, type FilterFault, filterOf } from "../../filters/conditions.ts";
import { type Hint, hintsOf } from "../../filters/hints.ts";
import { Mappings } from "../../filters/mappings.ts";
import { SqlError, sqlOf } from "../../filters/sql.ts";
import { familyOrder, type Target, targets } from "../../filters/targets.ts";
import { ucastOf } from "../../filters/ucast.ts";
import { ApiError, badRequest } from "../api-error.ts";
import { Decision } from "../decision.ts";
import { documentAt, refText } from "../documents.ts";
import { headerOf, jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { fieldsOfBody, internalError } from "../fields.ts";
import { bodyText } from "../input.ts";
import type { Generation } from "../policy-state.ts";
import { type Serving, Timing } from "../serving.ts";
import { unknownRef } from "../unknown-ref.ts";
import { filterAnnotations, pathText } from "./filter-annotations.ts";

const multiTarget = "application/vnd.opa.multitarget+json";

/** A policy as a filter of a database: which rows it would let through. https://www.openpolicyagent.org/docs/rest-api#compiling-a-rego-policy-and-query-into-data-filters */
export async function filters(serving: Serving, request: ServerRequest, path: DataPath): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const { metrics } = timing;
  const accept = headerOf(request, "accept");
  if (accept === undefined || accept === "") throw badRequest("Accept header: missing required header");
  const wanted = targetOf(accept);
  const {
    input,
    query: told,
    unknowns,
    options = {},
    metadata,
  } = await metrics.timedAsync("rego_query_parse", () => fieldsOf(request));
  const dialects = wanted === "several" ? stringsAt(options, "targetDialects").map(dialectOf) : [wanted];
  const { generation } = serving.state;
  const given = (unknowns as readonly string[] | undefined)?.map(unknownDocument) ?? [];
  const annotations = filterAnnotations(generation, path, metrics);
  const unknown = given.length > 0 ? given : (annotations.unknowns ?? []);
  const decision = new Decision(serving, request, generation);
  const maskRule = maskRuleOf(path, stringAt(options, "maskRule") ?? annotations.maskRule);
  const custom = customOf(unknown, options, maskRule, metadata);
  const made = { path: path.join("/"), ...(told !== undefined && { query: told as string }), input, metrics, custom };
  const asked = {
    ...decision.evaluation(),
    data: generation.data,
    ...(input !== undefined && { input }),
    unknowns: unknown,
    nondeterministicBuiltins: true,
    disableInlining: stringsAt(options, "disableInlining").map(unknownRef),
  };
  const query = metrics.timed("compile_prep_partial", () =>
    metrics.timed("rego_query_compile", () => preparedFilter(generation, path, timing.stages(request))),
  );
  const tracer = new FailedCalls();
  const left = await metrics.timedAsync("rego_partial_eval", () =>
    query.partialAsync({ ...asked, tracer, ruleIndexing: false }),
  );
  const filter = metrics.timed("compile_eval_constraints", () => filterOrThrow(withoutDefault(left, path), dialects));
  const masks = await masksOf(generation, maskRule, asked, metrics);
  const mappings = lookup(options, "targetSQLTableMappings");
  const results = metrics.timed("compile_translate_queries", () =>
    dialects.map((target) => [target.family, resultOf(filter, target, mappings, masks)] as const),
  );
  const result = wanted === "several" ? severalResults(results) : results[0]?.[1];
  timing.end();
  // As OPA: of filters that cannot be made nothing is logged.
  await decision.log({ ...made, result });
  const hints = hintsOf(tracer.calls, unknown).map(hintJson);
  const fields = { result, ...timing.told(request), hints: hints.length === 0 ? undefined : hints };
  return answerAs(accept, jsonAnswer(request, new Struct(fields)));
}

function hintJson({ message, loc }: Hint): Struct {
  return new Struct({ message, location: new Struct({ file: loc.file, row: loc.row, col: loc.col }) });
}

/** What decision logs tell of a filter beside the decision. */
function customOf(
  unknowns: readonly Ref[],
  options: Value,
  maskRule: string | undefined,
  metadata: JsonObject | undefined,
): Struct {
  return new Struct({
    mask_rule: maskRule ?? "",
    options,
    request_metadata: metadata,
    type: "open-policy-agent/compile",
    unknowns: unknowns.map(termsText),
  });
}

function answerAs(type: string, answer: ServerAnswer): ServerAnswer {
  return { ...answer, headers: { ...answer.headers, "Content-Type": type } };
}

function unknownDocument(text: string): Ref {
  const ref = unknownRef(text);
  const [head] = ref.terms;
  if (ref.terms.length > 1 || (head?.kind === "var" && (head.name === "input" || head.name === "data"))) return ref;
  throw badRequest(`error(s) occurred while parsing unknowns: expected ref but got ${text}`);
}

async function fieldsOf(request: ServerRequest) {
  // The query is logged, but that of the path is asked.
  const kinds = { input: "any", query: "string", unknowns: "strings", options: "object" } as const;
  if ((await bodyText(request)) === "")
    return { input: undefined, query: undefined, unknowns: undefined, options: undefined, metadata: undefined };
  return fieldsOfBody(request, "alias", kinds);
}

function targetOf(accept: string): Target | "several" {
  if (accept === multiTarget) return "several";
  if (accept === "application/json") throw internalError("unknown target/dialect combination: /");
  const [, family, variant] = /^application\/vnd\.opa\.(ucast|sql)\.(\w+)\+json$/.exec(accept) ?? [];
  const target = Object.hasOwn(targets, `${family}+${variant}`) ? targets[`${family}+${variant}`] : undefined;
  if (target === undefined) throw badRequest(`Accept header: unsupported header: ${accept}`);
  return target;
}

function dialectOf(text: string): Target {
  const target = Object.hasOwn(targets, text) ? targets[text] : undefined;
  if (target !== undefined) return target;
  const [family = "", variant = ""] = text.split("+");
  throw internalError(`unsupported variant for ${family}: ${variant}`);
}

function preparedFilter({ policy }: Generation, path: DataPath, stages: Pick<QueryOptions, "timed">) {
  try {
    return policy.prepareQuery(parseQuery(refText(path), { regoVersion: "v1" }), { captureValues: false, ...stages });
  } catch (error) {
    if (error instanceof RegoError)
      throw internalError(`prepare for partial: ${diagnosticsText(error.diagnostics).replace(" 1:1: ", " ")}`);
    throw error;
  }
}

/** A rule with a default is left as a support module: what it asks for is what its other bodies ask for. */
function withoutDefault({ queries, support }: PartialResult, path: DataPath): Pick<PartialResult, "queries"> {
  const [only] = queries.length === 1 ? (queries[0] ?? []) : [];
  const [module] = support.length === 1 ? support : [];
  if (only?.terms.kind !== "term" || module === undefined || queries[0]?.length !== 1) return { queries };
  const subject = only.terms.term;
  if (subject.kind !== "ref" || pathText(subject) !== ["data", "partial", ...path].join("/")) return { queries };
  const isFalse = (term: Term | undefined) => term?.kind === "boolean" && !term.value;
  const rules = module.rules.filter((rule) => !rule.default);
  const isPlain = module.rules.every((rule) => rule.else === undefined && rule.default === isFalse(rule.head.value));
  return isPlain ? { queries: rules.map(({ body }) => body) } : { queries };
}

function filterOrThrow(left: Pick<PartialResult, "queries">, dialects: readonly Target[]): Filter {
  const read = filterOf(left, dialects);
  if ("filter" in read) return read.filter;
  throw new ApiError(400, "evaluation_error", "error(s) occurred while evaluating query", read.faults.map(faultJson));
}

function faultJson({ message, loc, hint }: FilterFault): Struct {
  return new Struct({
    code: "pe_fragment_error",
    message,
    // What stands in the query itself stands in no file.
    location:
      loc === undefined || loc.file === "" ? undefined : new Struct({ file: loc.file, row: loc.row, col: loc.col }),
    details: hint === undefined ? undefined : new Struct({ details: hint }),
  });
}

type Asked = Parameters<typeof documentAt>[2];

/** A rule beside the filter, or anywhere below `data`: `data.filters.masks`. */
function maskRuleOf(path: DataPath, rule: string | undefined): string | undefined {
  if (rule === undefined || rule.startsWith("data.")) return rule;
  return ["data", ...path.slice(0, -1), rule].join(".");
}

/** What of the rows is to be hidden. */
async function masksOf(
  generation: Generation,
  rule: string | undefined,
  { unknowns: _, ...options }: Asked & { readonly unknowns?: unknown },
  metrics: Metrics,
): Promise<Value | undefined> {
  if (rule === undefined) return undefined;
  const masked = rule.split(".").slice(1);
  return metrics.timedAsync("compile_eval_mask_rule", () =>
    metrics.timedAsync("rego_query_eval", () => documentAt(generation, masked, options)),
  );
}

function resultOf(
  filter: Filter,
  target: Target,
  mappings: Value | undefined,
  masks: Value | undefined,
): Struct | undefined {
  if (filter === "never") return undefined;
  const names = new Mappings(mappings && (lookup(mappings, target.family) as Value | undefined));
  return new Struct({ query: queryOf(filter, target, names), masks });
}

function queryOf(filter: Exclude<Filter, "never">, { family }: Target, names: Mappings): Printable {
  if (family === "ucast") return ucastOf(filter, names);
  try {
    return sqlOf(filter, family, names);
  } catch (error) {
    throw error instanceof SqlError ? internalError(`convert to queries: ${error.message}`) : error;
  }
}

function severalResults(results: readonly (readonly [Target["family"], Struct | undefined])[]): Struct {
  const byFamily = new Map(results);
  return new Struct(Object.fromEntries(familyOrder.map((family) => [family, byFamily.get(family)])));
}

function stringsAt(options: Value, name: string): readonly string[] {
  const value = isObject(options) ? lookup(options, name) : undefined;
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function stringAt(options: Value, name: string): string | undefined {
  const value = isObject(options) ? lookup(options, name) : undefined;
  return typeof value === "string" && value !== "" ? value : undefined;
}
