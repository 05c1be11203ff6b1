import type { ControllerKind } from "./controller.ts";
import { endOf, type Job } from "./job-objects.ts";
import { ownKey, partsOf, reconciler } from "./reconciler.ts";

/** Deletes Jobs that are over for `ttlSecondsAfterFinished`, and what belongs to them. */
export const ttlAfterFinished: ControllerKind = {
  name: "ttl-after-finished-controller",
  alias: "ttl-after-finished",
  account: "ttl-after-finished-controller",
  create: (context) =>
    reconciler(
      {
        name: ttlAfterFinished.name,
        follows: [{ group: "batch", resource: "jobs", keys: ownKey }],
        sync: async (key, again) => {
          const { cache, client, clock } = context;
          const found = cache.get("batch", "jobs", ...partsOf(key)) as Job | undefined;
          const seconds = found?.spec.ttlSecondsAfterFinished;
          const end = found && endOf(found);
          if (found === undefined || seconds === undefined || end === undefined || found.metadata.deletionTimestamp)
            return;
          const left = Date.parse(end.lastTransitionTime ?? "") + seconds * 1000 - clock.now();
          if (left > 0) again.addAfter(key, left);
          else await client.delete(found, { propagationPolicy: "Foreground" });
        },
      },
      context,
    ),
};
