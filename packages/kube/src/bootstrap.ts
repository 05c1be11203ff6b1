import flowcontrol from "./data/flowcontrol.generated.json" with { type: "json" };
import rbac from "./data/rbac.generated.json" with { type: "json" };
import type { KubeObject } from "./object.ts";

/** The roles and bindings that every API server has from its first start. */
export const bootstrapRbac: readonly KubeObject[] = rbac as readonly unknown[] as readonly KubeObject[];

/** Its priority levels, then the flow schemas that refer to them. */
export const bootstrapFlowControl: readonly KubeObject[] = flowcontrol as readonly unknown[] as readonly KubeObject[];
