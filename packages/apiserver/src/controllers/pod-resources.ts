import { nanosOf } from "@sallyport/kube";
import type { Pod } from "./pods.ts";

/** Amounts by the names of resources, in nanos of their units. */
export type Amounts = ReadonlyMap<string, bigint>;

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: { readonly [resource: string]: unknown } };
}

/**
 * What a pod must be given: its containers together, or the greediest of those that run before them, beside the sidecars that run by
 * then; its overhead in any case. What the pod as a whole asks for stands in place of that.
 */
export function requestsOf({ spec = {} }: Pod): Amounts {
  const sidecars = new Map<string, bigint>();
  const initial = new Map<string, bigint>();
  for (const container of (spec["initContainers"] ?? []) as readonly Container[]) {
    const own = amountsOf(container.resources?.requests);
    if (container.restartPolicy === "Always") add(sidecars, own);
    raise(initial, container.restartPolicy === "Always" ? sidecars : sumOf(sidecars, own));
  }
  const total = new Map(sidecars);
  for (const container of (spec["containers"] ?? []) as readonly Container[])
    add(total, amountsOf(container.resources?.requests));
  raise(total, initial);
  const whole = (spec["resources"] as Container["resources"])?.requests;
  for (const [name, amount] of amountsOf(whole)) total.set(name, amount);
  add(total, amountsOf(spec["overhead"] as { readonly [resource: string]: unknown } | undefined));
  return total;
}

/** A resource list as amounts. */
export function amountsOf(list: { readonly [resource: string]: unknown } = {}): Amounts {
  return new Map(Object.entries(list).map(([name, text]) => [name, nanosOf(text)]));
}

export function add(total: Map<string, bigint>, amounts: Amounts): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0n) + amount);
}

function sumOf(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  add(sum, b);
  return sum;
}

function raise(total: Map<string, bigint>, amounts: Amounts): void {
  for (const [name, amount] of amounts) if (amount > (total.get(name) ?? 0n)) total.set(name, amount);
}
