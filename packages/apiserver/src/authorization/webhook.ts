import { createHash } from "node:crypto";
import { activationOf, type Json, type Program, valueFromJson } from "@sallyport/cel";
import { type PostJson, WebhookError } from "../authentication/webhook-client.ts";
import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";

/** kube-apiserver's `--authorization-webhook-*`. */
export interface WebhookAuthorizerOptions {
  /** What it is called in a configuration; `default` when absent. */
  readonly name?: string;
  readonly post: PostJson;
  readonly version: "v1" | "v1beta1";
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
  /** What a service that cannot be asked, or a condition that fails, means; no opinion when absent. */
  readonly onError?: "NoOpinion" | "Deny";
  /** It is asked only where all hold. */
  readonly matchConditions?: readonly { readonly text: string; readonly program: Program }[];
  readonly now: () => number;
}

/** Who counts what services are asked, each by its name. */
export interface WebhookObserver {
  /** `failsOpen` where others are asked though it could not answer. */
  readonly asked: (name: string, result: "success" | "timeout" | "error", seconds: number, failsOpen: boolean) => void;
  readonly conditionsMatched: (name: string, outcome: "met" | "excluded" | "failed", seconds: number) => void;
}

const silent: WebhookObserver = { asked: () => {}, conditionsMatched: () => {} };

export const defaultWebhookName = "default";

/** As many answers as upstream keeps. */
const maxAnswers = 8192;

interface Status {
  readonly allowed?: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  readonly evaluationError?: string;
}

/** Asks a service with a SubjectAccessReview. What goes wrong is no opinion, never a permission. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions, observer: WebhookObserver = silent): Authorizer {
  const answers = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  return {
    authorize: async (attributes) => {
      const matches = observedMatch(attributes, options, observer);
      if (matches !== true) return matches === false ? { decision: "NoOpinion", reason: "" } : matches;
      const spec = specOf(attributes, options.version);
      const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
      const known = answers.get(key);
      if (known !== undefined && known.until > options.now()) return known.verdict;
      const verdict = await ask(options, spec, observer);
      if (verdict.error === undefined && isSmall(attributes)) {
        const ttl = verdict.decision === "Allow" ? options.authorizedTtlMs : options.unauthorizedTtlMs;
        if (answers.size >= maxAnswers) answers.delete(answers.keys().next().value as string);
        answers.set(key, { verdict, until: options.now() + ttl });
      }
      return verdict;
    },
    rules: () => ({
      rules: [],
      isIncomplete: true,
      errors: ["webhook authorizer does not support user rule resolution"],
    }),
  };
}

/** What a client chooses is remembered only up to so many characters; upstream's limit. */
const maxRemembered = 10_000;

function isSmall({ namespace, verb, group, version = "", resource, subresource = "", name, path = "" }: Attributes) {
  const parts = [namespace, verb, group, version, resource, subresource, name, path];
  return parts.reduce((sum, part) => sum + part.length, 0) < maxRemembered;
}

function observedMatch(
  attributes: Attributes,
  options: WebhookAuthorizerOptions,
  observer: WebhookObserver,
): boolean | Verdict {
  if ((options.matchConditions ?? []).length === 0) return true;
  const start = performance.now();
  const matches = isMatch(attributes, options);
  const outcome = matches === true ? "met" : matches === false ? "excluded" : "failed";
  observer.conditionsMatched(options.name ?? defaultWebhookName, outcome, (performance.now() - start) / 1000);
  return matches;
}

/** False where a condition does, the verdict of a failure where one fails and none is false. */
function isMatch(
  attributes: Attributes,
  { matchConditions = [], onError }: WebhookAuthorizerOptions,
): boolean | Verdict {
  if (matchConditions.length === 0) return true;
  const request = valueFromJson(conditionInput(attributes) as Json);
  const errors: string[] = [];
  for (const { text, program } of matchConditions) {
    const outcome = program.evaluate(activationOf({ request }));
    if ("error" in outcome)
      errors.push(`cel evaluation error: expression '${text}' resulted in error: ${outcome.error}`);
    else if (outcome.value === false) return false;
  }
  const error = errors.length > 1 ? `[${errors.join(", ")}]` : errors[0];
  return error === undefined || { decision: onError ?? "NoOpinion", reason: "", error };
}

/** The spec of a SubjectAccessReview with all its texts, also those that say nothing. */
function conditionInput(attributes: Attributes): object {
  const { user, verb, path, group, version = "", resource, subresource = "", namespace, name } = attributes;
  const { username, groups, uid = "", extra = {} } = user;
  const about =
    path === undefined
      ? {
          resourceAttributes: {
            ...{ namespace, verb, group, version, resource, subresource, name },
            ...told(attributes),
          },
        }
      : { nonResourceAttributes: { path, verb } };
  return { user: username, groups, uid, extra, ...about };
}

function told({ selectors: { fields = [], labels = [] } = {} }: Attributes): object {
  return {
    ...(fields.length === 0 ? {} : { fieldSelector: { requirements: fields } }),
    ...(labels.length === 0 ? {} : { labelSelector: { requirements: labels } }),
  };
}

async function ask(
  { name = defaultWebhookName, post, version, onError = "NoOpinion" }: WebhookAuthorizerOptions,
  spec: object,
  observer: WebhookObserver,
): Promise<Verdict> {
  const start = performance.now();
  const tell = (result: "success" | "timeout" | "error") =>
    observer.asked(name, result, (performance.now() - start) / 1000, result !== "success" && onError === "NoOpinion");
  try {
    const review = { kind: "SubjectAccessReview", apiVersion: `authorization.k8s.io/${version}`, spec };
    const { status = {} } = (await post(review)) as { readonly status?: Status };
    tell("success");
    const { allowed = false, denied = false, reason = "" } = status;
    if (allowed && denied)
      return { decision: "Deny", reason, error: "webhook subject access review returned both allow and deny response" };
    return { decision: denied ? "Deny" : allowed ? "Allow" : "NoOpinion", reason };
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    tell(/deadline exceeded|timeout/i.test(error.message) ? "timeout" : "error");
    return { decision: onError, reason: "", error: error.message };
  }
}

/** v1beta1 names the groups `group`. */
function specOf(attributes: Attributes, version: "v1" | "v1beta1"): object {
  const { user, verb, group, version: apiVersion = "", resource, subresource = "", namespace, name, path } = attributes;
  const about =
    path === undefined
      ? {
          resourceAttributes: {
            ...{ namespace, verb, group, version: apiVersion, resource, subresource, name },
            ...told(attributes),
          },
        }
      : { nonResourceAttributes: { path, verb } };
  const groups = version === "v1" ? { groups: user.groups } : { group: user.groups };
  const { username, uid, extra } = user;
  return { ...about, user: username, ...groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}
