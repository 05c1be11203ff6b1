import type { KubeObject } from "@sallyport/kube";
import type { Plugin, PluginResult } from "../plugin.ts";
import { deny, isCore, pass, skip } from "../refusals.ts";

interface PodSpec {
  readonly priorityClassName?: string;
  readonly priority?: number;
  readonly preemptionPolicy?: string;
}

/** The two classes that exist without an object. */
const system: { readonly [name: string]: number } = {
  "system-cluster-critical": 2_000_000_000,
  "system-node-critical": 2_000_001_000,
};

/**
 * Priority: a pod's priorityClassName becomes its priority and preemptionPolicy; without one the global default class counts. An
 * unknown class, or a priority or policy that is not the class's, is refused. An update that names no priority keeps what creation has set.
 * Only one class may be the default.
 * https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#priority
 */
export const priority: Plugin = {
  name: "Priority",
  operations: ["CREATE", "UPDATE"],
  mutate: ({ request, snapshot }) => {
    if (!isCore(request, "pods") || request.object === null) return skip("not a pod");
    if (request.operation === "UPDATE") return keepPriority(request.object, request.oldObject);
    const spec = (request.object["spec"] ?? {}) as PodSpec;
    const classes = snapshot.objects.list("scheduling.k8s.io", "priorityclasses");
    const chosen = spec.priorityClassName ? classOf(spec.priorityClassName, classes) : defaultOf(classes);
    if (chosen === undefined)
      return deny(
        request,
        "priority-class-not-found",
        `no PriorityClass with name ${spec.priorityClassName} was found`,
        "spec.priorityClassName",
      );
    if (spec.priority !== undefined && spec.priority !== chosen.value) {
      return deny(
        request,
        "priority-mismatch",
        `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${chosen.value} from the given PriorityClass name`,
        "spec.priority",
      );
    }
    if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== chosen.policy)
      return deny(
        request,
        "preemption-policy-mismatch",
        `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${chosen.policy} from the given PriorityClass name`,
        "spec.preemptionPolicy",
      );
    const object = {
      ...request.object,
      spec: {
        ...spec,
        ...(chosen.name === "" ? {} : { priorityClassName: chosen.name }),
        priority: chosen.value,
        preemptionPolicy: chosen.policy,
      },
    };
    return { outcome: "mutated", why: `priority ${chosen.value}`, object };
  },
  validate: ({ request, snapshot }) => {
    const { group, resource } = request.resource;
    const { object } = request;
    if (group !== "scheduling.k8s.io" || resource !== "priorityclasses" || object === null) return skip("not a class");
    if (object["globalDefault"] !== true) return pass("not the default");
    const { name: present } = defaultOf(snapshot.objects.list(group, resource));
    if (present === "" || (request.operation === "UPDATE" && present === object.metadata.name)) return pass();
    const message = `PriorityClass ${present} is already marked as default. Only one default can exist`;
    return deny(request, "second-default", message, "globalDefault");
  },
};

function keepPriority(object: KubeObject, old: KubeObject | null): PluginResult {
  const [spec, before] = [object, old].map((each) => (each?.["spec"] ?? {}) as PodSpec) as [PodSpec, PodSpec];
  const priority = spec.priority ?? before.priority;
  const preemptionPolicy = spec.preemptionPolicy ?? before.preemptionPolicy;
  if (priority === spec.priority && preemptionPolicy === spec.preemptionPolicy) return skip("has its priority");
  const kept = {
    ...spec,
    ...(priority === undefined ? {} : { priority }),
    ...(preemptionPolicy === undefined ? {} : { preemptionPolicy }),
  };
  return { outcome: "mutated", why: `priority ${priority} as before`, object: { ...object, spec: kept } };
}

interface Chosen {
  readonly name: string;
  readonly value: number;
  readonly policy: string;
}

function classOf(name: string, classes: readonly KubeObject[]): Chosen | undefined {
  const found = classes.find((each) => each.metadata.name === name);
  if (found !== undefined) return chosenFrom(found);
  const value = system[name];
  return value === undefined ? undefined : { name, value, policy: "PreemptLowerPriority" };
}

function chosenFrom(priorityClass: KubeObject): Chosen {
  const { value, preemptionPolicy } = priorityClass as { readonly value?: number; readonly preemptionPolicy?: string };
  return {
    name: priorityClass.metadata.name ?? "",
    value: value ?? 0,
    policy: preemptionPolicy ?? "PreemptLowerPriority",
  };
}

/** Of several global defaults the lowest value counts. */
function defaultOf(classes: readonly KubeObject[]): Chosen {
  const defaults = classes.filter((each) => each["globalDefault"] === true).map(chosenFrom);
  return defaults.sort((a, b) => a.value - b.value)[0] ?? { name: "", value: 0, policy: "PreemptLowerPriority" };
}
