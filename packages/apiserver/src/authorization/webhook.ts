import { createHash } from "node:crypto";
import { type PostJson, WebhookError } from "../authentication/webhook-client.ts";
import type { Attributes, Authorizer, Verdict } from "./authorizer.ts";

/** kube-apiserver's `--authorization-webhook-*`. */
export interface WebhookAuthorizerOptions {
  readonly post: PostJson;
  readonly version: "v1" | "v1beta1";
  readonly authorizedTtlMs: number;
  readonly unauthorizedTtlMs: number;
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
      const spec = specOf(attributes, options.version);
      const key = createHash("sha256").update(JSON.stringify(spec)).digest("base64");
      const known = answers.get(key);
      if (known !== undefined && known.until > options.now()) return known.verdict;
      const verdict = await ask(options, spec);
      if (verdict.error === undefined) {
        const ttl = verdict.decision === "Allow" ? options.authorizedTtlMs : options.unauthorizedTtlMs;
        if (answers.size >= maxAnswers) answers.delete(answers.keys().next().value as string);
        answers.set(key, { verdict, until: options.now() + ttl });
      }
      return verdict;
    },
  };
}

async function ask({ post, version }: WebhookAuthorizerOptions, spec: object): Promise<Verdict> {
  try {
    const review = { kind: "SubjectAccessReview", apiVersion: `authorization.k8s.io/${version}`, spec };
    const { status = {} } = (await post(review)) as { readonly status?: Status };
    const { allowed = false, denied = false, reason = "" } = status;
    if (allowed && denied)
      return { decision: "Deny", reason, error: "webhook subject access review returned both allow and deny response" };
    return { decision: denied ? "Deny" : allowed ? "Allow" : "NoOpinion", reason };
  } catch (error) {
    if (!(error instanceof WebhookError)) throw error;
    return { decision: "NoOpinion", reason: "", error: error.message };
  }
}

/** v1beta1 names the groups `group`. */
function specOf(attributes: Attributes, version: "v1" | "v1beta1"): object {
  const { user, verb, group, version: apiVersion = "", resource, subresource = "", namespace, name, path } = attributes;
  const about =
    path === undefined
      ? { resourceAttributes: { namespace, verb, group, version: apiVersion, resource, subresource, name } }
      : { nonResourceAttributes: { path, verb } };
  const groups = version === "v1" ? { groups: user.groups } : { group: user.groups };
  const { username, uid, extra } = user;
  return { ...about, user: username, ...groups, ...(uid ? { uid } : {}), ...(extra ? { extra } : {}) };
}
