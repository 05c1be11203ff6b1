import { type Amounts, amountsOf, larger, plus, type ResourceList } from "./amounts.ts";

type List = "requests" | "limits";

interface Container {
  readonly name?: string;
  readonly restartPolicy?: string;
  readonly resources?: { readonly [list in List]?: ResourceList } | undefined;
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly resources?: { readonly [list in List]?: ResourceList } | undefined;
  readonly overhead?: ResourceList | undefined;
}

/**
 * What a pod asks for as a whole: its containers together, or as much as an init container needs with the sidecars that started
 * before it, whichever is more. What the pod's own `resources` say goes first. KEP-753, KEP-2837.
 */
export function podAmounts(spec: PodSpec, list: List, of: (container: Container) => Amounts = as(list)): Amounts {
  let total: Amounts = new Map();
  for (const each of spec.containers ?? []) total = plus(total, of(each));
  let sidecars: Amounts = new Map();
  let inits: Amounts = new Map();
  for (const each of spec.initContainers ?? []) {
    if (each.restartPolicy !== "Always") inits = larger(inits, plus(of(each), sidecars));
    else {
      total = plus(total, of(each));
      sidecars = plus(sidecars, of(each));
      inits = larger(inits, sidecars);
    }
  }
  const own = [...amountsOf(spec.resources?.[list])].filter(([name]) => isPodLevel(name));
  return new Map([...larger(total, inits), ...own]);
}

/** What a pod must be given: what it asks for, and its overhead in any case. KEP-688. */
export function podRequests(spec: PodSpec, of?: (container: Container) => Amounts): Amounts {
  return plus(podAmounts(spec, "requests", of), amountsOf(spec.overhead));
}

function as(list: List): (container: Container) => Amounts {
  return ({ resources }) => amountsOf(resources?.[list]);
}

/** Resources that a pod may set as a whole. */
export function isPodLevel(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}
