import { blamedField } from "@sallyport/admission";
import {
  compare,
  compileParsed,
  diagnosticsText,
  type Effects,
  EvaluationError,
  formatEvaluationError,
  isObject,
  type JsonObject,
  jsonText,
  lookup,
  type RegoPolicy,
  RegoSet,
  TraceBuffer,
  type TypeName,
  traceText,
  typeName,
  type Value,
} from "@sallyport/rego";
import { type Constraint, parametersOf } from "../constraint.ts";
import { externalDataBuiltin } from "../external-data/builtin.ts";
import type { ExternalDataSource } from "../external-data/external-data.ts";
import { FrameworkError } from "../fault.ts";
import type { Fields } from "../fields.ts";
import type { Review } from "../review.ts";
import { targetName } from "../template/template.ts";
import type { Engine, EngineData, Origin, Violation } from "./engine.ts";
import { parseSource } from "./rego-source.ts";

export interface RegoEngineOptions {
  /** Without `print` among them what policies print is left out when templates are compiled. */
  readonly effects?: Effects;
  /** What `external_data` asks; without it templates that call it are refused. */
  readonly externalData?: ExternalDataSource;
}

/** `rule violation[{"msg": …, "details": …}]`, asked with `input.review` and `input.parameters`. Each template is compiled by itself. */
export function regoEngine(options: RegoEngineOptions = {}): Engine {
  const builtins = options.externalData === undefined ? [] : [externalDataBuiltin(options.externalData)];
  return {
    name: "Rego",
    compile: (_, { source }) => {
      const { policy, diagnostics } = compileParsed(parseSource(source), {
        builtins,
        compile: { print: options.effects?.print !== undefined },
      });
      if (policy === undefined)
        throw new FrameworkError("template", `unable to compile modules: ${diagnosticsText(diagnostics)}`);
      return {
        ask: (review, data) => {
          const shown = shownReview(review, data);
          return (constraint) => violationsOf(policy, inputOf(constraint, shown), data, options);
        },
        originOf: (constraint, review, data, msg) =>
          originOf(policy, inputOf(constraint, shownReview(review, data)), data, options, msg),
        traceOf: (constraint, review, data) =>
          traceOf(policy, inputOf(constraint, shownReview(review, data)), data, options),
      };
    },
  };
}

function shownReview({ request }: Review, { namespace }: EngineData): Fields {
  return { ...request, namespaceObject: namespace ?? null };
}

function inputOf(constraint: Constraint, review: Fields): JsonObject {
  return { review, parameters: parametersOf(constraint) } as unknown as JsonObject;
}

/** The rule that made the message, and the field that the message is about. */
function originOf(
  policy: RegoPolicy,
  input: JsonObject,
  { inventory }: EngineData,
  { effects }: RegoEngineOptions,
  msg: string,
): Origin | undefined {
  const { derivations } = policy.explain("template/violation", {
    input,
    data: inventory,
    ...(effects === undefined ? {} : { effects }),
  });
  const found = derivations.find(({ value }) => isObject(value) && lookup(value, "msg") === msg);
  if (found === undefined) return undefined;
  const field = blamedField(found, msg, ["review", "object"]);
  return {
    file: found.file,
    line: found.row,
    fieldPath: field?.path ?? "",
    ...(field?.value === undefined ? {} : { value: field.value }),
  };
}

/** As OPA traces a query for a template's violations; what fails ends the trace. */
function traceOf(
  policy: RegoPolicy,
  input: JsonObject,
  { inventory }: EngineData,
  { effects }: RegoEngineOptions,
): string {
  const tracer = new TraceBuffer();
  try {
    policy.walk("data.template.violation[result]", {
      input,
      data: inventory,
      tracer,
      ...(effects === undefined ? {} : { effects }),
    });
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
  }
  return traceText(tracer.explain("debug"));
}

/** What fails refuses, with the error for a message. */
function violationsOf(
  policy: RegoPolicy,
  input: JsonObject,
  { inventory }: EngineData,
  { effects }: RegoEngineOptions,
): readonly Violation[] {
  try {
    const found = policy.evaluate("template/violation", {
      input,
      data: inventory,
      ...(effects === undefined ? {} : { effects }),
    });
    return found instanceof RegoSet ? resultsOf(found.sorted()) : [];
  } catch (error) {
    if (error instanceof EvaluationError) return [{ msg: formatEvaluationError(error), details: {} }];
    throw error;
  }
}

/** In the order of a set of `{details, msg}`; what is no object with a `msg` is no violation. */
function resultsOf(members: readonly Value[]): readonly Violation[] {
  return members
    .flatMap((member) => {
      const msg = isObject(member) ? lookup(member, "msg") : undefined;
      return msg === undefined ? [] : [{ msg, details: lookup(member, "details") ?? {} }];
    })
    .sort((a, b) => compare(a.details, b.details) || compare(a.msg, b.msg))
    .map(({ msg, details }) => ({ msg: textOf(msg), details }));
}

function textOf(msg: Value): string {
  if (typeof msg === "string") return msg;
  throw new FrameworkError(
    "review",
    `${targetName}: Rego: extracting message binding: .msg accessor error: ${jsonText(msg)} is of the type ${goTypes[typeName(msg)]}, expected string`,
  );
}

const goTypes: { readonly [type in TypeName]: string } = {
  null: "<nil>",
  boolean: "bool",
  number: "json.Number",
  string: "string",
  array: "[]interface {}",
  set: "[]interface {}",
  object: "map[string]interface {}",
};
