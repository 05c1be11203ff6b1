import type { Client } from "@sallyport/cluster";
import { type SecretPlace, sharedAuthority } from "./authority-secret.ts";
import { type Configurations, keepBundles } from "./ca-bundles.ts";
import { type Authority, bundleOf, type RotationOptions } from "./rotation.ts";
import type { ServingPair, TlsSource } from "./tls-source.ts";

export interface OwnCertificatesOptions extends Omit<RotationOptions, "now"> {
  readonly client: Client;
  readonly secret: SecretPlace;
  readonly configurations: Configurations;
  readonly now: () => number;
  readonly onFault: (error: Error) => void;
  /** How often it is looked whether something is due or was changed by others. */
  readonly everyMs?: number;
}

/** Far below the time that a new authority is told before it signs. */
const defaultEveryMs = 30_000;

/** A certificate that the replicas make and renew themselves, with the webhook configurations' caBundles. Rejects when the Secret cannot be had. */
export async function ownCertificates(options: OwnCertificatesOptions): Promise<TlsSource> {
  const { client, secret, configurations, now, onFault, everyMs = defaultEveryMs, ...rotation } = options;
  const listeners: ((pair: ServingPair) => void)[] = [];
  let authority = await sharedAuthority(client, secret, { ...rotation, now: now() });
  await keepBundles(client, configurations, bundleOf(authority)).catch(onFault);
  const look = async () => {
    const next = await sharedAuthority(client, secret, { ...rotation, now: now() });
    // Whom to trust is told before what must be trusted is served.
    await keepBundles(client, configurations, bundleOf(next));
    const isChanged = next.leaf.certificate !== authority.leaf.certificate;
    authority = next;
    if (isChanged) for (const listener of listeners) listener(pairOf(authority));
  };
  let isLooking = false;
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    void look()
      .catch(onFault)
      .finally(() => {
        isLooking = false;
      });
  }, everyMs);
  timer.unref();
  return {
    current: () => pairOf(authority),
    onChange: (listener) => listeners.push(listener),
    close: () => clearInterval(timer),
  };
}

function pairOf({ leaf }: Authority): ServingPair {
  return leaf;
}
