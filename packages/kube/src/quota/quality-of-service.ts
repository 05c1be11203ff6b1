import type { KubeObject } from "../object.ts";
import { type Amounts, amountsOf, plus, type ResourceList } from "./amounts.ts";

type QualityOfService = "Guaranteed" | "Burstable" | "BestEffort";

interface Resources {
  readonly requests?: ResourceList;
  readonly limits?: ResourceList;
}

interface Pod extends KubeObject {
  readonly spec?: {
    readonly resources?: Resources | undefined;
    readonly containers?: readonly { readonly resources?: Resources | undefined }[];
    readonly initContainers?: readonly { readonly resources?: Resources | undefined }[];
  };
}

/**
 * Whether a pod is sure to have what it asks for: when it limits CPU and memory to what it requests, in each container or as a whole.
 * One that asks for neither is the first to go. Amounts of zero say nothing.
 * https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/
 */
export function qualityOfService({ spec = {} }: Pod): QualityOfService {
  const isWhole = Object.keys({ ...spec.resources?.requests, ...spec.resources?.limits }).some(isComputed);
  const parts = isWhole
    ? [spec.resources]
    : [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources);
  const requests = parts.map((each) => computed(each?.requests)).reduce(plus, new Map());
  const limits = parts.map((each) => computed(each?.limits));
  const total = limits.reduce(plus, new Map());
  if (requests.size === 0 && total.size === 0) return "BestEffort";
  const isGuaranteed =
    limits.every((each) => each.size === 2) &&
    requests.size === total.size &&
    [...requests].every(([name, { nanos }]) => total.get(name)?.nanos === nanos);
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

function isComputed(name: string): boolean {
  return name === "cpu" || name === "memory";
}

function computed(list: ResourceList | undefined): Amounts {
  return new Map([...amountsOf(list)].filter(([name, { nanos }]) => isComputed(name) && nanos > 0n));
}
