import { globSync } from "node:fs";
import { dirname } from "node:path";
import { Framework, FrameworkError, readTemplate, regoEngine } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { type Constraint, documents, kindsOf, regoSourceOf } from "../rego/gatekeeper.ts";

/** A template of gatekeeper-library, the constraint of its first sample, and the objects of all its samples. */
export interface LibraryPolicy {
  readonly template: KubeObject;
  readonly constraint: KubeObject;
  readonly objects: readonly KubeObject[];
  /** Whether lists of texts among the parameters may have any other text too. */
  readonly takesTexts: boolean;
}

/** Every template that has Rego: OPA has to evaluate the same. */
export function readPolicies(folder: string): readonly LibraryPolicy[] {
  return globSync(`${folder}/library/*/*/template.yaml`).sort().flatMap(readPolicy);
}

function readPolicy(file: string): readonly LibraryPolicy[] {
  const [template] = documents<KubeObject>(file);
  if (template === undefined || regoSourceOf(readTemplate(template)) === undefined) return [];
  const samples = globSync(`${dirname(file)}/samples/*/*.yaml`).sort();
  const [constraint] = samples.filter((each) => each.endsWith("constraint.yaml")).flatMap(documents<KubeObject>);
  const objects = samples
    .filter((each) => !each.endsWith("constraint.yaml"))
    .flatMap(documents<KubeObject>)
    .filter(({ kind }) => kind !== undefined && kind !== "AdmissionReview");
  if (constraint === undefined || objects.length === 0) return [];
  return [{ template, constraint, objects, takesTexts: isAllowed(template, withOwnText(constraint, "own")) }];
}

function isAllowed(template: KubeObject, constraint: KubeObject): boolean {
  const framework = new Framework({ engines: [regoEngine()] });
  framework.addTemplate(template);
  try {
    framework.checkConstraint(constraint);
    return true;
  } catch (error) {
    if (error instanceof FrameworkError) return false;
    throw error;
  }
}

/** So many constraints, of all templates in turn; no two have the same parameters where those have a list of texts. */
export function repeated(policies: readonly LibraryPolicy[], count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, i) => {
    const { constraint, takesTexts } = policies[i % policies.length] as LibraryPolicy;
    const own = takesTexts ? withOwnText(constraint, `own-${i}`) : constraint;
    return { ...own, metadata: { ...constraint.metadata, name: `${constraint.metadata.name}-${i}` } };
  });
}

/** Adds a text to each list of texts among the parameters: else one answer would do for all constraints of a template. */
function withOwnText(constraint: KubeObject, text: string): KubeObject {
  const spec = constraint["spec"] as { readonly parameters?: unknown } | undefined;
  if (spec?.parameters === undefined) return constraint;
  return { ...constraint, spec: { ...spec, parameters: addedTo(spec.parameters, text) } } as KubeObject;
}

function addedTo(value: unknown, text: string): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (!Array.isArray(value))
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, addedTo(each, text)]));
  const isOfTexts = value.length > 0 && value.every((each) => typeof each === "string");
  return isOfTexts ? [...value, text] : value.map((each) => addedTo(each, text));
}

/** The policies as OPA evaluates them: modules, and constraints by kind as data. `data.main.results` answers `input.review`. */
export function asRego(
  policies: readonly LibraryPolicy[],
  constraints: readonly KubeObject[],
): { readonly modules: readonly string[]; readonly data: object } {
  const templates = policies.map(({ template }) => readTemplate(template));
  const sources = templates.map((each) => regoSourceOf(each));
  const texts = sources.flatMap((source) => [source?.rego ?? "", ...(source?.libs ?? [])]);
  const rules = templates.map(({ kind }, i) => {
    const path = /^\s*package\s+(\S+)/m.exec(sources[i]?.rego ?? "")?.[1];
    return `results[result] {
	constraint := data.constraints.${kind}[_]
	matches(constraint)
	msg := data.${path}.violation[_].msg with input as {"review": input.review, "parameters": constraint.parameters}
	result := {"name": constraint.name, "msg": msg}
}`;
  });
  const byKind = Object.groupBy(
    constraints.map((each) => ({
      kind: each.kind,
      name: each.metadata.name,
      kinds: kindsOf(each as Constraint),
      parameters: (each["spec"] as { readonly parameters?: object } | undefined)?.parameters ?? {},
    })),
    ({ kind }) => kind,
  );
  return {
    modules: [...new Set(texts.map((text) => text.trim())), [main, ...rules].join("\n\n")],
    data: { constraints: byKind, inventory: {} },
  };
}

const main = `package main

kind := trim_left(concat("/", [input.review.kind.group, input.review.kind.kind]), "/")

matches(constraint) { count(constraint.kinds) == 0 }

matches(constraint) { constraint.kinds[_] == kind }`;
