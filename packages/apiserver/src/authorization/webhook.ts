import { createHash } from "node:crypto";
import { activationOf, type Json, type Program, valueFromJson } from "@sallyport/cel";
import { type PostJson, WebhookError } from "../authentication/webhook-client.ts";
import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";

/** kube-apiserver's `--authorization-webhook-*`. */
export interface WebhookAuthorizerOptions {
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

/** As many answers as upstream keeps. */
const maxAnswers = 8192;

interface Status {
  readonly allowed?: boolean;
  readonly denied?: boolean;
  readonly reason?: string;
  readonly evaluationError?: string;
}

/** Asks a service with a SubjectAccessReview. What goes wrong is no opinion, never a permission. */
export function webhookAuthorizer(options: WebhookAuthorizerOptions): Authorizer {
  const answers = new Map<string, { readonly verdict: Verdict; readonly until: number }>();
  return {
    authorize: async (attributes) => {
      const matches = isMatch(attributes, options);
      if (matches !== true) return matches === false ? { decision: "NoOpinion", reason: "" } : matches;
      const spec = specOf(attributes, options.version);
      const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
      const known = answers.get(key);
      if (known !== undefined && known.until > options.now()) return known.verdict;
      const verdict = await ask(options, spec);
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

async function ask({ post, version, onError = "NoOpinion" }: WebhookAuthorizerOptions, spec: object): Promise<Verdict> {
  try {
    const review = { kind: "SubjectAccessReview", apiVersion: `authorization.k8s.io/${version}`, spec };
    const { status = {} } = (await post(review)) as { readonly status?: Status };
    const { allowed = false, denied = false, reason = "" } = status;
    if (allowed && denied)
      return { decision: "Deny", reason, error: "webhook subject access review returned both allow and deny response" };
    return { decision: denied ? "Deny" : allowed ? "Allow" : "NoOpinion", reason };
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
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
