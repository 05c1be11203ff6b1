import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { builtinResources, type ResourceInfo } from "@sallyport/kube";
import { parseAllDocuments } from "yaml";
import { collectionOf, type Sample, type Step } from "./scenario.ts";

/** Bytes. Larger files are generated data of other kinds. */
const maxFileBytes = 2_000_000;

/** What a server gives an object, and refuses from a client. */
const given = [
  "resourceVersion",
  "uid",
  "managedFields",
  "creationTimestamp",
  "deletionTimestamp",
  "selfLink",
] as const;

/** What a corpus holds, and what of it is asked. */
export interface Corpus {
  readonly scenarios: readonly (readonly Step[])[];
  readonly files: number;
  /** Documents of kinds that nobody serves. */
  readonly unknown: number;
}

/**
 * Manifests that others have written, in all YAML and JSON files below folders, each made, applied over itself by another manager, shown as a
 * table and deleted. Definitions of kinds come first and stay, so that objects of their kinds can follow.
 */
export function corpusOf(folders: readonly string[]): Corpus {
  const files = folders.flatMap((folder) => [...manifestFiles(folder)]);
  const documents = distinct(files.flatMap(documentsOf));
  const definitions = documents.filter(({ kind }) => kind === "CustomResourceDefinition");
  const kinds = new Map([...builtinResources.flatMap(builtinKind), ...definitions.flatMap(customKinds)]);
  const scenarios: (readonly Step[])[] = definitions.map((each) => [made(each, definitionsPath)]);
  let unknown = 0;
  for (const each of documents) {
    if (each.kind === "CustomResourceDefinition") continue;
    const kind = kinds.get(`${each.apiVersion} ${each.kind}`);
    if (kind === undefined) unknown++;
    else scenarios.push(lifeOf(each, kind));
  }
  return { scenarios, files: files.length, unknown };
}

const definitionsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

interface Kind {
  readonly collection: string;
  readonly namespaced: boolean;
  readonly creatable: boolean;
}

function builtinKind(info: ResourceInfo): [string, Kind][] {
  if (info.resource.includes("/")) return [];
  const apiVersion = info.group === "" ? info.version : `${info.group}/${info.version}`;
  const creatable = info.verbs.includes("get");
  return [[`${apiVersion} ${info.kind}`, { collection: collectionOf(info), namespaced: info.namespaced, creatable }]];
}

function customKinds({ spec }: Sample): [string, Kind][] {
  const namespaced = spec?.scope === "Namespaced";
  return (spec?.versions ?? [])
    .filter(({ served }: Sample) => served === true)
    .map(({ name }: Sample) => {
      const collection = `/apis/${spec.group}/${name}${namespaced ? "/namespaces/d" : ""}/${spec.names?.plural}`;
      return [`${spec.group}/${name} ${spec.names?.kind}`, { collection, namespaced, creatable: true }];
    });
}

function lifeOf(document: Sample, { collection, namespaced, creatable }: Kind): readonly Step[] {
  const metadata = { ...document.metadata };
  for (const field of given) delete metadata[field];
  if (namespaced) metadata.namespace = "d";
  else delete metadata.namespace;
  const object = { ...document, metadata };
  if (!creatable || typeof metadata.name !== "string") return [made(object, collection)];
  const item = `${collection}/${encodeURIComponent(metadata.name)}`;
  return [
    made(object, collection),
    { method: "GET", path: item, accept: "application/json;as=Table;v=v1;g=meta.k8s.io" },
    {
      method: "PATCH",
      path: `${item}?fieldManager=corpus&force=true`,
      type: "application/apply-patch+yaml",
      body: object,
    },
    { method: "DELETE", path: item, body: { gracePeriodSeconds: 0 } },
  ];
}

function made(body: Sample, collection: string): Step {
  return { method: "POST", path: `${collection}?fieldValidation=Warn`, body };
}

function* manifestFiles(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(folder, entry);
    if (/\.(ya?ml|json)$/.test(entry) && statSync(path).isFile() && statSync(path).size < maxFileBytes) yield path;
  }
}

/** Objects of a file; none where it is a template of something else, or no YAML. */
function documentsOf(file: string): readonly Sample[] {
  try {
    const parsed = parseAllDocuments(readFileSync(file, "utf8"), { logLevel: "silent" });
    if (!Array.isArray(parsed)) return [];
    return parsed.filter(({ errors }) => errors.length === 0).flatMap((each) => objectsOf(each.toJS()));
  } catch {
    return [];
  }
}

function objectsOf(value: Sample): readonly Sample[] {
  if (typeof value?.apiVersion !== "string" || typeof value.kind !== "string") return [];
  return value.kind === "List" && Array.isArray(value.items) ? value.items.flatMap(objectsOf) : [value];
}

/** The same manifest lies in many trees. */
function distinct(documents: readonly Sample[]): readonly Sample[] {
  return [...new Map(documents.map((each) => [JSON.stringify(each), each])).values()];
}
