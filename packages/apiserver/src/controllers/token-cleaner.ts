import { expiryOf, isBootstrapToken, tokenNamespace } from "./bootstrap-token-secrets.ts";
import type { ControllerKind } from "./controller.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

/** Takes bootstrap tokens away that are over. */
export const tokenCleaner: ControllerKind = {
  name: "token-cleaner-controller",
  alias: "tokencleaner",
  account: "token-cleaner",
  isOptional: true,
  create: (context) =>
    reconciler(
      {
        name: tokenCleaner.name,
        follows: [
          {
            group: "",
            resource: "secrets",
            keys: (event) => (event.namespace === tokenNamespace ? ownKey(event) : []),
          },
        ],
        sync: async (key, again) => {
          const { cache, client, clock } = context;
          const found = cache.get("", "secrets", ...partsOf(key));
          if (found === undefined || !isBootstrapToken(found)) return;
          const left = expiryOf(found) - clock.now();
          if (left <= 0) await client.delete(found);
          else if (Number.isFinite(left)) again.addAfter(key, left);
        },
      },
      context,
    ),
};
