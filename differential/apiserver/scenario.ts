import { readFileSync } from "node:fs";
import { builtinResources, type ResourceInfo } from "@sallyport/kube";
import { parse } from "yaml";
import type { Tape } from "../tape.ts";
import { mutate } from "./mutate.ts";

/** One request, the same for both servers. */
export interface Step {
  readonly method: string;
  readonly path: string;
  readonly type?: string;
  readonly accept?: string;
  readonly body?: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: samples are free-form JSON
type Sample = any;

const samples: readonly Sample[] = parse(readFileSync(new URL("samples.yaml", import.meta.url), "utf8"));

/** Kinds that have a sample. */
export const sampleKinds: readonly string[] = [...new Set(samples.map((each) => String(each.kind)))];

const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const mergePatch = "application/merge-patch+json";
const strategicPatch = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";

/** The life of one object, called `name`, in namespace `d`: made, seen, changed in several ways, deleted. */
export function scenario(tape: Tape, name: string, kinds?: readonly string[]): readonly Step[] {
  const sample = structuredClone(
    tape.pick(kinds === undefined ? samples : samples.filter((each) => kinds.includes(each.kind))),
  );
  const info = infoOf(sample);
  const object = JSON.parse(JSON.stringify(sample).replaceAll("NAME", name)) as Sample;
  const own = info.resource === "customresourcedefinitions" ? `things.${name}.example.com` : name;
  object.metadata = { ...object.metadata, name: own };
  const [collection, item] = [collectionOf(info), `${collectionOf(info)}/${own}`];
  const faulty = structuredClone(object) as Sample;
  for (let count = tape.below(3); count >= 0; count--) mutate(faulty, info.schema, tape);
  const changed = structuredClone(object) as Sample;
  mutate(changed, info.schema, tape);
  const validation = tape.pick(["", "?fieldValidation=Strict", "?fieldValidation=Ignore"]);
  return [
    { method: "POST", path: `${collection}${validation}`, body: faulty },
    { method: "POST", path: collection, body: object },
    { method: "GET", path: item, ...(tape.oneIn(3) ? { accept: table } : {}) },
    { method: "PUT", path: item, body: changed },
    ...tape.choose<readonly Step[]>([
      () => [{ method: "PATCH", path: item, type: mergePatch, body: differenceOf(object, changed) }],
      () => [{ method: "PATCH", path: item, type: strategicPatch, body: differenceOf(object, changed) }],
      () => [
        {
          method: "PATCH",
          path: item,
          type: jsonPatch,
          body: [
            { op: "add", path: "/metadata/labels", value: { a: "b" } },
            { op: "remove", path: "/spec" },
          ],
        },
      ],
      () => [{ method: "GET", path: `${collection}?limit=1&fieldSelector=metadata.name%3D${own}` }],
    ]),
    { method: "GET", path: item },
    { method: "DELETE", path: item },
  ];
}

/** The changed top-level fields: a merge patch that says no more than it must. */
function differenceOf(object: Sample, changed: Sample): Sample {
  const keys = [...new Set([...Object.keys(object), ...Object.keys(changed)])];
  const different = keys.filter((key) => JSON.stringify(object[key]) !== JSON.stringify(changed[key]));
  return Object.fromEntries(different.map((key) => [key, changed[key] ?? null]));
}

function infoOf(sample: Sample): ResourceInfo {
  const found = builtinResources.find(
    ({ group, version, kind, resource }) =>
      kind === sample.kind &&
      !resource.includes("/") &&
      (group === "" ? version : `${group}/${version}`) === sample.apiVersion,
  );
  if (found === undefined) throw new Error(`samples.yaml: no such kind: ${sample.apiVersion} ${sample.kind}`);
  return found;
}

function collectionOf({ group, version, resource, namespaced }: ResourceInfo): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? "/namespaces/d" : ""}/${resource}`;
}
