import { isSameJson, type KubeObject, parseApiVersion } from "@sallyport/kube";
import { type ExternalDataSource, PendingAnswer } from "../external-data/external-data.ts";
import { resolvePlaceholders } from "../external-data/placeholder.ts";
import { compareTexts } from "../fields.ts";
import { readAssign } from "./assign.ts";
import { readAssignImage } from "./assign-image.ts";
import { readAssignMetadata } from "./assign-metadata.ts";
import { changeAt, type Draft } from "./change.ts";
import { conflictingMutators } from "./conflicts.ts";
import { readModifySet } from "./modify-set.ts";
import { type Mutable, type Mutator, nameOf } from "./mutator.ts";

const readers: { readonly [kind: string]: (object: KubeObject) => Mutator } = {
  Assign: readAssign,
  AssignImage: readAssignImage,
  AssignMetadata: readAssignMetadata,
  ModifySet: readModifySet,
};

export function isMutator({ apiVersion, kind }: KubeObject): boolean {
  return apiVersion.startsWith("mutations.gatekeeper.sh/") && Object.hasOwn(readers, kind);
}

/** Reads a mutator. Throws an error of one line, in Gatekeeper's words. */
export function readMutator(object: KubeObject): Mutator {
  if (nameOf(object).length > 63) throw new Error("maximum name length is 63 characters");
  const read = Object.hasOwn(readers, object.kind) ? readers[object.kind] : undefined;
  if (read === undefined) throw new Error(`cannot convert mutator of kind ${JSON.stringify(object.kind)}`);
  return read(object);
}

/** Is told after how many rounds an object came to rest, or was given up. */
type OnMutated = (isSettled: boolean, rounds: number) => void;

/** Mutators, applied until nothing changes any more. https://open-policy-agent.github.io/gatekeeper/website/docs/mutation/ */
export class Mutators {
  readonly #byId = new Map<string, Mutator>();
  #ordered: readonly Mutator[] = [];
  #conflicting: ReadonlyMap<string, readonly string[]> = new Map();
  #disabled: ReadonlySet<string> = new Set();
  readonly #externalData: ExternalDataSource | undefined;
  readonly #onMutated: OnMutated;

  /** Without `externalData` mutators that ask Providers fail. */
  constructor(externalData?: ExternalDataSource, onMutated: OnMutated = () => {}) {
    this.#externalData = externalData;
    this.#onMutated = onMutated;
  }

  /** Puts a mutator in force, or another one in its place. Answers those with which it does not agree, itself among them: none of them is used. */
  put(mutator: Mutator): readonly string[] {
    this.#byId.set(mutator.id, mutator);
    this.#settle();
    return this.conflictsOf(mutator.id);
  }

  remove(id: string): void {
    if (this.#byId.delete(id)) this.#settle();
  }

  get size(): number {
    return this.#byId.size;
  }

  /** How many are out of force, as they do not agree with others. */
  get conflicting(): number {
    return this.#disabled.size;
  }

  /** Those with which a mutator does not agree, itself among them: none of them is used. */
  conflictsOf(id: string): readonly string[] {
    return this.#conflicting.get(id) ?? [];
  }

  #settle(): void {
    this.#ordered = [...this.#byId.values()].sort((a, b) => compareTexts(a.id, b.id));
    this.#conflicting = conflictingMutators(this.#ordered);
    this.#disabled = new Set([...this.#conflicting.values()].flat());
  }

  /** The object after all mutators; itself where none changes it. Throws an error of one line, also where it never comes to rest. */
  mutate(mutable: Mutable): KubeObject {
    let current = mutable.object;
    for (let iteration = 0; iteration <= this.#ordered.length; iteration++) {
      const next = this.#round({ ...mutable, object: current });
      if (isSameJson(next, current)) {
        this.#onMutated(true, iteration + 1);
        return this.#resolved(current);
      }
      current = next;
    }
    this.#onMutated(false, this.#ordered.length + 1);
    throw new Error(`mutation not converging for ${shown(mutable.object)}`);
  }

  #resolved(object: KubeObject): KubeObject {
    try {
      return resolvePlaceholders(object, this.#externalData);
    } catch (error) {
      if (error instanceof PendingAnswer) throw error;
      throw new Error(`failed to resolve external data placeholders: ${(error as Error).message}`);
    }
  }

  #round(mutable: Mutable): KubeObject {
    const draft = structuredClone(mutable.object);
    const current = { ...mutable, object: draft };
    for (const mutator of this.#ordered) {
      if (this.#disabled.has(mutator.id)) continue;
      try {
        if (mutator.matches(current))
          changeAt(draft as unknown as Draft, mutator.path, mutator.tests, mutator.setter(current));
      } catch (error) {
        throw new Error(`mutation for mutator ${mutator.id} failed for ${shown(draft)}: ${(error as Error).message}`);
      }
    }
    return draft;
  }
}

function shown({ apiVersion, kind, metadata }: KubeObject): string {
  const { namespace = "", name, generateName = "" } = metadata;
  return [parseApiVersion(apiVersion).group, kind, namespace, name ?? generateName].join(" ");
}
