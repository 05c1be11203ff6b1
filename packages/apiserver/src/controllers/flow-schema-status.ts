import { timestampOf } from "@sallyport/kube";
import { consumerManager, danglingCondition, flowcontrolGroup as group } from "../flowcontrol/dangling.ts";
import { type Condition, findCondition } from "./conditions.ts";
import type { ControllerContext, ControllerKind } from "./controller.ts";
import { ownKey, reconciler } from "./reconciler.ts";

/** Says of each flow schema whether the priority level that it refers to exists. kube-apiserver does this itself. */
export const flowSchemaStatus: ControllerKind = {
  name: "priority-and-fairness-config-consumer",
  alias: "flowschema-status",
  account: "",
  user: "system:apiserver",
  create: (context) => {
    const all = () => context.cache.list(group, "flowschemas").map(({ metadata }) => metadata.name ?? "");
    return reconciler(
      {
        name: flowSchemaStatus.name,
        follows: [
          { group, resource: "flowschemas", keys: (event) => (event.object === undefined ? [] : ownKey(event)) },
          {
            group,
            resource: "prioritylevelconfigurations",
            // What was there at the start is no news.
            keys: ({ object, previous, revision }) =>
              revision > 0 && (object === undefined || previous === undefined) ? all() : [],
          },
        ],
        sync: (name) => say(name, context),
      },
      context,
    );
  },
};

async function say(name: string, { cache, client, clock }: ControllerContext): Promise<void> {
  const schema = cache.get(group, "flowschemas", "", name);
  if (schema === undefined) return;
  const condition = danglingCondition(
    schema,
    (level) => cache.get(group, "prioritylevelconfigurations", "", level) !== undefined,
  );
  const { conditions } = (schema["status"] ?? {}) as { readonly conditions?: readonly Condition[] };
  const known = findCondition(conditions, condition.type);
  if (known?.status === condition.status && known.message === condition.message) return;
  const now = timestampOf(clock.now());
  const lastTransitionTime = known?.status === condition.status ? (known.lastTransitionTime ?? now) : now;
  await client.applyStatus(schema, { conditions: [{ ...condition, lastTransitionTime }] }, consumerManager);
}
