import type { KubeObject } from "@sallyport/kube";

/**
 * Configurations of webhooks and policies that a server reads from files: asked before those of the API, also of requests that change the
 * API's, and out of its reach. KEP-5793.
 */
export interface StaticConfigurations {
  /** Of a resource of admissionregistration.k8s.io, by name. */
  readonly list: (resource: string) => readonly KubeObject[];
}

export const noStaticConfigurations: StaticConfigurations = { list: () => [] };
