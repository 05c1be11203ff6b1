export { type AdmitOptions, admit } from "./admit.ts";
export type { Decision, Outcome, PatchOperation, Phase, Reason, Step } from "./decision.ts";
export type { Plugin, PluginContext, PluginFunction, PluginResult } from "./plugin.ts";
export type { Level } from "./podsecurity/check.ts";
export { checkRegistry, checks, evaluatePod, type Finding, joinFindings, overriding } from "./podsecurity/registry.ts";
export { type Operation, type Request, type UserInfo, withObject } from "./request.ts";
export type { AdmissionEffects, AuthorizationAttributes, Authorizer, ObjectReader, PolicySet, Snapshot, WebhookAnswer, WebhookPost } from "./snapshot.ts";
