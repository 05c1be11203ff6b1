import type { Tape } from "../tape.ts";
import { mutate } from "./mutate.ts";
import type { Sample, Step, Subject } from "./scenario.ts";

const applyPatch = "application/apply-patch+yaml";
const mergePatch = "application/merge-patch+json";

/** One object that several managers apply, update and give up, and what `managedFields` say of it in the end. */
export function managersOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, collection, item } = subject;
  const first: Step = tape.oneIn(2)
    ? { method: "POST", path: `${collection}?fieldManager=maker`, body: object }
    : applied(subject, object, tape);
  return [
    first,
    ...tape.list(5, () => write(subject, tape), 3),
    { method: "GET", path: item },
    { method: "DELETE", path: item },
    { method: "DELETE", path: `${item}?gracePeriodSeconds=0` },
  ];
}

function write(subject: Subject, tape: Tape): Step {
  const { object, item } = subject;
  const changed = () => {
    const copy = structuredClone(object) as Sample;
    for (let count = tape.below(2); count >= 0; count--) mutate(copy, subject.info.schema, tape);
    return copy;
  };
  return tape.choose<Step>([
    () => applied(subject, object, tape),
    () => applied(subject, changed(), tape),
    () => applied(subject, partOf(object, tape), tape),
    () => applied(subject, partOf(changed(), tape), tape),
    () => ({ method: "PUT", path: `${item}?fieldManager=putter`, body: changed() }),
    () => ({
      method: "PATCH",
      path: `${item}?fieldManager=merger`,
      type: mergePatch,
      body: tape.pick<unknown>([
        { metadata: { labels: { a: "merged" } } },
        { metadata: { annotations: { b: "merged" }, finalizers: ["example.com/f"] } },
        { metadata: { managedFields: [] } },
        { metadata: { managedFields: [{}] } },
        { metadata: { managedFields: [{ manager: "x", operation: "Apply" }] } },
        { metadata: { labels: null, finalizers: null } },
      ]),
    }),
  ]);
}

function applied({ item }: Subject, body: Sample, tape: Tape): Step {
  const manager = tape.pick(["one", "two", "three", "kubectl", "kubectl-client-side-apply"]);
  const more = tape.pick(["", "", "&force=true", "&force=true", "&force=true&dryRun=All", "&fieldValidation=Strict"]);
  return { method: "PATCH", path: `${item}?fieldManager=${manager}${more}`, type: applyPatch, body };
}

/** What names the object, with some of its fields. */
function partOf(object: Sample, tape: Tape): Sample {
  const part = (node: Sample, depth: number): Sample => {
    if (typeof node !== "object" || node === null) return node;
    if (Array.isArray(node)) return node.filter(() => !tape.oneIn(5)).map((each) => part(each, depth + 1));
    const isNaming = (key: string) => ["apiVersion", "kind", "metadata", "name"].includes(key);
    const kept = Object.entries(node).filter(([key]) => isNaming(key) || !tape.oneIn(4));
    return Object.fromEntries(kept.map(([key, each]) => [key, part(each, depth + 1)]));
  };
  const { metadata } = object;
  return {
    ...part(object, 0),
    metadata: tape.oneIn(3) ? { ...metadata, labels: { l: tape.pick(["1", "2"]) } } : metadata,
  };
}
