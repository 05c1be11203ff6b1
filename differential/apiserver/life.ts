import { findResource } from "@sallyport/kube";
import type { Tape } from "../tape.ts";
import { mutate, plausibleOf } from "./mutate.ts";
import { deleteBodies, deleteQueries, writeQueries } from "./options.ts";
import type { Sample, Step, Subject } from "./scenario.ts";

const table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
const mergePatch = "application/merge-patch+json";
const strategicPatch = "application/strategic-merge-patch+json";
const jsonPatch = "application/json-patch+json";
const applyPatch = "application/apply-patch+yaml";

/** The life of one object: a faulty one, the right one, seen, changed in several ways, deleted. */
export function lifeOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, info, collection, item } = subject;
  const faulty = structuredClone(object) as Sample;
  for (let count = tape.below(3); count >= 0; count--) mutate(faulty, info.schema, tape);
  return [
    { method: "POST", path: `${collection}${tape.pick(writeQueries)}`, body: faulty },
    { method: "POST", path: collection, body: object },
    { method: "GET", path: item, ...(tape.oneIn(3) ? { accept: table } : {}) },
    ...updates(subject, tape),
    ...tape.choose<readonly Step[]>([
      () => patches(subject, tape),
      () => applications(subject, tape),
      () => statusWrites(subject, tape),
      () => updates(subject, tape),
    ]),
    { method: "GET", path: item },
    ...deletions(subject, tape),
  ];
}

function changedOf({ object, info }: Subject, tape: Tape): Sample {
  const changed = structuredClone(object) as Sample;
  mutate(changed, info.schema, tape);
  return changed;
}

/** With the version that is there, most often: some kinds are not updated without. */
function updates(subject: Subject, tape: Tape): readonly Step[] {
  const changed = changedOf(subject, tape);
  if (!tape.oneIn(3)) changed.metadata = { ...changed.metadata, resourceVersion: "(resourceVersion)" };
  return [{ method: "PUT", path: `${subject.item}${tape.oneIn(3) ? tape.pick(writeQueries) : ""}`, body: changed }];
}

function patches(subject: Subject, tape: Tape): readonly Step[] {
  const { object, item, info } = subject;
  const changed = changedOf(subject, tape);
  const query = tape.oneIn(4) ? tape.pick(writeQueries) : "";
  const patch = (type: string, body: unknown): Step => ({ method: "PATCH", path: `${item}${query}`, type, body });
  return tape.choose<readonly Step[]>([
    () => [patch(mergePatch, differenceOf(object, changed))],
    () => [patch(strategicPatch, differenceOf(object, changed))],
    () => [patch(jsonPatch, operations(tape))],
    () => [patch(strategicPatch, plausibleOf(info.schema, tape))],
    () => [patch(tape.pick([mergePatch, strategicPatch, jsonPatch, "application/json", ""]), tape.pick(oddPatches))],
  ]);
}

function operations(tape: Tape): unknown {
  return tape.list(
    2,
    () =>
      tape.pick<unknown>([
        { op: "add", path: "/metadata/labels", value: { a: "b" } },
        { op: "remove", path: "/spec" },
        { op: "replace", path: "/metadata/name", value: "other" },
        { op: "add", path: "/metadata/annotations/a~1b", value: "c" },
        { op: "test", path: "/metadata/name", value: "other" },
        { op: "test", path: "/kind", value: "Nothing" },
        { op: "remove", path: "/nowhere" },
        { op: "move", from: "/metadata/labels", path: "/metadata/annotations" },
        { op: "copy", from: "/metadata/name", path: "/metadata/labels" },
        { op: "jump", path: "/a" },
        { op: "add", path: "metadata" },
        { op: "add", path: "/spec/unknownField", value: 1 },
        { op: "replace", path: "", value: {} },
        { path: "/a" },
        7,
      ]),
    1,
  );
}

/** Patches that are none, and some that are of another kind. */
const oddPatches: readonly unknown[] = [
  {},
  [],
  "",
  "{",
  '"x"',
  "7",
  "null",
  { metadata: { name: "other" } },
  { metadata: { namespace: "other" } },
  { metadata: { uid: "00000000-0000-0000-0000-000000000000" } },
  { metadata: { resourceVersion: "1" } },
  { metadata: { labels: null, annotations: { a: "b" } } },
  { metadata: { labels: { a: 1 } } },
  { metadata: { finalizers: ["example.com/a"], ownerReferences: [{}] } },
  { metadata: { $patch: "replace" } },
  { $patch: "delete" },
  { $patch: "odd" },
  { $retainKeys: ["metadata"] },
  { spec: { $retainKeys: 7 } },
  { kind: "Nothing" },
  { apiVersion: "v7" },
  { spec: null },
  { spec: 7 },
  { metadata: null },
];

/** Two managers who want the same fields. */
function applications(subject: Subject, tape: Tape): readonly Step[] {
  const { object, item } = subject;
  const apply = (query: string, body: unknown): Step => ({
    method: "PATCH",
    path: `${item}?${query}`,
    type: applyPatch,
    body,
  });
  const changed = changedOf(subject, tape);
  const less = structuredClone(object) as Sample;
  mutate(less, subject.info.schema, tape);
  return [
    apply("fieldManager=one", object),
    apply(tape.pick(["fieldManager=two", "fieldManager=two&force=true", "fieldManager=one", "force=true"]), changed),
    ...tape.choose<readonly Step[]>([
      () => [apply("fieldManager=one", less)],
      () => [apply("fieldManager=one&dryRun=All", less)],
      () => [apply("fieldManager=two&force=maybe", less)],
      () => [apply("fieldManager=three", tape.pick<unknown>(["", "a: b", "[]", "a: [", { kind: "Nothing" }]))],
      () => [apply("fieldManager=three", { ...object, metadata: { ...object.metadata, managedFields: [] } })],
      () => [apply("fieldManager=three", { ...object, metadata: { ...object.metadata, labels: { x: "y" } } })],
    ]),
  ];
}

/** By `/status`, where there is one; the answer says so where there is none. */
function statusWrites(subject: Subject, tape: Tape): readonly Step[] {
  const { object, item, info } = subject;
  const path = `${item}/status`;
  const status = plausibleOf(info.schema, tape, "status");
  const whole = { ...changedOf(subject, tape), status };
  const labels = { metadata: { labels: { s: "t" }, annotations: { s: "t" } } };
  if (findResource(info.group, info.version, `${info.resource}/status`) === undefined)
    return [{ method: tape.pick(["GET", "PUT", "DELETE"]), path, body: whole }];
  return [
    { method: "PUT", path, body: tape.oneIn(2) ? whole : { ...object, status, ...(tape.oneIn(4) ? labels : {}) } },
    { method: "GET", path },
    tape.choose<Step>([
      () => ({ method: "PATCH", path, type: mergePatch, body: { status } }),
      () => ({ method: "PATCH", path, type: strategicPatch, body: { status, ...labels } }),
      () => ({
        method: "PATCH",
        path: `${path}?fieldManager=s`,
        type: applyPatch,
        body: { apiVersion: object.apiVersion, kind: object.kind, metadata: { name: object.metadata.name }, status },
      }),
      () => ({ method: "PATCH", path, type: jsonPatch, body: [{ op: "replace", path: "/status", value: status }] }),
      () => ({ method: "DELETE", path }),
    ]),
  ];
}

/** The last one takes it away, whatever was said before. */
function deletions({ item, collection, name }: Subject, tape: Tape): readonly Step[] {
  const first = tape.choose<readonly Step[]>([
    () => [],
    () => [{ method: "DELETE", path: `${item}${tape.pick(deleteQueries)}`, body: tape.pick(deleteBodies) }],
    () => [{ method: "DELETE", path: `${collection}?fieldSelector=metadata.name%3D${name}` }],
    () => [{ method: "DELETE", path: `${collection}?labelSelector=nothing&limit=2`, body: tape.pick(deleteBodies) }],
  ]);
  const unheld = { method: "PATCH", path: item, type: mergePatch, body: { metadata: { finalizers: null } } };
  return [...first, { method: "DELETE", path: item }, unheld, { method: "GET", path: item }];
}

/** The changed top-level fields: a merge patch that says no more than it must. */
function differenceOf(object: Sample, changed: Sample): Sample {
  const keys = [...new Set([...Object.keys(object), ...Object.keys(changed)])];
  const different = keys.filter((key) => JSON.stringify(object[key]) !== JSON.stringify(changed[key]));
  return Object.fromEntries(different.map((key) => [key, changed[key] ?? null]));
}
