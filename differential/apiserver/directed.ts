import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { type Sample, type Step, type Subject, subjectOf } from "./scenario.ts";

/** One case: fields set in an object of a kind, by their paths; and those set in it when it is there already. */
interface Directed {
  readonly kind: string;
  readonly set?: Changes;
  /** What the object is changed by afterwards. */
  readonly then?: Changes;
  /** By which subresource, where it is not the object itself. */
  readonly by?: string;
  /** What else is asked of the object that was made. */
  readonly do?: readonly Asked[];
}

/** A request: its method with what stands behind the object's path; or behind another one, which is named. */
interface Asked {
  readonly [method: string]: unknown;
  /** Where it is not the object's own path: that of its collection, or the root. */
  readonly of?: "collection" | "root";
  readonly as?: keyof typeof bodyTypes;
  readonly accept?: string;
  /** Of an applied configuration, without what names the object. */
  readonly body?: unknown;
}

const bodyTypes = {
  json: "application/json",
  yaml: "application/yaml",
  apply: "application/apply-patch+yaml",
  "json-patch": "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

/** `spec.containers.0.image: nginx`; a value of `null` takes the field away. */
interface Changes {
  readonly [path: string]: unknown;
}

interface DirectedFile {
  /** The smallest right object of each kind. */
  readonly bases: readonly Sample[];
  readonly cases: readonly Directed[];
}

const { bases, cases } = parse(readFileSync(new URL("directed.yaml", import.meta.url), "utf8")) as DirectedFile;

/** Requests of cases written by hand, of the places where chance seldom comes. */
export function directedSteps(prefix: string, kinds?: readonly string[]): readonly (readonly Step[])[] {
  return cases
    .filter(({ kind }) => kinds === undefined || kinds.includes(kind))
    .map((each, i) => stepsOf(each, `${prefix}${i}`));
}

function stepsOf({ kind, set = {}, then, by, do: asked }: Directed, name: string): readonly Step[] {
  const base = bases.find((each) => each.kind === kind);
  if (base === undefined) throw new Error(`directed.yaml: no base of kind ${kind}`);
  const subject = subjectOf(base, name);
  const object = changed(subject.object, set);
  if (asked !== undefined)
    return [
      { method: "POST", path: subject.collection, body: object },
      ...asked.map((each) => stepOf(each, subject, object)),
      { method: "DELETE", path: `${subject.item}?gracePeriodSeconds=0` },
    ];
  if (then === undefined) return [{ method: "POST", path: `${subject.collection}?dryRun=All`, body: object }];
  return [{ method: "POST", path: subject.collection, body: object }, ...replacements(subject, object, then, by)];
}

const methods = ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS"];

function stepOf(asked: Asked, subject: Subject, object: Sample): Step {
  const method = methods.find((each) => asked[each] !== undefined) ?? "GET";
  const { of, as, accept, body } = asked;
  const start = of === "root" ? "" : of === "collection" ? subject.collection : subject.item;
  const { apiVersion, kind } = object;
  const configuration = { apiVersion, kind, metadata: { name: subject.name, ...(body as Sample)?.metadata } };
  const sent = as === "apply" && typeof body === "object" ? { ...(body as object), ...configuration } : body;
  return {
    method,
    path: `${start}${String(asked[method] ?? "").replaceAll("NAME", subject.name)}`,
    ...(accept === undefined ? {} : { accept }),
    ...(as === undefined ? {} : { type: bodyTypes[as] }),
    ...(sent === undefined ? {} : { body: named(sent, subject.name) }),
  };
}

function named(body: unknown, name: string): unknown {
  if (typeof body === "string") return body.replaceAll("NAME", name);
  return JSON.parse(JSON.stringify(body).replaceAll("NAME", name)) as unknown;
}

function replacements({ item }: Subject, object: Sample, then: Changes, by: string | undefined): readonly Step[] {
  const path = by === undefined ? item : `${item}/${by}`;
  const next = changed({ ...object, metadata: { ...object.metadata, resourceVersion: "(resourceVersion)" } }, then);
  return [
    { method: "PUT", path, body: next },
    { method: "DELETE", path: `${item}?gracePeriodSeconds=0` },
  ];
}

function changed(object: Sample, changes: Changes): Sample {
  const copy = structuredClone(object) as Sample;
  for (const [path, value] of Object.entries(changes)) setAt(copy, path.split(/(?<!\\)\./), value);
  return copy;
}

function setAt(object: Sample, [first = "", ...rest]: readonly string[], value: unknown): void {
  const key = first.replaceAll("\\.", ".");
  if (rest.length > 0) setAt((object[key] ??= {}), rest, value);
  else if (value !== null) object[key] = value;
  else if (Array.isArray(object)) object.splice(Number(key), 1);
  else delete object[key];
}
