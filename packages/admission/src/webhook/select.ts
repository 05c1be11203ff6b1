import { type Environment, matchConditionEnvironment } from "@sallyport/cel";
import { qualifiedResource, StatusError } from "@sallyport/kube";
import type { Authorizations } from "../cel/authorizations.ts";
import { Evaluation, type Expression } from "../cel/expression.ts";
import { inputActivation } from "../cel/input.ts";
import { compileConditions, matchConditionsBudget, matchesConditions } from "../cel/match-conditions.ts";
import { type ConditionsTold, toldConditions } from "../cel/told-conditions.ts";
import { asSeenBy, type Match, matchRequest } from "../match.ts";
import type { PluginContext } from "../plugin.ts";
import type { Request } from "../request.ts";
import type { Webhook } from "./configuration.ts";

/** Whether a webhook is sent a request, and as what. A match condition that fails follows the failurePolicy: throws, or leaves the webhook out. */
export async function matchWebhook(
  webhook: Webhook,
  { request, snapshot, effects }: Pick<PluginContext, "request" | "snapshot" | "effects">,
  authorizations: Authorizations,
  type: ConditionsTold["of"]["type"],
): Promise<Match | undefined> {
  const { rules = [] } = webhook;
  if (rules.length === 0) return undefined;
  const match = matchRequest({ ...webhook, resourceRules: rules }, request, snapshot);
  if (typeof match === "string") return undefined;
  const told = { effects, of: { kind: "webhook", name: webhook.name, operation: request.operation, type } } as const;
  return (await meetsConditions(webhook, match, request, authorizations, told)) ? match : undefined;
}

/** Made when the first webhook has a condition. */
let environment: Environment | undefined;

/** Compiled once for as long as the configuration is the same. */
const compiled = new WeakMap<Webhook, readonly Expression[]>();

async function meetsConditions(
  webhook: Webhook,
  match: Match,
  request: Request,
  authorizations: Authorizations,
  told: ConditionsTold,
): Promise<boolean> {
  const { matchConditions = [] } = webhook;
  if (matchConditions.length === 0) return true;
  let conditions = compiled.get(webhook);
  if (conditions === undefined) {
    environment ??= matchConditionEnvironment();
    conditions = compileConditions(matchConditions, environment);
    compiled.set(webhook, conditions);
  }
  const activation = inputActivation(asSeenBy(match, request), { authorizations, original: request });
  const known = conditions;
  const start = told.effects.ticks();
  const met = await authorizations.evaluate(() =>
    matchesConditions(known, new Evaluation(activation, matchConditionsBudget)),
  );
  const matches = toldConditions(met, start, told);
  if (typeof matches === "boolean") return matches;
  if (webhook.failurePolicy === "Ignore") return false;
  throw forbidden(request, matches.error);
}

function forbidden({ resource, name }: Request, why: string): StatusError {
  const named = name === "" ? qualifiedResource(resource) : `${qualifiedResource(resource)} ${JSON.stringify(name)}`;
  const { group } = resource;
  const details = { ...(name === "" ? {} : { name }), ...(group === "" ? {} : { group }), kind: resource.resource };
  return new StatusError("Forbidden", `${named} is forbidden: ${why}`, details);
}
