import { encodeProtobuf, type KubeObject } from "@sallyport/kube";
import type { Tape } from "../tape.ts";
import { mutate } from "./mutate.ts";
import { accepts, writeQueries } from "./options.ts";
import type { Sample, Step, Subject } from "./scenario.ts";

const protobuf = "application/vnd.kubernetes.protobuf";
const partialObject = "as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
const partialList = "as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const table = "as=Table;v=v1;g=meta.k8s.io";

/** Forms in which lists, objects and events are asked for, each of them a right one. */
const forms: readonly string[] = [
  "application/json",
  protobuf,
  `application/json;${table}`,
  `application/json;${partialList}`,
  `application/json;${partialObject}`,
  `${protobuf};${partialList}`,
  `${protobuf};${partialObject}`,
  `${protobuf};stream=watch`,
  `application/yaml`,
];

/** An object that comes and goes as protobuf: whole, changed, cut and spoilt. */
export function protobufOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, info, collection, item } = subject;
  const changed = structuredClone(object) as Sample;
  for (let count = tape.below(2); count >= 0; count--) mutate(changed, info.schema, tape);
  const bytes = encoded(object);
  const other = encoded(changed);
  if (bytes === undefined || other === undefined) return [{ method: "GET", path: item, accept: protobuf }];
  const accept = tape.oneIn(3) ? "application/json" : protobuf;
  return [
    { method: "POST", path: `${collection}${query(tape)}`, type: protobuf, accept, body: spoilt(bytes, tape) },
    { method: "POST", path: collection, type: protobuf, accept, body: bytes },
    { method: "PUT", path: `${item}${query(tape)}`, type: protobuf, accept, body: other },
    { method: "PUT", path: item, type: protobuf, accept, body: spoilt(other, tape) },
    { method: "GET", path: item, accept: tape.pick(forms) },
    { method: "DELETE", path: item, accept },
    { method: "DELETE", path: `${item}?gracePeriodSeconds=0`, accept },
  ];
}

function query(tape: Tape): string {
  return tape.oneIn(3) ? tape.pick(writeQueries) : "";
}

/** Undefined for an object that is not of its type, which protobuf cannot say. */
function encoded(object: Sample): Uint8Array | undefined {
  try {
    return encodeProtobuf(object as KubeObject);
  } catch {
    return undefined;
  }
}

/** One byte changed, or the end cut off: not in the part that says what it is, which each program reads its own way. */
function spoilt(bytes: Uint8Array, tape: Tape): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const at = 4 + tape.below(Math.max(1, copy.length - 4));
  return tape.choose<Uint8Array>([
    () => copy,
    () => copy.subarray(0, at),
    () => copy.subarray(0, 4),
    () => Uint8Array.from([...copy, 0xff]),
  ]);
}

/** Several objects of one collection: named by the server, listed in pages and forms, watched from a version, and deleted together. */
export function collectionOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, collection, name, info } = subject;
  const labels = (i: number) => ({
    ...object.metadata?.labels,
    run: name,
    part: tape.pick(["a", "b", "c"]),
    n: `x${i}`,
  });
  const { name: _, ...metadata } = object.metadata ?? {};
  const isNamed = ["CustomResourceDefinition", "APIService"].includes(info.kind);
  const made = Array.from({ length: isNamed ? 1 : 4 }, (_, i): Step => {
    const named =
      isNamed || tape.oneIn(3) ? { name: isNamed ? name : `${name}-${i}` } : { generateName: `${name}-${i}-` };
    return {
      method: "POST",
      path: `${collection}${tape.oneIn(5) ? "?dryRun=All" : ""}`,
      accept: tape.oneIn(4) ? tape.pick(forms) : "application/json",
      body: { ...object, metadata: { ...metadata, ...named, labels: labels(i) } },
    };
  });
  const only = `labelSelector=run%3D${name}`;
  return [
    ...made,
    ...tape.list(3, () => listing(collection, only, name, tape), 1),
    ...tape.list(2, () => deletion(collection, name, tape), 1),
    { method: "GET", path: `${collection}?${only}` },
    { method: "DELETE", path: `${collection}?${only}&gracePeriodSeconds=0` },
    { method: "PATCH", path: collection, body: {} },
  ];
}

function listing(collection: string, only: string, name: string, tape: Tape): Step {
  const get = (query: string, accept: string): Step => ({ method: "GET", path: `${collection}?${query}`, accept });
  const part = encodeURIComponent(
    tape.pick([`run=${name},part=a`, `run=${name},part in (a,b)`, `run=${name},part!=a`]),
  );
  return tape.choose<Step>([
    () => get(only, tape.pick(accepts)),
    () => get(`${only}&resourceVersion=0`, tape.pick(forms)),
    () => get(`${only}&limit=100`, tape.pick(forms)),
    () => get(`labelSelector=${part}`, tape.pick(forms)),
    () => get(`labelSelector=${part}&includeObject=Object`, `application/json;${table}`),
    () => get(`labelSelector=${part}&includeObject=None`, `application/json;${table}`),
    () => get(`${only}&resourceVersion=(resourceVersion)&resourceVersionMatch=NotOlderThan`, tape.pick(forms)),
    () => get(`${only}&watch=1&timeoutSeconds=1&resourceVersion=0`, tape.pick(forms)),
    () =>
      get(
        `${only}&watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
        tape.pick(forms),
      ),
  ]);
}

function deletion(collection: string, name: string, tape: Tape): Step {
  const selector = tape.pick([
    `run=${name},part=a`,
    `run=${name},part notin (b)`,
    `run=${name},n=x0`,
    `run=${name},part=none`,
    `run=${name},(`,
  ]);
  const more = tape.pick([
    "",
    "&dryRun=All",
    "&limit=1",
    "&propagationPolicy=Orphan",
    "&propagationPolicy=Foreground",
    "&fieldSelector=metadata.name%3Dnone",
    `&fieldSelector=metadata.name!%3D${name}-0`,
    "&resourceVersion=(resourceVersion)",
    "&gracePeriodSeconds=0",
    "&timeoutSeconds=1",
    "&continue=odd",
    "&watch=true",
  ]);
  const body = tape.oneIn(3)
    ? tape.pick<unknown>([{}, { dryRun: ["All"] }, { preconditions: { uid: "x" } }])
    : undefined;
  return {
    method: "DELETE",
    path: `${collection}?labelSelector=${encodeURIComponent(selector)}${more}`,
    accept: tape.oneIn(3) ? tape.pick(forms) : "application/json",
    ...(body === undefined ? {} : { body }),
  };
}
