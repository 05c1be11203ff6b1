import type { LabelSelectorObject } from "@sallyport/kube";
import type { ControllerKind } from "./controller.ts";
import { replicaController } from "./replicas.ts";

/** Pods of ReplicaSets. */
export const replicaSet: ControllerKind = {
  name: "replicaset-controller",
  alias: "replicaset",
  account: "replicaset-controller",
  create: (context) =>
    replicaController(
      {
        name: replicaSet.name,
        group: "apps",
        resource: "replicasets",
        kind: "ReplicaSet",
        selectorOf: ({ spec }) => spec.selector as LabelSelectorObject,
        countsTerminating: true,
      },
      context,
    ),
};
