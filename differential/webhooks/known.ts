import type { WebhookDifference } from "./run.ts";

interface Known {
  readonly reason: string;
  /** Where the answers differ, as a JSON pointer, and whose request it was. */
  readonly is: (path: string, difference: WebhookDifference) => boolean;
}

/** Differences that stay, each with its reason. */
const known: readonly Known[] = [
  {
    reason: "a Scale is shown to mutating webhooks without managedFields: they are kept with the object",
    is: (path, { step, scenario }) =>
      step.path.includes("/scale") &&
      (path.endsWith("/metadata/managedFields") ||
        // Whoever takes them away has changed something there, and nothing here.
        (path.startsWith("/annotations/mutation.") && behaves(scenario, "managed fields"))),
  },
  {
    reason: "an empty list where Go writes null for none is null from the start, not only when it was stored",
    is: (path) => /\/fieldsV1\/(f:rules|f:spec\/f:containers)$|\/request\/object\/rules$/.test(path),
  },
  {
    reason: "an object whose kind a webhook has taken away has its kind again before the next webhook is asked",
    is: (path, { scenario }) => path.endsWith("/object/kind") && behaves(scenario, "takes the kind away"),
  },
  {
    reason:
      "how often kube-apiserver asks of a pod that goes, and of which state, depends on how old what it has cached is",
    is: (path, { step }) => step.method === "DELETE" && step.path.endsWith("/pods/gone") && path.startsWith("/calls/"),
  },
  {
    reason: "kube-apiserver stores what a webhook gives another name than the applied one under the applied name",
    is: (path, { scenario, step }) =>
      path.startsWith("/answer") && step.path.includes("/pods/applied?") && behaves(scenario, "another name"),
  },
];

function behaves({ behaviours }: WebhookDifference["scenario"], wanted: string): boolean {
  return behaviours.some(({ name }) => name === wanted);
}

/** Why differences at these places stay; undefined where one is to be mended. */
export function knownReason(paths: readonly string[], difference: WebhookDifference): string | undefined {
  const reasons = paths.map((path) => known.find(({ is }) => is(path, difference))?.reason);
  return reasons.includes(undefined) ? undefined : [...new Set(reasons)].join("; ");
}
