export { SourceError } from "../source-error.ts";
export {
  conditionsWith,
  ExternalSecretController,
  type ExternalSecretObject,
  type ExternalSecretStatus,
  type SecretToRemove,
  type ToldEvent,
  timeText,
} from "./external/controller.ts";
export {
  externalSecretsDefinitions,
  externalSecretsGroup,
  externalSecretsSchema,
  servedVersions,
} from "./external/definitions.ts";
export { checkTarget, desiredSecret, managedLabel, type SecretObject } from "./external/desired-secret.ts";
export { type ExternalSecret, ExternalSecretError, type StoreRef } from "./external/external-secret.ts";
export { providerDataOf } from "./external/provider-data.ts";
export { faultOf as storeFaultOf, isUntouched, type SecretWriter } from "./external/reconcile.ts";
export { StoreCatalogue, type StoreObject } from "./external/store-catalogue.ts";
export { loadTemplates, type TemplateSource } from "./external/template-from.ts";
export type { SecretsOfNamespace } from "./kubernetes-store.ts";
export type {
  CaProvider,
  KubernetesServer,
  SecretKeyRef,
  ServiceAccountRef,
  StoreContext,
  StoreCredentials,
} from "./store-context.ts";
