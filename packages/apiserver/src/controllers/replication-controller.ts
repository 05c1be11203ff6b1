import type { ControllerKind } from "./controller.ts";
import { replicaController } from "./replicas.ts";

/** Pods of ReplicationControllers. */
export const replicationController: ControllerKind = {
  name: "replicationcontroller-controller",
  alias: "replicationcontroller",
  account: "replication-controller",
  component: "replication-controller",
  create: (context) =>
    replicaController(
      {
        name: replicationController.name,
        group: "",
        resource: "replicationcontrollers",
        kind: "ReplicationController",
        selectorOf: ({ spec }) => ({ matchLabels: spec.selector as { readonly [key: string]: string } }),
        countsTerminating: false,
      },
      context,
    ),
};
