import type { GroupVersionKind, KubeObject } from "@sallyport/kube";
import { isFields, nested, textOf } from "../fields.ts";
import { matchesWildcard } from "../match/wildcard.ts";

/** What a Config excludes namespaces from. */
export type Process = "webhook" | "mutation-webhook" | "audit" | "sync";

/** What Configs and SyncSets say together. https://open-policy-agent.github.io/gatekeeper/website/docs/sync */
export class Configuration {
  readonly #objects = new Map<string, KubeObject>();
  #exclusions: readonly { readonly processes: readonly string[]; readonly patterns: readonly string[] }[] = [];
  #replicated: readonly GroupVersionKind[] = [];

  /** The kinds whose objects policies read in `data.inventory`, each once. */
  get replicated(): readonly GroupVersionKind[] {
    return this.#replicated;
  }

  /** `object` is undefined where it is gone. */
  put(key: string, object: KubeObject | undefined): void {
    if (object === undefined) this.#objects.delete(key);
    else this.#objects.set(key, object);
    const objects = [...this.#objects.values()];
    this.#exclusions = objects
      .flatMap((each) => fieldsIn(nested(each, "spec", "match")))
      .map(({ processes, excludedNamespaces }) => ({
        processes: textsIn(processes),
        patterns: textsIn(excludedNamespaces),
      }));
    const kinds = objects.flatMap((each) =>
      fieldsIn(each.kind === "Config" ? nested(each, "spec", "sync", "syncOnly") : nested(each, "spec", "gvks")),
    );
    this.#replicated = distinctKinds(
      kinds.map(({ group, version, kind }) => ({ group: textOf(group), version: textOf(version), kind: textOf(kind) })),
    );
  }

  /** The wildcards of all namespaces that a process leaves alone. */
  excludedFrom(process: Process): readonly string[] {
    const found = this.#exclusions.filter(({ processes }) => processes.includes("*") || processes.includes(process));
    return [...new Set(found.flatMap(({ patterns }) => patterns))].sort();
  }

  /** Whether a namespace is left alone by a process. https://open-policy-agent.github.io/gatekeeper/website/docs/exempt-namespaces */
  isExcluded(process: Process, namespace: string): boolean {
    if (namespace === "") return false;
    return this.#exclusions.some(
      ({ processes, patterns }) =>
        (processes.includes("*") || processes.includes(process)) &&
        patterns.some((each) => matchesWildcard(each, namespace)),
    );
  }
}

/** `apps/v1 Deployment`: one text for one kind. */
export function kindKey({ group, version, kind }: GroupVersionKind): string {
  return `${group}/${version} ${kind}`;
}

function distinctKinds(kinds: readonly GroupVersionKind[]): readonly GroupVersionKind[] {
  return [...new Map(kinds.map((each) => [kindKey(each), each])).values()];
}

function fieldsIn(value: unknown): readonly { readonly [field: string]: unknown }[] {
  return (Array.isArray(value) ? value : []).filter(isFields);
}

function textsIn(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : []).map(textOf);
}
