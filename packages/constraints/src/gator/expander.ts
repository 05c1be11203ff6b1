import type { KubeObject } from "@sallyport/kube";
import { Expansion, type Resultant } from "../expansion/expansion.ts";
import { isExpansionTemplate, readExpansionTemplate } from "../expansion/expansion-template.ts";
import { within } from "../fault.ts";
import { isNamespace } from "../match/match.ts";
import { isMutator, Mutators, readMutator } from "../mutation/mutators.ts";

/** Mutators, ExpansionTemplates and Namespaces among a set of objects, and what they make of objects. */
export class Expander {
  readonly #mutators = new Mutators();
  readonly #expansion = new Expansion();
  readonly #namespaces = new Map<string, KubeObject>();

  /** Throws an error of one line, in gator's words. */
  constructor(objects: readonly KubeObject[]) {
    const mutators = objects
      .filter(isMutator)
      .map((each) => within("error parsing resources", () => readMutator(each)));
    for (const each of objects.filter(isNamespace)) this.#namespaces.set(each.metadata.name ?? "", each);
    for (const each of objects.filter(isExpansionTemplate))
      within(`error upserting template ${each.metadata.name ?? ""}`, () =>
        this.#expansion.put(readExpansionTemplate(each)),
      );
    for (const each of mutators) {
      const conflicts = this.#mutators.put(each);
      if (conflicts.length > 0)
        throw new Error(
          `error upserting mutator: the following mutators have conflicting schemas: [${conflicts.join(",")}]`,
        );
    }
  }

  /** The namespace of an object among the objects; `default` is always there. */
  namespaceOf({ metadata: { namespace = "" } }: KubeObject): KubeObject | undefined {
    if (namespace === "") return undefined;
    const found = this.#namespaces.get(namespace);
    return (
      found ??
      (namespace === "default" ? { apiVersion: "v1", kind: "Namespace", metadata: { name: "default" } } : undefined)
    );
  }

  /** The object after the mutators. */
  mutate(object: KubeObject): KubeObject {
    const mutable = {
      object,
      namespace: this.namespaceOf(object),
      source: "Original",
      operation: "",
      username: "",
    } as const;
    const name = object.metadata.name ?? "";
    return within(`error mutating base resource ${name}`, () => this.#mutators.mutate(mutable));
  }

  /** What the object, after the mutators, implies. */
  expand(object: KubeObject): readonly Resultant[] {
    const mutated = this.mutate(object);
    const name = object.metadata.name ?? "";
    return within(`error expanding resource ${name}`, () =>
      this.#expansion.expand(mutated, this.namespaceOf(object), this.#mutators),
    );
  }
}
