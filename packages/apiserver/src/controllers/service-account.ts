import { isReason } from "./client.ts";
import type { ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

/** Every namespace has a service account named `default`. */
export const serviceAccount: ControllerKind = {
  name: "serviceaccount-controller",
  alias: "serviceaccount",
  account: "service-account-controller",
  create: (context) =>
    reconciler(
      {
        name: serviceAccount.name,
        follows: [
          { group: "", resource: "namespaces", keys: ownKey },
          {
            group: "",
            resource: "serviceaccounts",
            keys: ({ namespace, name, object }) => (name === "default" && object === undefined ? [namespace] : []),
          },
        ],
        sync: async (namespace) => {
          const { cache, client } = context;
          const found = cache.get("", "namespaces", "", namespace);
          if (found === undefined || found.metadata.deletionTimestamp) return;
          if (cache.get("", "serviceaccounts", namespace, "default") !== undefined) return;
          const metadata = { name: "default", namespace };
          await client.create({ apiVersion: "v1", kind: "ServiceAccount", metadata }).catch((error: unknown) => {
            if (!isReason(error, "AlreadyExists")) throw error;
          });
        },
      },
      context,
    ),
};
