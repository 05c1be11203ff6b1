import {
  astJsonOfBody,
  astJsonOfModule,
  type Body,
  diagnosticsText,
  isObject,
  lookup,
  type PartialResult,
  type PreparedQuery,
  parseSoleTerm,
  type Ref,
  RegoError,
  type RegoPolicy,
  SoleTermError,
  type Value,
} from "@sallyport/rego";
import { printableAst } from "../../answers/ast-printable.ts";
import { type Printable, Struct } from "../../answers/json-text.ts";
import { badRequest, compileError } from "../api-error.ts";
import { jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { explainMode, explanation, traceFor } from "../explain.ts";
import { fieldsOfBody, internalError } from "../fields.ts";
import type { Route } from "../routes.ts";
import { evaluation, type Serving, Timing } from "../serving.ts";
import { parsed } from "./query.ts";

/** https://www.openpolicyagent.org/docs/rest-api#compile-api */
export function compileRoutes(serving: Serving): readonly Route[] {
  const methods = { POST: (request: ServerRequest) => compile(serving, request) };
  return [{ name: "v1/compile", prefix: "/v1/compile", rest: "none", methods, compresses: ["POST"] }];
}

async function compile(serving: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const fields = await fieldsOfBody(request, "CompileRequestV1", {
    query: "string",
    input: "any",
    unknowns: "strings",
    options: "object",
  });
  const query = (fields.query as string | undefined) ?? "";
  if (query === "") throw badRequest("missing required 'query' value");
  const { metrics } = timing;
  const body = metrics.timed("rego_query_parse", () => parsed(query));
  const unknowns = (fields.unknowns as readonly string[] | undefined)?.map(unknownRef);
  const disableInlining = stringsOf(fields.options, "disableInlining").map(inliningRef);
  const mode = explainMode(request);
  const tracer = mode === "off" ? undefined : traceFor(request);
  const { policy, data } = serving.state.generation;
  const options = {
    ...evaluation(serving),
    data,
    ...(fields.input === undefined ? {} : { input: fields.input }),
    ...(unknowns === undefined ? {} : { unknowns }),
    ...(tracer === undefined ? {} : { tracer }),
    disableInlining,
    nondeterministicBuiltins:
      isObject(fields.options ?? {}) && lookup(fields.options ?? {}, "nondeterminsticBuiltins") === true,
  };
  const prepared = metrics.timed("rego_query_compile", () => compiled(policy, body));
  const result = await metrics.timedAsync("rego_partial_eval", () => prepared.partialAsync(options));
  timing.end();
  const answer: { readonly [name: string]: Printable | undefined } = {
    result: residual(result),
    explanation: tracer && explanation(request, tracer.explain(mode)),
    ...timing.told(request),
  };
  return jsonAnswer(request, new Struct(answer));
}

function compiled(policy: RegoPolicy, body: Body): PreparedQuery {
  try {
    return policy.prepareQuery(body);
  } catch (error) {
    throw error instanceof RegoError ? compileError(error, "compiling query") : error;
  }
}

function residual({ queries, support }: PartialResult): Struct {
  return new Struct({
    queries: queries.length === 0 ? undefined : queries.map((body) => printableAst(astJsonOfBody(body))),
    support: support.length === 0 ? undefined : support.map((module) => printableAst(astJsonOfModule(module))),
  });
}

function stringsOf(options: Value | undefined, name: string): readonly string[] {
  const value = options === undefined ? undefined : lookup(options, name);
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function unknownRef(text: string): Ref {
  const doing = "error(s) occurred while parsing unknowns: ";
  try {
    const term = parseSoleTerm(text);
    if (term.kind === "ref") return term;
    return { kind: "ref", loc: term.loc, terms: [term] };
  } catch (error) {
    if (error instanceof SoleTermError) throw badRequest(`${doing}${error.message}`);
    if (error instanceof RegoError)
      throw badRequest(`${doing}failed to parse term: ${diagnosticsText(error.diagnostics)}`);
    throw error;
  }
}

function inliningRef(text: string): Ref {
  try {
    const term = parseSoleTerm(text);
    if (term.kind === "ref" && term.terms.length > 1) return term;
    throw internalError(`expected ref but got ${term.loc.text}`);
  } catch (error) {
    if (error instanceof SoleTermError) throw internalError(`failed to parse ref: ${error.message}`);
    if (error instanceof RegoError) throw internalError(diagnosticsText(error.diagnostics));
    throw error;
  }
}
