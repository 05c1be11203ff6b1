import { type Environment, matchConditionEnvironment } from "@sallyport/cel";
import { StatusError } from "@sallyport/kube";
import { Authorizations } from "../cel/authorizations.ts";
import { Evaluation, type Expression } from "../cel/expression.ts";
import { inputActivation } from "../cel/input.ts";
import { compileConditions, matchConditionsBudget, matchesConditions } from "../cel/match-conditions.ts";
import { type Match, matchRequest } from "../match.ts";
import type { PluginContext } from "../plugin.ts";
import type { PlacedWebhook, Webhook } from "./configuration.ts";

/** A webhook that a request matches, and where it stands: configurations from files, then the API's, by name; their webhooks in order. */
export interface Selected {
  readonly webhook: Webhook;
  readonly configuration: string;
  readonly index: number;
  readonly match: Match;
}

/** Which webhooks a request is sent to. A match condition that fails follows the failurePolicy: throws, or leaves the webhook out. */
export async function selectWebhooks(
  context: PluginContext,
  webhooks: readonly PlacedWebhook[],
): Promise<readonly Selected[]> {
  const { request, snapshot } = context;
  const authorizations = new Authorizations(snapshot.authorizer, request);
  const selected: Selected[] = [];
  for (const [index, { webhook, configuration }] of webhooks.entries()) {
    const { rules = [] } = webhook;
    const match =
      rules.length === 0 ? "no rules" : matchRequest({ ...webhook, resourceRules: rules }, request, snapshot);
    if (typeof match === "string") continue;
    if (await meetsConditions(webhook, context, authorizations))
      selected.push({ webhook, configuration, index, match });
  }
  return selected;
}

/** Made when the first webhook has a condition. */
let environment: Environment | undefined;

/** Compiled once for as long as the configuration is the same. */
const compiled = new WeakMap<Webhook, readonly Expression[]>();

async function meetsConditions(
  webhook: Webhook,
  { request }: PluginContext,
  authorizations: Authorizations,
): Promise<boolean> {
  const { matchConditions = [] } = webhook;
  if (matchConditions.length === 0) return true;
  let conditions = compiled.get(webhook);
  if (conditions === undefined) {
    environment ??= matchConditionEnvironment();
    conditions = compileConditions(matchConditions, environment);
    compiled.set(webhook, conditions);
  }
  const activation = inputActivation(request, { authorizations });
  const known = conditions;
  const matches = await authorizations.evaluate(() =>
    matchesConditions(known, new Evaluation(activation, matchConditionsBudget)),
  );
  if (typeof matches === "boolean") return matches;
  if (webhook.failurePolicy === "Ignore") return false;
  throw new StatusError("Forbidden", matches.error);
}
