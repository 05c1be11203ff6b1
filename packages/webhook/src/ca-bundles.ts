import type { Client } from "@sallyport/cluster";
import { type KubeObject, StatusError } from "@sallyport/kube";

/** Which webhook configurations call us. */
export interface Configurations {
  readonly mutating: readonly string[];
  readonly validating: readonly string[];
}

const group = "/apis/admissionregistration.k8s.io/v1";

interface Hook {
  readonly clientConfig: { readonly caBundle?: string };
}

/** Writes the bundle into all webhooks of the configurations that have another one. One that is missing is passed over: it may come later. */
export async function keepBundles(client: Client, names: Configurations, bundle: string): Promise<void> {
  const wanted = Buffer.from(bundle).toString("base64");
  for (const name of names.mutating) await keepBundle(client, `${group}/mutatingwebhookconfigurations/${name}`, wanted);
  for (const name of names.validating)
    await keepBundle(client, `${group}/validatingwebhookconfigurations/${name}`, wanted);
}

async function keepBundle(client: Client, path: string, wanted: string): Promise<void> {
  try {
    const configuration = (await client.ask(path)) as KubeObject;
    const hooks = (configuration["webhooks"] ?? []) as readonly Hook[];
    if (hooks.every(({ clientConfig }) => clientConfig.caBundle === wanted)) return;
    const webhooks = hooks.map((hook) => ({ ...hook, clientConfig: { ...hook.clientConfig, caBundle: wanted } }));
    await client.ask(path, { method: "PUT", body: { ...configuration, webhooks } });
  } catch (error) {
    // Gone, or written by another replica at the same time: the next round looks again.
    if (!(error instanceof StatusError) || (error.status.code !== 404 && error.status.code !== 409)) throw error;
  }
}
