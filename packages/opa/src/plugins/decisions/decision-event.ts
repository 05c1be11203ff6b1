import type { DataPath, JsonObject } from "@sallyport/rego";
import { goJson, type Printable, Struct } from "../../answers/json-text.ts";
import type { LoggedDecision } from "../../server/decision.ts";
import { revisions } from "../../server/handlers/documents.ts";

/** Fields of a logged decision in OPA's order. https://www.openpolicyagent.org/docs/management-decision-logs#decision-log-service-api */
const fields = [
  "labels",
  "decision_id",
  "bundles",
  "path",
  "query",
  "input",
  "result",
  "nd_builtin_cache",
  "erased",
  "masked",
  "error",
  "requested_by",
  "timestamp",
  "metrics",
  "req_id",
  "rule_labels",
  "request_context",
  "custom",
] as const;

/** A decision as it is logged. */
export type DecisionEvent = { readonly [name in (typeof fields)[number]]?: Printable | undefined };

/** What an event tells beside the decision. */
export interface EventContext {
  readonly labels: JsonObject;
  /** RFC 3339. */
  readonly timestamp: string;
  /** Headers of requests that are told. */
  readonly headers: readonly string[];
}

export function eventOf(decision: LoggedDecision, { labels, timestamp, headers }: EventContext): DecisionEvent {
  const { id, request, bundles, path, query, input, result, nondeterministic, error, metrics, custom } = decision;
  const labelled = result === undefined ? [] : (decision.labels?.labels ?? []);
  return {
    labels,
    decision_id: id,
    bundles: bundles.size === 0 ? undefined : new Struct(revisions(bundles)),
    path: path || undefined,
    query,
    input,
    result,
    nd_builtin_cache: nondeterministic,
    error,
    requested_by: request.clientAddress,
    timestamp,
    metrics: metrics.json(),
    req_id: request.id,
    rule_labels: labelled.length === 0 ? undefined : labelled,
    request_context: requestContext(decision, headers),
    custom,
  };
}

function requestContext({ request }: LoggedDecision, names: readonly string[]): Struct | undefined {
  const found = names.flatMap((name) => {
    const values = request.headers.get(name.toLowerCase());
    return values === undefined ? [] : [[name, values] as const];
  });
  return found.length === 0
    ? undefined
    : new Struct({ http: new Struct({ headers: Object.fromEntries(found) as JsonObject }) });
}

/** As entries of Go's logs have them: in an order of their own, the error in words. */
export function entryFields(
  event: DecisionEvent,
  errorText: string | undefined,
): { readonly [name: string]: Printable | undefined } {
  const { timestamp, decision_id: id, labels, error: _, requested_by, metrics, req_id, ...rest } = event;
  const { request_context, rule_labels, custom, bundles, path, query, ...values } = rest;
  const head = { type: decisionLogType, timestamp, decision_id: id, labels, bundles, path, query };
  return { ...head, ...values, error: errorText, requested_by, metrics, req_id, request_context, rule_labels, custom };
}

export const decisionLogType = "openpolicyagent.org/decision_logs";

/** JSON in one line. */
export function eventText(event: DecisionEvent): string {
  return goJson(new Struct(Object.fromEntries(fields.map((name) => [name, event[name]]))), "");
}

/** `/system/log/mask` as a path. */
export function decisionPath(text: string): DataPath {
  return text.split("/").filter((part) => part !== "");
}
