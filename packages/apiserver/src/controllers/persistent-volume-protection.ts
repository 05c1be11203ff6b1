import type { ControllerKind } from "./controller.ts";
import { isReleased, withoutFinalizer } from "./finalizers.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

const finalizer = "kubernetes.io/pv-protection";

/** Lets a deleted volume go when it is bound to no claim any more. */
export const persistentVolumeProtection: ControllerKind = {
  name: "persistentvolume-protection-controller",
  alias: "pv-protection",
  account: "pv-protection-controller",
  create: (context) =>
    reconciler(
      {
        name: persistentVolumeProtection.name,
        follows: [{ group: "", resource: "persistentvolumes", keys: ownKey }],
        sync: async (key) => {
          const volume = context.cache.get("", "persistentvolumes", ...partsOf(key));
          if (!isReleased(volume, finalizer)) return;
          const { phase } = (volume["status"] ?? {}) as { readonly phase?: string };
          if (phase === "Bound") return;
          await context.client.update(volume, (fresh) => withoutFinalizer(fresh, finalizer));
        },
      },
      context,
    ),
};
