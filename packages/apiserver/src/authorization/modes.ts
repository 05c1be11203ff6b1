import type { RbacReader } from "@sallyport/kube";
import { type AbacPolicy, abacAuthorizer } from "./abac.ts";
import { alwaysAllow, alwaysDeny, privilegedGroup } from "./always.ts";
import type { Authorizer, Verdict } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";
import { rbacAuthorizer } from "./rbac.ts";
import { union } from "./union.ts";
import { type WebhookAuthorizerOptions, webhookAuthorizer } from "./webhook.ts";

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

/** Told of what an authorizer decides for all: by its mode. */
export type OnDecision = (mode: AuthorizationMode, decision: "allowed" | "denied") => void;

/** The authorizers of the modes, in their order, behind `system:masters`. `webhook` must be there for the mode Webhook. */
export function createAuthorizer(
  modes: readonly ConfiguredMode[],
  reader: RbacReader,
  webhook?: WebhookAuthorizerOptions,
  onDecision: OnDecision = () => {},
): Authorizer {
  const observedOf = (mode: ConfiguredMode) =>
    observed(authorizerOf(mode, reader, webhook), typeof mode === "string" ? mode : mode.mode, onDecision);
  return union([privilegedGroup, ...modes.map(observedOf)]);
}

/** The same authorizer; `onDecision` is told where it has an opinion. */
function observed(authorizer: Authorizer, mode: AuthorizationMode, onDecision: OnDecision): Authorizer {
  const told = (verdict: Verdict): Verdict => {
    if (verdict.decision !== "NoOpinion") onDecision(mode, verdict.decision === "Allow" ? "allowed" : "denied");
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

function authorizerOf(
  mode: ConfiguredMode,
  reader: RbacReader,
  webhook: WebhookAuthorizerOptions | undefined,
): Authorizer {
  if (typeof mode !== "string")
    return mode.mode === "Webhook" ? webhookAuthorizer(mode.webhook) : abacAuthorizer(mode.policies);
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
      return webhookAuthorizer(webhook);
  }
}
