import {
  type DataPath,
  type EvaluatedLabels,
  type EvaluateOptions,
  type QueryOptions,
  RegoError,
  type Value,
  type WalkOptions,
} from "@sallyport/rego";
import { type Printable, Struct } from "../../answers/json-text.ts";
import { Decision, loggedPath } from "../decision.ts";
import { documentAt, documentQuery, isBaseData } from "../documents.ts";
import { isOn, jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { explainMode, explanation, traceFor } from "../explain.ts";
import { inputOfBody, inputOfQuery, type RequestInput } from "../input.ts";
import type { Generation } from "../policy-state.ts";
import type { Handler } from "../routes.ts";
import { PreparedPaths, type Serving, Timing } from "../serving.ts";

const noInput = new Struct({ code: "api_usage_warning", message: "'input' key missing from the request" });

/** Reads of documents: `GET` with the input in its query, `POST` with it in its body. https://www.openpolicyagent.org/docs/rest-api#data-api */
export function documentHandlers(serving: Serving): { readonly get: Handler; readonly post: Handler } {
  const prepared = new PreparedPaths();
  return {
    get: (request, path) => answer(serving, prepared, request, path, () => inputOfQuery(request), false),
    post: (request, path) => answer(serving, prepared, request, path, () => inputOfBody(request), true),
  };
}

async function answer(
  serving: Serving,
  prepared: PreparedPaths,
  request: ServerRequest,
  path: DataPath,
  readInput: () => RequestInput | Promise<RequestInput>,
  warns: boolean,
): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const { metrics } = timing;
  const input = await metrics.timedAsync("rego_input_parse", async () => readInput());
  const { generation } = serving.state;
  const isStrict = isOn(request, "strict-builtin-errors");
  prepared.count(generation.policy, `${request.method} ${isStrict} ${path.join("/")}`, metrics);
  const decision = new Decision(serving, request, generation);
  if ((decision.id !== undefined || timing.isAsked(request)) && isBaseData(generation.policy.compiled.root, path))
    metrics.add("rego_external_resolve", 0);
  const labels = decision.labels(path);
  const custom = input.metadata && new Struct({ request_metadata: input.metadata });
  const made = { path: loggedPath(request), input: input.value, metrics, labels, custom };
  const options = { ...decision.evaluation(isStrict), input: input.value };
  const { result, explained } = await metrics
    .timedAsync("rego_query_eval", () =>
      evaluate(
        generation,
        request,
        path,
        { ...options, ...timing.operations(request), labels },
        timing.stages(request),
      ),
    )
    .catch((error: unknown) => {
      timing.end();
      if (error instanceof RegoError) metrics.discard("rego_query_eval");
      return decision.fail(error, made);
    });
  timing.end();
  await decision.log({ ...made, result });
  const fields: { readonly [name: string]: Printable | undefined } = {
    decision_id: decision.id,
    provenance: isOn(request, "provenance") ? provenance(serving, generation) : undefined,
    explanation: explained,
    ...timing.told(request),
    result,
    warning: warns && !input.given ? noInput : undefined,
  };
  return jsonAnswer(request, new Struct(fields));
}

interface Evaluated {
  readonly result: Value | undefined;
  readonly explained?: Printable;
}

async function evaluate(
  generation: Generation,
  request: ServerRequest,
  path: DataPath,
  {
    labels,
    ...options
  }: Pick<WalkOptions, "instrumentation"> & EvaluateOptions & { readonly labels: EvaluatedLabels | undefined },
  stages: Pick<QueryOptions, "timed">,
): Promise<Evaluated> {
  const mode = explainMode(request);
  if (mode === "off") return { result: await documentAt(generation, path, options, labels, stages) };
  const tracer = traceFor(request);
  const [first] = await documentQuery(generation, path, stages).walkAsync({
    ...options,
    data: generation.data,
    tracer,
    labels,
  });
  const result = first?.expressions[0]?.value;
  // As OPA, of what is undefined the whole trace alone is told.
  if (result === undefined && mode !== "full") return { result };
  return { result, explained: explanation(request, tracer.explain(mode)) };
}

/** Which OPA, and which bundles, have answered. */
function provenance({ build }: Serving, { bundles }: Generation): Struct {
  return new Struct({
    version: build.version,
    build_commit: build.commit,
    build_timestamp: build.timestamp,
    build_hostname: build.hostname,
    bundles: bundles.size === 0 ? undefined : new Struct(revisions(bundles)),
  });
}

/** By name; those without a revision have none. */
export function revisions(bundles: Generation["bundles"]): { readonly [name: string]: Printable } {
  const entries = [...bundles]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { manifest }]) => [name, new Struct({ revision: manifest.revision || undefined })]);
  return Object.fromEntries(entries);
}
