import { anyNode } from "../facts.ts";
import { fitsName } from "../rights.ts";
import type { Pod } from "../world.ts";
import { asAccount } from "./own-pods.ts";
import { podText } from "./takeovers.ts";
import { rightsTo, type Way } from "./way.ts";

/** The kubelet behind the API server's proxy runs commands in all its pods; by a websocket, `get` is enough. */
export const nodeProxy: Way = {
  name: "nodes-proxy",
  acts: { proxy: [{ verbs: ["create", "get"], group: "", resource: "nodes/proxy", isClusterWide: true }] },
  *ofIdentity(_identity, rights, { world }) {
    for (const right of rightsTo(rights, "proxy"))
      for (const pod of world.pods) {
        if (right.names !== "any" && (pod.node === undefined || !fitsName(right.names, pod.node))) continue;
        const node = pod.node === undefined ? "its node" : `node ${pod.node}`;
        yield {
          to: { kind: "pod", pod },
          by: [right],
          text: `runs commands in ${podText(pod)} by the kubelet of ${node}`,
        };
      }
  },
};

/** The Node authorizer gives a kubelet the secrets of its pods, and tokens of their accounts. */
export const kubelets: Way = {
  name: "kubelets",
  acts: {},
  *ofIdentity({ kind, name: node }, _rights, { world, question, isReading }) {
    if (kind !== "Node") return;
    for (const pod of world.pods.filter((each) => (each.node ?? anyNode) === node)) {
      if (isReading && pod.namespace === question.namespace && hasSecret(pod, question.name))
        yield { to: { kind: "goal" }, by: [], text: `the node reads it for ${podText(pod)}` };
      yield {
        to: asAccount(pod.namespace, pod.account),
        by: [],
        text: `the node asks for a token of ServiceAccount ${pod.namespace}/${pod.account} for ${podText(pod)}`,
      };
    }
  },
};

function hasSecret({ secrets, nodeSecrets }: Pod, name: string | undefined): boolean {
  return name === undefined ? secrets.size + nodeSecrets.size > 0 : secrets.has(name) || nodeSecrets.has(name);
}
