import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { JsonObject } from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import type { RegoCase } from "./case.ts";

/** The parts of a ConstraintTemplate that hold Rego: in `rego` and `libs`, or in a `code` entry of the engine Rego. */
interface Template {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly targets: readonly [Sources & { readonly code?: readonly Code[] }] };
}

interface Sources {
  readonly rego?: string;
  readonly libs?: readonly string[];
}

interface Code {
  readonly engine: string;
  readonly source: Sources & { readonly version?: string };
}

interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly spec?: { readonly parameters?: JsonObject };
  readonly request?: JsonObject;
}

/** Every template of gatekeeper-library that has Rego, one workload each over all its samples. */
export function readTemplates(folder: string): readonly RegoCase[] {
  return globSync(`${folder}/library/*/*/template.yaml`).sort().flatMap(readTemplate);
}

function readTemplate(file: string): readonly RegoCase[] {
  const [template] = documents<Template>(file);
  const target = template?.spec.targets[0];
  const code = target?.code?.find(({ engine }) => engine === "Rego")?.source;
  const rego = target?.rego ?? code?.rego;
  if (template === undefined || rego === undefined) return [];
  const texts = [rego, ...(target?.libs ?? code?.libs ?? [])];
  const inputs = globSync(`${dirname(file)}/samples/*`)
    .sort()
    .flatMap(reviewsOf);
  if (inputs.length === 0) return [];
  return [
    {
      name: `gatekeeper/${template.metadata.name}`,
      regoVersion: code?.version === "v1" ? "v1" : "v0",
      modules: texts.map((text, i) => ({ file: `${i}.rego`, text })),
      query: `data.${/^\s*package\s+(\S+)/m.exec(rego)?.[1]}.violation`,
      inputs: inputs.map((input) => JSON.stringify(input)),
      data: { inventory: {} },
    },
  ];
}

/** What Gatekeeper gives a template: the review of each sample with the parameters of its constraint. */
function reviewsOf(folder: string): readonly object[] {
  const [constraint] = globSync(`${folder}/constraint.yaml`).flatMap(documents<KubeObject>);
  const parameters = constraint?.spec?.parameters ?? {};
  return globSync(`${folder}/*.yaml`)
    .sort()
    .filter((file) => !file.endsWith("constraint.yaml"))
    .flatMap(documents<KubeObject>)
    .filter(({ kind }) => kind !== undefined)
    .map((object) => ({ review: object.kind === "AdmissionReview" ? object.request : reviewOf(object), parameters }));
}

function reviewOf(object: KubeObject): object {
  const slash = object.apiVersion.indexOf("/");
  return {
    kind: {
      group: slash < 0 ? "" : object.apiVersion.slice(0, slash),
      version: object.apiVersion.slice(slash + 1),
      kind: object.kind,
    },
    operation: "CREATE",
    name: object.metadata?.name ?? "",
    namespace: object.metadata?.namespace ?? "",
    object,
  };
}

function documents<T>(file: string): readonly T[] {
  return parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => (document as { toJS(): T | null }).toJS())
    .filter((document) => document !== null);
}
