import { globSync } from "node:fs";
import { dirname } from "node:path";
import { readTemplate } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import { type Constraint, documents, kindsOf, regoSourceOf } from "../rego/gatekeeper.ts";

/** A template of gatekeeper-library, the constraint of its first sample, and the objects of all its samples. */
export interface LibraryPolicy {
  readonly template: KubeObject;
  readonly constraint: KubeObject;
  readonly objects: readonly KubeObject[];
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
  return constraint === undefined || objects.length === 0 ? [] : [{ template, constraint, objects }];
}

/** So many constraints, of all templates in turn. */
export function repeated(policies: readonly LibraryPolicy[], count: number): readonly KubeObject[] {
  return Array.from({ length: count }, (_, i) => {
    const { constraint } = policies[i % policies.length] as LibraryPolicy;
    return { ...constraint, metadata: { ...constraint.metadata, name: `${constraint.metadata.name}-${i}` } };
  });
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
