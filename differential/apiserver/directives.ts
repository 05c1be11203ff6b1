import type { Tape } from "../tape.ts";
import { plausibleOf } from "./mutate.ts";
import type { Sample, Step, Subject } from "./scenario.ts";

// biome-ignore lint/suspicious/noExplicitAny: patches go into free-form JSON
type Node = any;

/** An object patched several times over: by operations at places that it has, and by merges with the strategic merge's directives. */
export function directivesOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, collection, item } = subject;
  return [
    { method: "POST", path: collection, body: object },
    ...tape.list(4, () => patch(subject, tape), 2),
    { method: "GET", path: item },
    { method: "DELETE", path: item },
    { method: "DELETE", path: `${item}?gracePeriodSeconds=0` },
  ];
}

function patch({ object, item, info }: Subject, tape: Tape): Step {
  const query = tape.oneIn(3)
    ? tape.pick(["?dryRun=All", "?fieldValidation=Strict", "?fieldValidation=Warn", "?fieldManager=me", "?force=true"])
    : "";
  const [type, body] = tape.choose<readonly [string, unknown]>([
    () => ["application/strategic-merge-patch+json", directed(object, tape)],
    () => ["application/json-patch+json", tape.list(3, () => operation(object, info.schema, tape), 1)],
    () => ["application/merge-patch+json", withoutIdentity(part(object, tape))],
    () => ["application/strategic-merge-patch+json", withoutIdentity(part(object, tape))],
  ]);
  return { method: "PATCH", path: `${item}${query}`, type, body };
}

function withoutIdentity({ apiVersion: _, kind: _kind, ...rest }: Node): Node {
  return rest;
}

/** A copy with some of the fields, some of them null. */
function part(node: Node, tape: Tape): Node {
  if (Array.isArray(node)) return node.filter(() => !tape.oneIn(4)).map((each) => part(each, tape));
  if (typeof node !== "object" || node === null) return tape.oneIn(5) ? tape.pick<Node>(["x", 1, null, true]) : node;
  const fields = Object.entries(node).filter(() => !tape.oneIn(3));
  const kept = fields.map(([key, each]) => [key, tape.oneIn(10) ? null : part(each, tape)]);
  return Object.fromEntries(kept);
}

/** A part of the object with a directive somewhere in it. */
function directed(object: Sample, tape: Tape): Node {
  const copy = withoutIdentity(part(object, tape));
  const nodes = containersOf(copy);
  direct(tape.pick(nodes), tape);
  return copy;
}

/** Every map and list within. */
function containersOf(node: Node): readonly Node[] {
  if (typeof node !== "object" || node === null) return [];
  return [node, ...Object.values(node).flatMap((each) => containersOf(each))];
}

function direct(node: Node, tape: Tape): void {
  if (Array.isArray(node)) {
    node.push(
      tape.pick<Node>([
        { $patch: "replace" },
        { $patch: "delete", name: "a" },
        { $patch: "delete", containerPort: 80 },
        { $patch: "merge", name: "a" },
        { $patch: "odd", name: "a" },
        { name: "new", image: "b" },
        { name: "a" },
        {},
        "a",
        null,
      ]),
    );
    return;
  }
  const lists = Object.keys(node).filter((key) => Array.isArray(node[key]));
  const key = lists.length > 0 && !tape.oneIn(4) ? tape.pick(lists) : tape.pick(["finalizers", "containers", "a"]);
  const [name, value] = tape.pick<readonly [string, Node]>([
    ["$patch", "replace"],
    ["$patch", "delete"],
    ["$patch", "odd"],
    ["$retainKeys", Object.keys(node)],
    ["$retainKeys", []],
    [`$deleteFromPrimitiveList/${key}`, Array.isArray(node[key]) ? node[key].slice(0, 1) : ["a"]],
    [`$deleteFromPrimitiveList/${key}`, ["a", "ReadWriteOnce", 1]],
    [`$setElementOrder/${key}`, Array.isArray(node[key]) ? node[key].toReversed() : ["a"]],
    [`$setElementOrder/${key}`, Array.isArray(node[key]) ? node[key].map(keyOf) : [{ name: "a" }]],
    [`$setElementOrder/${key}`, "a"],
  ]);
  node[name] = structuredClone(value);
}

function keyOf(item: Node): Node {
  if (typeof item !== "object" || item === null) return item;
  const [first] = Object.entries(item);
  return first === undefined ? {} : { [first[0]]: first[1] };
}

/** At a place that the object has, or beside one. */
function operation(object: Sample, schema: string | undefined, tape: Tape): unknown {
  const pointers = pointersOf(object, "");
  const place = () => {
    const path = tape.pick(pointers);
    return tape.oneIn(4) ? `${path}/${tape.pick(["-", "0", "1", "new", "01", "-1", ""])}` : path;
  };
  const value = () =>
    tape.choose<unknown>([
      () => tape.pick<unknown>(["x", 1, null, {}, [], true]),
      () => plausibleOf(schema, tape, "spec"),
    ]);
  return tape.choose<unknown>([
    () => ({ op: "replace", path: place(), value: value() }),
    () => ({ op: "add", path: place(), value: value() }),
    () => ({ op: "remove", path: place() }),
    () => ({ op: "copy", from: place(), path: place() }),
    () => ({ op: "move", from: place(), path: place() }),
    () => ({ op: "test", path: place(), value: value() }),
    () => ({ op: "add", path: place() }),
  ]);
}

function pointersOf(node: Node, at: string): readonly string[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, each]) => {
    const path = `${at}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    return [path, ...pointersOf(each, path)];
  });
}
