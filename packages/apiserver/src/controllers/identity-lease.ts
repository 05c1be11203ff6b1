import { randomUUID } from "node:crypto";
import type { KubeObject } from "@sallyport/kube";
import { serverIdentity } from "../server-identity.ts";
import { isReason } from "./client.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

/** Whose the lease is, as a label: selectors of those who look for API servers ask for it. */
export const identityLabel = "apiserver.kubernetes.io/identity";

/** kube-apiserver's times. */
const leaseSeconds = 3600;
const renewMs = 10_000;

/** How long the end of a server waits for its lease to go. */
const farewellMs = 2_000;

const group = "coordination.k8s.io";
const namespace = "kube-system";

/**
 * Tells by a Lease of kube-system, `apiserver-` and a hash, that this server lives: made anew at its start, renewed each ten seconds, and
 * gone when it ends in peace. kube-apiserver does this itself. KEP-1965.
 */
export const identityLease: ControllerKind = {
  name: "kube-apiserver-identity-lease-controller",
  alias: "identity-lease",
  account: "",
  user: "system:apiserver",
  create: (context) => {
    const { cache, client, clock, hostname } = context;
    if (hostname === undefined) return { name: identityLease.name, start: async () => {}, stop: async () => {} };
    const name = serverIdentity(hostname);
    const found = () => cache.get(group, "leases", namespace, name);
    const holder = `${name}_${randomUUID()}`;
    const letGo = async (isOurs: (lease: KubeObject) => boolean) => {
      const lease = found();
      if (lease !== undefined && isOurs(lease)) await client.delete(lease);
    };
    const renewal = reconciler(
      {
        name: identityLease.name,
        first: [name],
        follows: [],
        sync: async (key, again) => {
          await renew(context, name, holder, found());
          again.addAfter(key, renewMs);
        },
      },
      context,
    );
    return {
      name: identityLease.name,
      start: async () => {
        // What another life of this server has left tells of nobody.
        await letGo(() => true);
        await renewal.start();
      },
      stop: async () => {
        await renewal.stop();
        // Two servers of one machine share the name: the other one's stays.
        const left = letGo(({ spec }) => (spec as { readonly holderIdentity?: string }).holderIdentity === holder);
        // A store that is away keeps nobody from ending: the lease then ends by itself.
        await Promise.race([left.catch(() => {}), new Promise<void>((done) => clock.after(farewellMs, done))]);
      },
    };
  },
};

async function renew(
  { client, clock, hostname }: ControllerContext,
  name: string,
  holderIdentity: string,
  found: KubeObject | undefined,
): Promise<void> {
  const labels = { [identityLabel]: "kube-apiserver", "kubernetes.io/hostname": hostname ?? "" };
  const renewed = {
    leaseDurationSeconds: leaseSeconds,
    renewTime: new Date(clock.now()).toISOString().replace("Z", "000Z"),
  };
  if (found !== undefined) {
    await client.update(found, (fresh) => ({
      ...fresh,
      metadata: { ...fresh.metadata, labels: { ...fresh.metadata.labels, ...labels } },
      spec: { ...(fresh["spec"] as object), ...renewed },
    }));
    return;
  }
  const made = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name, namespace, labels },
    spec: { holderIdentity, ...renewed },
  };
  await client.create(made).catch((error: unknown) => {
    if (!isReason(error, "AlreadyExists")) throw error;
  });
}
