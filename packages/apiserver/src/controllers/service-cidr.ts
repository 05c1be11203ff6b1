import { type KubeObject, timestampOf } from "@sallyport/kube";
import { isEqual } from "../registry/equality.ts";
import { addressNumber, addressRange, cidrsOf } from "../registry/service-ranges.ts";
import { isReason } from "./client.ts";
import { type Condition, withCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { withoutFinalizer } from "./finalizers.ts";
import { reconciler } from "./reconciler.ts";

const group = "networking.k8s.io";
/** The one that the API server's flag makes. */
const defaultName = "kubernetes";
const finalizer = "networking.k8s.io/service-cidr-finalizer";
/** Allocators may not have seen yet that it goes. */
const graceMs = 10_000;

/** Keeps the ServiceCIDR of the flag, says which are ready, and lets none go whose addresses services still have. */
export const serviceCidr: ControllerKind = {
  name: "service-cidr-controller",
  alias: "service-cidr",
  account: "service-cidrs-controller",
  create: (context) => {
    const all = () => context.cache.list(group, "servicecidrs").map(({ metadata }) => metadata.name ?? "");
    return reconciler(
      {
        name: serviceCidr.name,
        first: [defaultName],
        follows: [
          { group, resource: "servicecidrs", keys: ({ name }) => [name, ...all()] },
          { group, resource: "ipaddresses", keys: ({ object }) => (object === undefined ? all() : []) },
        ],
        sync: async (name, again) => {
          const found = context.cache.get(group, "servicecidrs", "", name);
          if (found === undefined) return name === defaultName ? createDefault(context) : undefined;
          if (!found.metadata.deletionTimestamp) return keep(found, context);
          const left = await letGo(found, context);
          if (left > 0) again.addAfter(name, left);
        },
      },
      context,
    );
  },
};

async function createDefault({ client, serviceRanges }: ControllerContext): Promise<void> {
  const made = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: defaultName },
    spec: { cidrs: [serviceRanges.cidr] },
  };
  await client.create(made).catch((error: unknown) => {
    if (!isReason(error, "AlreadyExists")) throw error;
  });
}

async function keep(found: KubeObject, context: ControllerContext): Promise<void> {
  const { finalizers = [] } = found.metadata;
  const kept = finalizers.includes(finalizer)
    ? found
    : await context.client.update(found, (fresh) => ({
        ...fresh,
        metadata: { ...fresh.metadata, finalizers: [...(fresh.metadata.finalizers ?? []), finalizer] },
      }));
  const word = found.metadata.name === defaultName ? "Kubernetes default Service CIDR" : "Kubernetes Service CIDR";
  await say(kept, { type: "Ready", status: "True", reason: "", message: `${word} is ready` }, context);
}

async function say(
  found: KubeObject,
  condition: Omit<Condition, "lastTransitionTime">,
  { client, clock }: ControllerContext,
): Promise<void> {
  const now = timestampOf(clock.now());
  await client.updateStatus(found, (fresh) => {
    const status = (fresh["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
    const conditions = withCondition(status.conditions, condition, now);
    return isEqual(conditions, status.conditions) ? fresh : { ...fresh, status: { ...status, conditions } };
  });
}

/** How many milliseconds are left until it may go; 0 where something else must happen first, or it has gone. */
async function letGo(found: KubeObject, context: ControllerContext): Promise<number> {
  const { cache, client, clock } = context;
  if (!(found.metadata.finalizers ?? []).includes(finalizer)) return 0;
  const others = cache
    .list(group, "servicecidrs")
    .filter(({ metadata }) => metadata.name !== found.metadata.name && !metadata.deletionTimestamp)
    .flatMap(cidrsOf);
  const addresses = cache.list(group, "ipaddresses").map(({ metadata }) => metadata.name ?? "");
  const isHeld = addresses.some((each) => isWithin(each, cidrsOf(found)) && !isWithin(each, others));
  if (isHeld) {
    const message =
      "There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR";
    await say(found, { type: "Ready", status: "False", reason: "Terminating", message }, context);
    return 0;
  }
  const left = Date.parse(found.metadata.deletionTimestamp ?? "") + graceMs - clock.now();
  if (left <= 0) await client.update(found, (fresh) => withoutFinalizer(fresh, finalizer));
  return Math.max(0, left);
}

function isWithin(address: string, cidrs: readonly string[]): boolean {
  const number = addressNumber(address) ?? -1;
  return cidrs.map(addressRange).some((range) => range !== undefined && number >= range.first && number <= range.last);
}
