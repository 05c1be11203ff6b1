import { anyNode } from "../facts.ts";
import type { Act, Right } from "../rights.ts";
import type { Identity } from "../world.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

const all = ["create", "update", "patch"];

/** What has a template of pods that somebody runs: Kubernetes' own kinds, then those of widely used operators. */
const withTemplates: readonly Act[] = [
  // A pod that is there keeps its secrets and its account: see takeovers.
  { verbs: ["create"], group: "", resource: "pods" },
  { verbs: all, group: "apps", resource: "deployments" },
  { verbs: all, group: "apps", resource: "statefulsets" },
  { verbs: all, group: "apps", resource: "daemonsets" },
  { verbs: all, group: "apps", resource: "replicasets" },
  { verbs: all, group: "", resource: "replicationcontrollers" },
  // Of a Job that is not suspended the template stays as it is.
  { verbs: all, group: "batch", resource: "jobs" },
  { verbs: all, group: "batch", resource: "cronjobs" },
  { verbs: all, group: "argoproj.io", resource: "rollouts" },
  { verbs: all, group: "argoproj.io", resource: "workflows" },
  { verbs: all, group: "argoproj.io", resource: "cronworkflows" },
  { verbs: all, group: "serving.knative.dev", resource: "services" },
  { verbs: all, group: "serving.knative.dev", resource: "configurations" },
  { verbs: all, group: "tekton.dev", resource: "taskruns" },
  { verbs: all, group: "tekton.dev", resource: "pipelineruns" },
  { verbs: all, group: "batch.volcano.sh", resource: "jobs" },
  { verbs: all, group: "sparkoperator.k8s.io", resource: "sparkapplications" },
  { verbs: all, group: "kubevirt.io", resource: "virtualmachines" },
  { verbs: all, group: "kubevirt.io", resource: "virtualmachineinstances" },
];

/** Whoever runs a pod in a namespace mounts any secret there, and runs as any account there. */
export const ownPods: Way = {
  name: "own-pods",
  acts: { run: withTemplates },
  *ofIdentity(_identity, rights, scene) {
    for (const right of rightsTo(rights, "run"))
      for (const namespace of namespacesOf(right, scene))
        yield { to: { kind: "own-pod", namespace }, by: [right], text: `runs a pod of their own in ${namespace}` };
  },
  *ofFact(fact, scene) {
    if (fact.kind !== "own-pod") return;
    const { namespace } = fact;
    if (scene.isReading && namespace === scene.question.namespace)
      yield { to: { kind: "goal" }, by: [], text: "the pod mounts it" };
    for (const { name } of scene.index.accounts.get(namespace) ?? [])
      yield { to: asAccount(namespace, name), by: [], text: `the pod runs as ServiceAccount ${namespace}/${name}` };
    yield* nodesOf(namespace, scene);
  },
};

/** The node's files hold the credentials of its kubelet, the secrets of its pods and their tokens. */
function* nodesOf(namespace: string, { world }: Scene): Generator<Inference> {
  if (world.namespaces.find(({ name }) => name === namespace)?.admitsHostPath !== true) return;
  for (const name of [...world.nodes, anyNode])
    yield {
      to: { kind: "identity", identity: { kind: "Node", name } },
      by: [],
      text: `the pod mounts the files of ${name === anyNode ? "any node" : `node ${name}`}`,
      when: `nothing but Pod Security decides on pods in ${namespace}, which lets them`,
    };
}

/** Where a right counts: the namespaces that are known, and the one that is asked about. */
export function namespacesOf({ namespace }: Pick<Right, "namespace">, scene: Scene): readonly string[] {
  if (namespace !== "") return [namespace];
  return allNamespaces(scene);
}

/** Those that are known, and the one that is asked about. */
export function allNamespaces({ world, question }: Pick<Scene, "world" | "question">): readonly string[] {
  const known = world.namespaces.map(({ name }) => name);
  return known.includes(question.namespace) || question.namespace === "" ? known : [question.namespace, ...known];
}

/** The identity of a service account. */
export function asAccount(namespace: string, name: string): { readonly kind: "identity"; readonly identity: Identity } {
  return { kind: "identity", identity: { kind: "ServiceAccount", namespace, name } };
}
