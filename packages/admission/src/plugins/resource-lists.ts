import { nanosOf } from "@sallyport/kube";
import type { Container, PodSpec, ResourceList } from "./pod-spec.ts";

/** Amounts in nanos by resource name. */
export type Amounts = Map<string, bigint>;

export function amountsOf(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, amount]) => [name, nanosOf(amount)]));
}

export function addAmounts(to: Amounts, more: Amounts): void {
  for (const [name, amount] of more) to.set(name, (to.get(name) ?? 0n) + amount);
}

function raiseTo(to: Amounts, least: Amounts): void {
  for (const [name, amount] of least) {
    const known = to.get(name);
    if (known === undefined || amount > known) to.set(name, amount);
  }
}

/**
 * What a pod asks for as a whole: its containers together, or as much as an init container needs with the sidecars that started
 * before it, whichever is more. What the pod's own `resources` say of CPU and memory goes first. KEP-753, KEP-2837.
 */
export function podAmounts(spec: PodSpec, list: "requests" | "limits"): Amounts {
  const total: Amounts = new Map();
  for (const each of spec.containers ?? []) addAmounts(total, amountsOf(each.resources?.[list]));
  const sidecars: Amounts = new Map();
  const inits: Amounts = new Map();
  for (const each of spec.initContainers ?? []) {
    const own = amountsOf(each.resources?.[list]);
    if (isSidecar(each)) {
      addAmounts(total, own);
      addAmounts(sidecars, own);
      raiseTo(inits, sidecars);
    } else {
      addAmounts(own, sidecars);
      raiseTo(inits, own);
    }
  }
  raiseTo(total, inits);
  for (const [name, amount] of amountsOf(spec.resources?.[list]))
    if (name === "cpu" || name === "memory" || name.startsWith("hugepages-")) total.set(name, amount);
  return total;
}

function isSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === "Always";
}
