import type { KubeObject } from "@sallyport/kube";
import type { ControllerKind } from "./controller.ts";
import { identityLabel } from "./identity-lease.ts";
import { reconciler } from "./reconciler.ts";

/** How often it looks; kube-apiserver's interval. */
const lookMs = 3_600_000;

const [group, namespace] = ["coordination.k8s.io", "kube-system"];

/** Takes away what tells of API servers that have not renewed it for as long as it says. kube-apiserver does this itself. */
export const identityLeaseGarbageCollector: ControllerKind = {
  name: "kube-apiserver-identity-lease-garbage-collector",
  alias: "identity-lease-gc",
  account: "",
  user: "system:apiserver",
  create: ({ cache, client, clock, ...context }) =>
    reconciler(
      {
        name: identityLeaseGarbageCollector.name,
        first: ["leases"],
        follows: [],
        sync: async (key, again) => {
          const expired = cache
            .list(group, "leases", namespace)
            .filter((lease) => lease.metadata.labels?.[identityLabel] === "kube-apiserver")
            .filter((lease) => isExpired(lease, clock.now()));
          for (const lease of expired) await client.delete(lease);
          again.addAfter(key, lookMs);
        },
      },
      { cache, clock, ...context },
    ),
};

/** One without its times is no lease of a server that lives. */
function isExpired({ spec }: KubeObject, now: number): boolean {
  const { renewTime, leaseDurationSeconds } = spec as {
    readonly renewTime?: string;
    readonly leaseDurationSeconds?: number;
  };
  if (renewTime === undefined || leaseDurationSeconds === undefined) return true;
  return Date.parse(renewTime) + leaseDurationSeconds * 1000 < now;
}
