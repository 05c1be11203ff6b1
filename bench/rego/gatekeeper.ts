import { globSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { readTemplate, type Template } from "@sallyport/constraints";
import type { KubeObject } from "@sallyport/kube";
import type { JsonObject } from "@sallyport/rego";
import { parseAllDocuments } from "yaml";
import type { RegoCase } from "./case.ts";

/** The source of a template's Rego, as templates hold it. */
interface RegoSource {
  readonly rego: string;
  readonly libs?: readonly string[];
  readonly version?: string;
}

/** Of a template; as much of it as is read here. */
export interface Constraint {
  readonly spec?: {
    readonly parameters?: JsonObject;
    readonly match?: {
      readonly kinds?: readonly { readonly apiGroups?: readonly string[]; readonly kinds?: readonly string[] }[];
    };
  };
}

/** A template of the library with its samples. */
export interface LibraryTemplate {
  readonly name: string;
  readonly regoVersion: "v0" | "v1";
  /** Of its Rego: the template's own, then those of its libraries. */
  readonly texts: readonly string[];
  /** `data.` and the package of the template's own. */
  readonly path: string;
  readonly samples: readonly Sample[];
}

/** A constraint of a template, and objects to try it on. */
export interface Sample {
  readonly parameters: JsonObject;
  /** `Pod`, `apps/Deployment`; empty for all. */
  readonly kinds: readonly string[];
  /** Reviews, as Gatekeeper gives them to a template. */
  readonly reviews: readonly object[];
}

/** Every template of gatekeeper-library that has Rego. */
export function readLibrary(folder: string): readonly LibraryTemplate[] {
  return globSync(`${folder}/library/*/*/template.yaml`).sort().flatMap(readLibraryTemplate);
}

/** The same as workloads, each over all its samples. */
export function readTemplates(folder: string): readonly RegoCase[] {
  return readLibrary(folder).map(({ name, regoVersion, texts, path, samples }) => ({
    name: `gatekeeper/${name}`,
    regoVersion,
    modules: texts.map((text, i) => ({ file: `${i}.rego`, text })),
    query: `${path}.violation`,
    inputs: samples.flatMap(({ reviews, parameters }) =>
      reviews.map((review) => JSON.stringify({ review, parameters })),
    ),
    data: { inventory: {} },
  }));
}

/** What is in Rego of a template. */
export function regoSourceOf({ code }: Template): RegoSource | undefined {
  return code.find(({ engine }) => engine === "Rego")?.source as RegoSource | undefined;
}

function readLibraryTemplate(file: string): readonly LibraryTemplate[] {
  const [object] = documents<KubeObject>(file);
  const template = object && readTemplate(object);
  const source = template && regoSourceOf(template);
  if (template === undefined || source === undefined) return [];
  const { rego, libs = [], version } = source;
  const samples = globSync(`${dirname(file)}/samples/*`)
    .sort()
    .map(readSample)
    .filter(({ reviews }) => reviews.length > 0);
  if (samples.length === 0) return [];
  return [
    {
      name: template.name,
      regoVersion: version === "v1" ? "v1" : "v0",
      texts: [rego, ...libs],
      path: `data.${/^\s*package\s+(\S+)/m.exec(rego)?.[1]}`,
      samples,
    },
  ];
}

/** A sample's constraint with its parameters, and the reviews of its objects. */
function readSample(folder: string): Sample {
  const [constraint] = globSync(`${folder}/constraint.yaml`).flatMap(documents<Constraint>);
  const { parameters = {} } = constraint?.spec ?? {};
  const reviews = globSync(`${folder}/*.yaml`)
    .sort()
    .filter((file) => !file.endsWith("constraint.yaml"))
    .flatMap(documents<KubeObject>)
    .filter(({ kind }) => kind !== undefined)
    .map((object) => (object.kind === "AdmissionReview" ? (object["request"] as object) : reviewOf(object)));
  return { parameters, kinds: kindsOf(constraint ?? {}), reviews };
}

/** What a constraint matches: `Pod`, `apps/Deployment`; empty for all. */
export function kindsOf({ spec }: Constraint): readonly string[] {
  const kinds = (spec?.match?.kinds ?? []).flatMap(({ apiGroups = [""], kinds: names = [] }) =>
    apiGroups.flatMap((group) => names.map((name) => (group === "" ? name : `${group}/${name}`))),
  );
  return kinds.some((each) => each.includes("*")) ? [] : kinds;
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

/** All that are in a file; of faults nothing is said: the library has a text that only go-yaml takes. */
export function documents<T>(file: string): readonly T[] {
  return parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => (document as { toJS(): T | null }).toJS())
    .filter((document) => document !== null);
}
