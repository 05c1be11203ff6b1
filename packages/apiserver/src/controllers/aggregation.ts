import {
  findResource,
  type KubeObject,
  type LabelSelectorObject,
  matchesSelector,
  type ResourceInfo,
} from "@sallyport/kube";
import type { Cache } from "../registry/cache.ts";
import { isEqual } from "../registry/equality.ts";
import type { Registry } from "../registry/registry.ts";

const group = "rbac.authorization.k8s.io";
const clusterRoles = findResource(group, "v1", "clusterroles") as ResourceInfo;

/** kube-controller-manager's clusterrole-aggregation: a ClusterRole with an `aggregationRule` has the rules of those it selects. */
export class AggregationController {
  readonly #cache: Cache;
  readonly #registry: Registry;
  #stop: (() => void) | undefined;
  #queue: Promise<void> = Promise.resolve();
  #isDue = false;

  constructor(cache: Cache, registry: Registry) {
    this.#cache = cache;
    this.#registry = registry;
  }

  /** Resolves when all rules are gathered; then follows. */
  async start(): Promise<void> {
    await this.#gatherAll();
    this.#stop = this.#cache.follow(() => this.#enqueue(), clusterRoles);
  }

  async stop(): Promise<void> {
    this.#stop?.();
    await this.#queue;
  }

  /** Many changes at once are one piece of work. */
  #enqueue(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#queue = this.#queue
      .then(() => {
        this.#isDue = false;
        return this.#gatherAll();
      })
      .catch(() => {
        // A store that is closing: the next start takes it up again.
      });
  }

  /** A role may gather one that gathers itself, so it goes on until nothing changes. Each round that writes adds to a finite set. */
  async #gatherAll(): Promise<void> {
    for (;;) {
      const roles = this.#cache.list(group, "clusterroles");
      const changed = roles.filter((role) => !isEqual(role["rules"] ?? [], gathered(role, roles)));
      const written = await Promise.all(changed.map((role) => this.#write(role, gathered(role, roles))));
      if (!written.includes(true)) return;
    }
  }

  #write(role: KubeObject, rules: readonly unknown[]): Promise<boolean> {
    return this.#registry.writeDirect({ ...role, rules }, role, clusterRoles, "", role.metadata.name ?? "");
  }
}

/** The rules that a role should have. One that gathers nothing keeps its own. */
function gathered(role: KubeObject, roles: readonly KubeObject[]): readonly unknown[] {
  const own = (role["rules"] ?? []) as readonly unknown[];
  const aggregation = role["aggregationRule"] as
    | { readonly clusterRoleSelectors?: readonly LabelSelectorObject[] }
    | undefined;
  if (aggregation === undefined) return own;
  const rules = new Map<string, unknown>();
  for (const selector of aggregation.clusterRoleSelectors ?? [])
    for (const each of roles) {
      if (each.metadata.name === role.metadata.name || !matchesSelector(selector, each.metadata.labels ?? {})) continue;
      for (const rule of (each["rules"] ?? []) as readonly unknown[]) rules.set(JSON.stringify(rule), rule);
    }
  return [...rules.values()];
}
