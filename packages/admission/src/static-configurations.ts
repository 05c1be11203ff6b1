import type { KubeObject } from "@sallyport/kube";

/**
 * Configurations of webhooks and policies that a server reads from files: asked before those of the API, also of requests that change the
 * API's, and out of its reach. KEP-5793.
 */
export interface StaticConfigurations {
  /** Of a resource of admissionregistration.k8s.io, by name. */
  readonly list: (resource: string) => readonly KubeObject[];
  /** What a plugin shows to the webhooks of a server (`host:port`); nothing where absent. */
  readonly credentialsFor?: (plugin: string, server: string) => WebhookCredentials;
}

/** Who a caller is to a webhook: `kubeConfigFile` of a WebhookAdmissionConfiguration. */
export interface WebhookCredentials {
  /** The header of this name. */
  readonly authorization?: string;
  /** PEM of a client certificate and its key. */
  readonly cert?: string;
  readonly key?: string;
}

export const noStaticConfigurations: StaticConfigurations = { list: () => [] };
