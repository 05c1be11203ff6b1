import type { RbacReader } from "@sallyport/kube";
import { type AbacPolicy, abacAuthorizer } from "./abac.ts";
import { alwaysAllow, alwaysDeny, privilegedGroup } from "./always.ts";
import type { Authorizer, Verdict } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";
import { rbacAuthorizer } from "./rbac.ts";
import { union } from "./union.ts";
import {
  defaultWebhookName,
  type WebhookAuthorizerOptions,
  type WebhookObserver,
  webhookAuthorizer,
} from "./webhook.ts";

/** kube-apiserver's `--authorization-mode`. */
export type AuthorizationMode = "ABAC" | "AlwaysAllow" | "AlwaysDeny" | "Node" | "RBAC" | "Webhook";

/** A mode, with what it needs where it is there for itself. */
export type ConfiguredMode =
  | AuthorizationMode
  | { readonly mode: "Webhook"; readonly webhook: WebhookAuthorizerOptions }
  | { readonly mode: "ABAC"; readonly policies: readonly AbacPolicy[] };

/** In the order in which kube-apiserver's help names them. */
export const authorizationModes: readonly AuthorizationMode[] = [
  "ABAC",
  "AlwaysAllow",
  "AlwaysDeny",
  "Node",
  "RBAC",
  "Webhook",
];

/** Who counts what authorizers say. */
export interface AuthorizationObserver {
  /** An authorizer of a mode, and of a name, decides for all. */
  readonly decided: (mode: AuthorizationMode, name: string, decision: "allowed" | "denied") => void;
  readonly webhooks: WebhookObserver;
}

/** The authorizers of the modes, in their order, behind `system:masters`. `webhook` must be there for the mode Webhook. */
export function createAuthorizer(
  modes: readonly ConfiguredMode[],
  reader: RbacReader,
  webhook?: WebhookAuthorizerOptions,
  observer?: AuthorizationObserver,
): Authorizer {
  const observedOf = (mode: ConfiguredMode) =>
    observed(authorizerOf(mode, reader, webhook, observer?.webhooks), mode, observer);
  return union([privilegedGroup, ...modes.map(observedOf)]);
}

/** The same authorizer; the observer is told where it has an opinion. */
function observed(
  authorizer: Authorizer,
  configured: ConfiguredMode,
  observer: AuthorizationObserver | undefined,
): Authorizer {
  const mode = typeof configured === "string" ? configured : configured.mode;
  const name = nameOf(configured);
  const told = (verdict: Verdict): Verdict => {
    if (verdict.decision !== "NoOpinion")
      observer?.decided(mode, name, verdict.decision === "Allow" ? "allowed" : "denied");
    return verdict;
  };
  return {
    ...authorizer,
    authorize: (attributes) => {
      const verdict = authorizer.authorize(attributes);
      return verdict instanceof Promise ? verdict.then(told) : told(verdict);
    },
  };
}

/** By what a configuration calls it, else as kube-apiserver does. */
function nameOf(mode: ConfiguredMode): string {
  if (mode === "Webhook") return defaultWebhookName;
  if (typeof mode === "string") return mode.toLowerCase();
  return mode.mode === "Webhook" ? (mode.webhook.name ?? defaultWebhookName) : mode.mode.toLowerCase();
}

function authorizerOf(
  mode: ConfiguredMode,
  reader: RbacReader,
  webhook: WebhookAuthorizerOptions | undefined,
  observer: WebhookObserver | undefined,
): Authorizer {
  if (typeof mode !== "string")
    return mode.mode === "Webhook" ? webhookAuthorizer(mode.webhook, observer) : abacAuthorizer(mode.policies);
  switch (mode) {
    case "ABAC":
      throw new Error("the authorization mode ABAC needs its policies");
    case "AlwaysAllow":
      return alwaysAllow;
    case "AlwaysDeny":
      return alwaysDeny;
    case "Node":
      return nodeAuthorizer(reader);
    case "RBAC":
      return rbacAuthorizer(reader);
    case "Webhook":
      if (webhook === undefined) throw new Error("the authorization mode Webhook needs its configuration");
      return webhookAuthorizer(webhook, observer);
  }
}
