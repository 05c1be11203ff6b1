import { readFileSync } from "node:fs";
import { builtinResources, type ResourceInfo } from "@sallyport/kube";
import { parse } from "yaml";
import type { Tape } from "../tape.ts";
import { directivesOf } from "./directives.ts";
import { collectionOf as collectionSteps, protobufOf } from "./forms.ts";
import { impersonated } from "./impersonated.ts";
import { lifeOf } from "./life.ts";
import { managersOf } from "./managers.ts";
import { readingsOf } from "./readings.ts";
import { hasParts, partsOf } from "./subresources.ts";

/** One request, the same for both servers. */
export interface Step {
  readonly method: string;
  readonly path: string;
  /** The body's content type; none when empty. */
  readonly type?: string;
  readonly accept?: string;
  readonly headers?: { readonly [name: string]: string };
  /** JSON, or text or bytes as they are. `(resourceVersion)`, `(uid)` and `(continue)` in it stand for what the server answered last, as in the path and the headers. */
  readonly body?: unknown;
  /** What of the answer later steps may name in parentheses too: a JSON pointer for each name. */
  readonly keep?: { readonly [name: string]: string };
  /** Shown to the server, in PEM, in the place of the administrator's token. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

// biome-ignore lint/suspicious/noExplicitAny: samples are free-form JSON
export type Sample = any;

/** An object to make and change, and where it lies. */
export interface Subject {
  readonly object: Sample;
  readonly info: ResourceInfo;
  readonly collection: string;
  readonly item: string;
  readonly name: string;
}

const samples: readonly Sample[] = parse(readFileSync(new URL("samples.yaml", import.meta.url), "utf8"));

/** Kinds that have a sample. */
export const sampleKinds: readonly string[] = [...new Set(samples.map((each) => String(each.kind)))];

/** An object of each sample, named. */
export function subjects(name: string): readonly Subject[] {
  return samples.map((sample, i) => subjectOf(sample, `${name}-${i}`));
}

/** Requests that belong together, of one object called `name`, most often: it is made, seen, changed in several ways, deleted. */
export function scenario(tape: Tape, name: string, kinds?: readonly string[]): readonly Step[] {
  const chosen = kinds === undefined ? samples : samples.filter((each) => kinds.includes(each.kind));
  const subject = subjectOf(tape.pick(chosen), name);
  return tape.choose<readonly Step[]>([
    () => lifeOf(subject, tape),
    () => lifeOf(subject, tape),
    () => readingsOf(subject, tape),
    () => protobufOf(subject, tape),
    () => collectionSteps(subject, tape),
    () => directivesOf(subject, tape),
    () => managersOf(subject, tape),
    () => (hasParts(subject) ? partsOf(subject, tape) : lifeOf(subject, tape)),
    () => impersonated(lifeOf(subject, tape), tape),
  ]);
}

/** An object like a sample, called `given`, and where it lies. */
export function subjectOf(sample: Sample, given: string): Subject {
  const info = infoOf(sample);
  const object = JSON.parse(JSON.stringify(sample).replaceAll("NAME", given)) as Sample;
  // Some kinds are named after what they hold.
  const name = (object.metadata?.name as string | undefined) ?? given;
  object.metadata = { ...object.metadata, name };
  const collection = collectionOf(info);
  return { object, info, collection, item: `${collection}/${encodeURIComponent(name)}`, name };
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

/** Where objects of a kind lie: in the namespace `d`, if in any. */
export function collectionOf({ group, version, resource, namespaced }: ResourceInfo): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? "/namespaces/d" : ""}/${resource}`;
}
