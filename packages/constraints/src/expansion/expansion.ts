import { apiVersionOf, type KubeObject } from "@sallyport/kube";
import { PendingAnswer } from "../external-data/external-data.ts";
import { compareTexts, isFields, nested } from "../fields.ts";
import { kindOf } from "../group-version-kind.ts";
import type { Mutators } from "../mutation/mutators.ts";
import { type ExpansionTemplate, expands } from "./expansion-template.ts";

/** What an object implies: a Deployment its pods. */
export interface Resultant {
  readonly object: KubeObject;
  readonly template: string;
  /** In the place of the violated constraint's; empty for that. */
  readonly enforcementAction: string;
}

/** Templates that lead from one to the other further than this are no templates. Gatekeeper's maxRecursionDepth. */
const maxDepth = 30;

/** ExpansionTemplates, and what they make of objects. https://open-policy-agent.github.io/gatekeeper/website/docs/expansion */
export class Expansion {
  readonly #byName = new Map<string, ExpansionTemplate>();
  #cyclic: ReadonlySet<string> = new Set();

  /** Throws an error of one line where templates would expand what they make; all those that do are out of use then. */
  put(template: ExpansionTemplate): void {
    this.#byName.set(template.name, template);
    this.#cyclic = cyclicTemplates([...this.#byName.values()]);
    if (this.#cyclic.has(template.name)) throw new Error("template forms expansion cycle");
  }

  remove(name: string): void {
    this.#byName.delete(name);
    this.#cyclic = cyclicTemplates([...this.#byName.values()]);
  }

  /** What an object implies, what that implies, and so on, after the mutators that apply to it. Throws an error of one line. */
  expand(object: KubeObject, namespace: KubeObject | undefined, mutators: Mutators): readonly Resultant[] {
    return this.#expandTo(object, namespace, mutators, 0);
  }

  #expandTo(
    object: KubeObject,
    namespace: KubeObject | undefined,
    mutators: Mutators,
    depth: number,
  ): readonly Resultant[] {
    if (depth >= maxDepth) throw new Error(`maximum recursion depth of ${maxDepth} reached`);
    const own = this.#templatesFor(object).map((template): Resultant => {
      const made = implied(object, namespace, template);
      const mutable = { object: made, namespace, source: "Generated", operation: "", username: "" } as const;
      try {
        return {
          object: mutators.mutate(mutable),
          template: template.name,
          enforcementAction: template.enforcementAction,
        };
      } catch (error) {
        if (error instanceof PendingAnswer) throw error;
        throw new Error(`failed to mutate resultant resource ${made.metadata.name}: ${(error as Error).message}`);
      }
    });
    return [...own.flatMap((each) => this.#expandTo(each.object, namespace, mutators, depth + 1)), ...own];
  }

  /** By name. */
  #templatesFor(object: KubeObject): readonly ExpansionTemplate[] {
    const kind = kindOf(object);
    return [...this.#byName.values()]
      .filter((each) => expands(each, kind) && !this.#cyclic.has(each.name))
      .sort((a, b) => compareTexts(a.name, b.name));
  }
}

/** Those that lead back to themselves. */
function cyclicTemplates(templates: readonly ExpansionTemplate[]): ReadonlySet<string> {
  const next = (from: ExpansionTemplate) => templates.filter((each) => expands(each, from.generated));
  return new Set(templates.filter((each) => reaches(each, each, next)).map(({ name }) => name));
}

function reaches(
  from: ExpansionTemplate,
  wanted: ExpansionTemplate,
  next: (from: ExpansionTemplate) => readonly ExpansionTemplate[],
): boolean {
  const seen = new Set<ExpansionTemplate>();
  const queue = [...next(from)];
  for (let each = queue.pop(); each !== undefined; each = queue.pop()) {
    if (each === wanted) return true;
    if (seen.has(each)) continue;
    seen.add(each);
    queue.push(...next(each));
  }
  return false;
}

/** What stands at the template's source, as an object of its own. */
function implied(object: KubeObject, namespace: KubeObject | undefined, template: ExpansionTemplate): KubeObject {
  const { templateSource, generated } = template;
  const source = nested(object, ...templateSource.split("."));
  const name = object.metadata.name ?? "";
  if (!isFields(source))
    throw new Error(`could not find source field ${JSON.stringify(templateSource)} in resource ${name}`);
  const metadata = isFields(source["metadata"]) ? source["metadata"] : {};
  const place = namespace === undefined ? object.metadata.namespace : (namespace.metadata.name ?? "");
  const { namespace: _, ...others } = metadata;
  return structuredClone({
    ...source,
    apiVersion: apiVersionOf(generated),
    kind: generated.kind,
    metadata: {
      ...others,
      ...(place === undefined || place === "" ? {} : { namespace: place }),
      name: `${name}${generated.kind === "" ? "" : "-"}${generated.kind}`.toLowerCase(),
      ...owned(metadata["ownerReferences"], object),
    },
  }) as KubeObject;
}

/** It is owned by what implies it. */
function owned(references: unknown, { apiVersion, kind, metadata: { name = "" } }: KubeObject): object {
  const given = (Array.isArray(references) ? references : []).filter(isFields);
  if (apiVersion === "" || kind === "" || name === "") return given.length === 0 ? {} : { ownerReferences: given };
  const isThere = given.some(
    (each) => each["apiVersion"] === apiVersion && each["kind"] === kind && each["name"] === name,
  );
  return { ownerReferences: isThere ? given : [...given, { apiVersion, kind, name, uid: "" }] };
}
