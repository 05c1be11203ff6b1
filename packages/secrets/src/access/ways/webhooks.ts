import type { Act } from "../rights.ts";
import { rightsTo, type Way } from "./way.ts";

const group = "admissionregistration.k8s.io";
const writing = ["create", "update", "patch"];

const configurations: readonly Act[] = [
  { verbs: writing, group, resource: "mutatingwebhookconfigurations", isClusterWide: true },
  { verbs: writing, group, resource: "validatingwebhookconfigurations", isClusterWide: true },
];

/** A webhook of one's own is sent every secret as it is written; one that changes pods has them run what it likes. */
export const webhooks: Way = {
  name: "webhooks",
  acts: { webhooks: configurations },
  *ofIdentity(_identity, rights, { isReading, question, world }) {
    for (const right of rightsTo(rights, "webhooks")) {
      if (isReading && question.namespace !== "")
        yield {
          to: { kind: "goal" },
          by: [right],
          text: "has it sent to a webhook of their own",
          when: "it is written again",
        };
      if (!right.allowed.some(({ resource }) => resource.startsWith("mutating"))) continue;
      for (const { name } of world.namespaces)
        yield {
          to: { kind: "own-pod", namespace: name },
          by: [right],
          text: `changes pods of ${name} by a webhook of their own`,
          when: "a pod is created there",
        };
    }
  },
};
