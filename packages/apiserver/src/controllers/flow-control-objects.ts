import { bootstrapFlowControl, timestampOf } from "@sallyport/kube";
import { writeBootstrapObject } from "../authorization/bootstrap.ts";
import { flowcontrolGroup as group } from "../flowcontrol/dangling.ts";
import type { ControllerKind } from "./controller.ts";
import { reconciler } from "./reconciler.ts";

/** Makes flow schemas and priority levels that every API server has anew when somebody deletes them. kube-apiserver does this itself. */
export const flowControlObjects: ControllerKind = {
  name: "priority-and-fairness-config-producer",
  alias: "flowcontrol-objects",
  account: "",
  user: "system:apiserver",
  create: (context) => {
    const { cache, clock, registry } = context;
    return reconciler(
      {
        name: flowControlObjects.name,
        follows: ["prioritylevelconfigurations", "flowschemas"].map((resource) => ({
          group,
          resource,
          keys: ({ name, object }) => (object === undefined ? [`${resource}/${name}`] : []),
        })),
        sync: async (key) => {
          const wanted = bootstrapFlowControl.find((each) => keyOf(each.kind, each.metadata.name) === key);
          if (wanted !== undefined) await writeBootstrapObject(wanted, cache, registry, timestampOf(clock.now()));
        },
      },
      context,
    );
  },
};

function keyOf(kind: string, name: string | undefined): string {
  return `${kind.toLowerCase()}s/${name}`;
}
