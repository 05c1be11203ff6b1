import { type Acts, fitsName } from "../rights.ts";
import type { Pod } from "../world.ts";
import { inNamespace } from "../world-index.ts";
import { asAccount } from "./own-pods.ts";
import { type Inference, rightsTo, type Scene, type Way } from "./way.ts";

const streams = ["create", "get"];

const acts: Acts = {
  exec: [{ verbs: streams, group: "", resource: "pods/exec" }],
  attach: [{ verbs: streams, group: "", resource: "pods/attach" }],
  debug: [{ verbs: ["patch", "update"], group: "", resource: "pods/ephemeralcontainers" }],
  "change-pods": [{ verbs: ["patch", "update"], group: "", resource: "pods" }],
  forward: [{ verbs: streams, group: "", resource: "pods/portforward" }],
};

const texts: { readonly [act: string]: string } = {
  exec: "runs commands in",
  attach: "attaches to",
  debug: "adds a container to",
  "change-pods": "has another image run in",
  forward: "talks to the ports of",
};

const conditions: { readonly [act: string]: string } = {
  attach: "its process reads commands, or prints the value",
  forward: "what listens there gives it away",
};

/** Whoever gets into a pod has the secrets that it sees, and the token of its account. */
export const takeovers: Way = {
  name: "takeovers",
  acts,
  *ofIdentity(_identity, rights, { world, index }) {
    for (const act of Object.keys(acts))
      for (const right of rightsTo(rights, act))
        for (const pod of inNamespace(world.pods, index.pods, right.namespace)) {
          // Pods of a template have names that nobody knows yet.
          const name = pod.kind === "Pod" ? pod.name : undefined;
          if (!fitsName(right.names, name)) continue;
          if (pod.kind !== "Pod" && right.names !== "any") continue;
          yield takeover(act, pod, [right], right.allowed);
        }
  },
  *ofFact(fact, scene) {
    if (fact.kind === "pod") yield* insidePod(fact.pod, scene);
  },
};

function takeover(
  act: string,
  pod: Pod,
  by: Inference["by"],
  allowed: readonly { readonly verb: string }[],
): Inference {
  const isOld = allowed.every(({ verb }) => verb === "get");
  const when = [conditions[act], isOld ? "the server is older than Kubernetes 1.35" : undefined].filter(Boolean);
  return {
    to: { kind: "pod", pod },
    by,
    text: `${texts[act]} ${podText(pod)}`,
    ...(when.length === 0 ? {} : { when: when.join(", and ") }),
  };
}

/** `pod prod/web-1`, `the pods of Deployment prod/web`. */
export function podText({ kind, namespace, name }: Pod): string {
  return kind === "Pod" ? `pod ${namespace}/${name}` : `the pods of ${kind} ${namespace}/${name}`;
}

function* insidePod(pod: Pod, { question, isReading }: Scene): Generator<Inference> {
  const { namespace, name } = question;
  const sees = name === undefined ? pod.secrets.size > 0 : pod.secrets.has(name);
  if (isReading && pod.namespace === namespace && sees)
    yield { to: { kind: "goal" }, by: [], text: `it lies in ${podText(pod)}, as a file or in the environment` };
  if (pod.hasToken)
    yield {
      to: asAccount(pod.namespace, pod.account),
      by: [],
      text: `the token of ServiceAccount ${pod.namespace}/${pod.account} lies in ${podText(pod)}`,
    };
}
