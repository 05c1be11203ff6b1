import { containersOf, type PodSpec } from "../security-context/pod.ts";
import { containerUses, podUses, type Use } from "./uses.ts";

/** The handlers that a pod can be advised, the one that sets it apart with the least trouble first. */
export const advisedHandlers = ["runsc", "kata", "runc"] as const;
export type AdvisedHandler = (typeof advisedHandlers)[number];

export interface Fit {
  /** The first that nothing the pod uses fails in; runc, which is the node's own kernel, where it fails in all others. */
  readonly handler: AdvisedHandler;
  readonly uses: readonly Use[];
}

/** Which runtime fits a pod, by what its manifest shows of it. What programs do besides, only a trial tells. */
export function fitOf(spec: PodSpec): Fit {
  const uses = [
    ...podUses(spec),
    ...containersOf(spec).flatMap(([container, path]) => containerUses(spec, container, path)),
  ];
  const fits = (handler: "runsc" | "kata") => uses.every((use) => use[handler]?.kind !== "fails");
  const handler = fits("runsc") ? "runsc" : fits("kata") ? "kata" : "runc";
  return { handler, uses };
}
