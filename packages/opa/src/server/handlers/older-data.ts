import type { DataPath } from "@sallyport/rego";
import { ApiError } from "../api-error.ts";
import { Decision, loggedPath } from "../decision.ts";
import { documentAt, isBaseData, refText } from "../documents.ts";
import { jsonAnswer, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { bodyAsInput } from "../input.ts";
import { type PreparedPaths, type Serving, Timing } from "../serving.ts";

/** A document as the body alone, its input the whole body of the request: for webhooks that know nothing of OPA. */
export function olderDocument(
  serving: Serving,
  prepared: PreparedPaths,
  request: ServerRequest,
  path: DataPath,
): Promise<ServerAnswer> {
  return bareDocument(serving, prepared, request, path, loggedPath(request));
}

/** What is asked at `/`: the document that the configuration names. */
export async function defaultDecision(
  serving: Serving,
  prepared: PreparedPaths,
  request: ServerRequest,
): Promise<ServerAnswer> {
  const { defaultDecision: path } = serving.config;
  return bareDocument(serving, prepared, request, path, path.join("/"));
}

async function bareDocument(
  serving: Serving,
  prepared: PreparedPaths,
  request: ServerRequest,
  path: DataPath,
  told: string,
): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const { metrics } = timing;
  const input = (await bodyAsInput(request)) ?? null;
  const { generation } = serving.state;
  const isMissing = isBaseData(generation.policy.compiled.root, path);
  prepared.count(generation.policy, path.join("/"), metrics);
  if (isMissing) metrics.add("rego_external_resolve", 0);
  const decision = new Decision(serving, request, generation);
  const labels = decision.labels(path);
  const made = { path: told, input, metrics, labels };
  const options = { ...decision.evaluation(), input };
  const result = await metrics
    .timedAsync("rego_query_eval", () => documentAt(generation, path, options, labels))
    .finally(() => timing.end())
    .catch((error: unknown) => decision.fail(error, made));
  if (result === undefined) return decision.fail(undefinedDocument(path, isMissing), made);
  await decision.log({ ...made, result });
  return jsonAnswer(request, result);
}

function undefinedDocument(path: DataPath, isMissing: boolean): ApiError {
  return new ApiError(404, "undefined_document", `document ${isMissing ? "missing" : "undefined"}: ${refText(path)}`);
}
