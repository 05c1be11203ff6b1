import { randomUUID } from "node:crypto";
import {
  bootstrapFlowControl,
  bootstrapRbac,
  type Catalogue,
  findKind,
  type KubeObject,
  type PolicyRule,
  parseApiVersion,
  type ResourceInfo,
  systemPriorityClasses,
  uncoveredRules,
} from "@sallyport/kube";
import { builtinApiServices } from "../api-services.ts";
import { conditionEntry, danglingCondition, producerManager } from "../flowcontrol/dangling.ts";
import type { Cache } from "../registry/cache.ts";
import { isEqual } from "../registry/equality.ts";
import type { Registry } from "../registry/registry.ts";

/** `false` on a role or binding says: leave it as it is. */
const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";

/**
 * Makes the objects that every API server has. Roles and bindings that lost a rule or a subject get it back; what somebody added
 * to them stays. All other objects that are there are left alone.
 */
export async function writeBootstrapObjects(
  cache: Cache,
  registry: Registry,
  catalogue: Catalogue,
  timestamp: () => string,
): Promise<void> {
  const now = timestamp();
  await Promise.all(
    [...bootstrapRbac, ...bootstrapFlowControl, ...systemPriorityClasses, ...builtinApiServices(catalogue, now)].map(
      (wanted) => writeBootstrapObject(wanted, cache, registry, now),
    ),
  );
}

/** The same for one of them. `now` in RFC 3339. */
export async function writeBootstrapObject(
  wanted: KubeObject,
  cache: Cache,
  registry: Registry,
  now: string,
): Promise<void> {
  const { group, version } = parseApiVersion(wanted.apiVersion);
  const info = findKind(group, version, wanted.kind) as ResourceInfo;
  const { name = "", namespace = "" } = wanted.metadata;
  const current = cache.get(info.group, info.resource, namespace, name);
  const object = current === undefined ? fresh(wanted, now) : reconciled(current, wanted);
  const manager = bootstrapFlowControl.includes(wanted) ? producerManager : "kube-apiserver";
  if (object !== current) await registry.writeDirect(object, current, info, namespace, name, manager);
}

function fresh(wanted: KubeObject, creationTimestamp: string): KubeObject {
  const metadata = { ...wanted.metadata, uid: randomUUID(), creationTimestamp };
  switch (wanted.kind) {
    case "FlowSchema":
      return {
        ...wanted,
        metadata: { ...metadata, generation: 1, managedFields: [conditionEntry(creationTimestamp)] },
        status: { conditions: [{ ...danglingCondition(wanted, () => true), lastTransitionTime: creationTimestamp }] },
      };
    case "PriorityLevelConfiguration":
      return { ...wanted, metadata: { ...metadata, generation: 1 }, status: {} };
    case "PriorityClass":
      return { ...wanted, metadata: { ...metadata, generation: 1 } };
    case "ClusterRole":
      return { ...wanted, metadata, rules: wanted["rules"] ?? null };
    default:
      return { ...wanted, metadata };
  }
}

function reconciled(current: KubeObject, wanted: KubeObject): KubeObject {
  if (!bootstrapRbac.includes(wanted) || current.metadata.annotations?.[autoupdate] === "false") return current;
  const object = {
    ...current,
    metadata: {
      ...current.metadata,
      labels: { ...current.metadata.labels, ...wanted.metadata.labels },
      annotations: { ...wanted.metadata.annotations, ...current.metadata.annotations },
    },
    ...(wanted["roleRef"] === undefined ? withRules(current, wanted) : withSubjects(current, wanted)),
  };
  return isEqual(object, current) ? current : object;
}

function withRules(current: KubeObject, wanted: KubeObject): object {
  const aggregationRule = wanted["aggregationRule"] ?? current["aggregationRule"];
  if (aggregationRule !== undefined) return { aggregationRule };
  const rules = (current["rules"] ?? []) as readonly PolicyRule[];
  const missing = uncoveredRules(rules, (wanted["rules"] ?? []) as readonly PolicyRule[]);
  return missing.length === 0 ? {} : { rules: [...rules, ...missing] };
}

/** A binding cannot change what it refers to, so one that refers elsewhere is somebody's own will. */
function withSubjects(current: KubeObject, wanted: KubeObject): object {
  if (!isEqual(current["roleRef"], wanted["roleRef"])) return {};
  const subjects = (current["subjects"] ?? []) as readonly object[];
  const wantedSubjects = (wanted["subjects"] ?? []) as readonly object[];
  const missing = wantedSubjects.filter((each) => !subjects.some((other) => isEqual(each, other)));
  return missing.length === 0 ? {} : { subjects: [...subjects, ...missing] };
}
