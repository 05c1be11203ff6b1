import type { RbacReader } from "@sallyport/kube";
import { alwaysAllow, alwaysDeny, privilegedGroup } from "./always.ts";
import type { Authorizer } from "./authorizer.ts";
import { nodeAuthorizer } from "./node.ts";
import { rbacAuthorizer } from "./rbac.ts";
import { union } from "./union.ts";
import { type WebhookAuthorizerOptions, webhookAuthorizer } from "./webhook.ts";

/** kube-apiserver's `--authorization-mode`. */
export type AuthorizationMode = "AlwaysAllow" | "AlwaysDeny" | "Node" | "RBAC" | "Webhook";

/** In the order in which kube-apiserver's help names them. */
export const authorizationModes: readonly AuthorizationMode[] = [
  "AlwaysAllow",
  "AlwaysDeny",
  "Node",
  "RBAC",
  "Webhook",
];

/** The authorizers of the modes, in their order, behind `system:masters`. `webhook` must be there for the mode Webhook. */
export function createAuthorizer(
  modes: readonly AuthorizationMode[],
  reader: RbacReader,
  webhook?: WebhookAuthorizerOptions,
): Authorizer {
  return union([privilegedGroup, ...modes.map((mode) => authorizerOf(mode, reader, webhook))]);
}

function authorizerOf(
  mode: AuthorizationMode,
  reader: RbacReader,
  webhook: WebhookAuthorizerOptions | undefined,
): Authorizer {
  switch (mode) {
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
