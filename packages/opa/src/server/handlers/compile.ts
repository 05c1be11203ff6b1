import {
  astJsonOfBody,
  astJsonOfModule,
  diagnosticsText,
  lookup,
  type PartialResult,
  parseInliningRef,
  type Ref,
  RegoError,
  SoleTermError,
  type Value,
} from "@sallyport/rego";
import { printableAst } from "../../answers/ast-printable.ts";
import { type Printable, Struct } from "../../answers/json-text.ts";
import { badRequest } from "../api-error.ts";
import { jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { explainMode, explanation, traceFor } from "../explain.ts";
import { fieldsOfBody, internalError } from "../fields.ts";
import type { Handler, Route } from "../routes.ts";
import { evaluation, type Serving, Timing } from "../serving.ts";
import { unknownRef } from "../unknown-ref.ts";
import { filters } from "./filters.ts";
import { parsed, prepared, type Refusals } from "./query.ts";

/** https://www.openpolicyagent.org/docs/rest-api#compile-api */
export function compileRoutes(serving: Serving): readonly Route[] {
  const methods = { POST: (request: ServerRequest) => compile(serving, request) };
  const filter: Handler = (request, path) => filters(serving, request, path);
  const filtering = { GET: filter, POST: filter };
  return [
    { name: "v1/compile", prefix: "/v1/compile", rest: "none", methods, compresses: ["POST"], isPlain: true },
    {
      name: "v1/compile",
      prefix: "/v1/compile",
      rest: "some",
      methods: filtering,
      compresses: ["POST"],
      isPlain: true,
    },
  ];
}

const refusals: Refusals = {
  empty: () => badRequest("missing required 'query' value"),
  other: (what) => badRequest(`error(s) occurred while parsing query: ${what}`),
};

async function compile(serving: Serving, request: ServerRequest): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const fields = await fieldsOfBody(request, "CompileRequestV1", {
    query: "string",
    input: "any",
    unknowns: "strings",
    options: "object",
  });
  const text = (fields.query as string | undefined) ?? "";
  if (text === "") throw refusals.empty();
  const { metrics } = timing;
  const body = metrics.timed("rego_query_parse", () => parsed(text, refusals));
  const unknowns = (fields.unknowns as readonly string[] | undefined)?.map(unknownRef);
  const { options = {} } = fields;
  const disableInlining = stringsOf(lookup(options, "disableInlining")).map(inlined);
  const mode = explainMode(request);
  const tracer = mode === "off" ? undefined : traceFor(request);
  const { policy, data } = serving.state.generation;
  const asked = {
    ...evaluation(serving, request),
    ...timing.operations(request),
    data,
    ...(fields.input === undefined ? {} : { input: fields.input }),
    ...(unknowns === undefined ? {} : { unknowns }),
    ...(tracer === undefined ? {} : { tracer }),
    disableInlining,
    nondeterministicBuiltins: lookup(options, "nondeterminsticBuiltins") === true,
  };
  const query = metrics.timed("rego_query_compile", () =>
    prepared(policy, body, { captureValues: false, ...timing.stages(request) }),
  );
  const result = await metrics.timedAsync("rego_partial_eval", () => query.partialAsync(asked));
  timing.end();
  const answer: { readonly [name: string]: Printable | undefined } = {
    result: residual(result),
    explanation: tracer && explanation(request, tracer.explain(mode)),
    ...timing.told(request),
  };
  return jsonAnswer(request, new Struct(answer));
}

function residual({ queries, support }: PartialResult): Struct {
  return new Struct({
    queries: queries.length === 0 ? undefined : queries.map((body) => printableAst(astJsonOfBody(body))),
    support: support.length === 0 ? undefined : support.map((module) => printableAst(astJsonOfModule(module))),
  });
}

function stringsOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function inlined(text: string): Ref {
  try {
    return parseInliningRef(text);
  } catch (error) {
    if (error instanceof SoleTermError) throw internalError(error.message);
    if (error instanceof RegoError) throw internalError(diagnosticsText(error.diagnostics));
    throw error;
  }
}
