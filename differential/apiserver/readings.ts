import type { Tape } from "../tape.ts";
import { accepts, fieldSelectors, labelSelectors, listQueries, paths, watchQueries } from "./options.ts";
import type { Step, Subject } from "./scenario.ts";

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"];

/** One object is made, and asked for in every way: selected, paged, watched, in forms and by methods that there are, and are not. */
export function readingsOf(subject: Subject, tape: Tape): readonly Step[] {
  const { object, collection, item } = subject;
  return [
    { method: "POST", path: collection, body: object },
    ...tape.list(6, () => reading(subject, tape), 3),
    { method: "DELETE", path: item },
  ];
}

function reading(subject: Subject, tape: Tape): Step {
  const { collection, item, name, object, info } = subject;
  const everywhere = collection.replace("/namespaces/d/", "/");
  const only = `fieldSelector=metadata.name%3D${name}`;
  const from = tape.oneIn(4) ? everywhere : collection;
  const get = (path: string, more: Partial<Step> = {}): Step => ({ method: "GET", path, ...more });
  return tape.choose<Step>([
    () => get(`${from}?${only}`, { accept: tape.pick(accepts) }),
    () => get(item, { accept: tape.pick(accepts) }),
    () => get(`${from}?labelSelector=${encodeURIComponent(tape.pick(labelSelectors))}&limit=500`),
    () => get(`${from}?fieldSelector=${encodeURIComponent(tape.pick(fieldSelectors).replaceAll("NAME", name))}`),
    () => get(`${from}?${only}&${tape.pick(listQueries)}`),
    () => get(`${from}?watch=true&timeoutSeconds=1&${only}&${tape.pick(watchQueries)}`),
    () => get(`${from}?watch=true&timeoutSeconds=1&${only}`, { accept: tape.pick(accepts) }),
    () => get(`${item}?${tape.pick(listQueries)}`),
    () => get(tape.pick(paths), { accept: tape.pick(accepts) }),
    () => get(tape.pick(paths)),
    () => ({ method: tape.pick(methods), path: tape.pick(paths) }),
    () => ({ method: tape.pick(methods), path: tape.pick([collection, everywhere]), body: {} }),
    () => ({
      method: tape.pick(methods),
      path: `${item}/${tape.pick(["status", "scale", "nothing", "log", "exec"])}`,
      body: {},
    }),
    () => ({ method: "POST", path: tape.pick([item, everywhere]), body: object }),
    () => ({ method: "POST", path: collection, ...tape.pick(oddBodies(info.kind)) }),
    () => ({ method: "PUT", path: tape.pick([item, collection]), ...tape.pick(oddBodies(info.kind)) }),
  ]);
}

type Body = Pick<Step, "type" | "body" | "headers">;

/** Bodies that are no objects, or are not said to be. */
function oddBodies(kind: string): readonly Body[] {
  return [
    { body: "" },
    { body: "{" },
    { body: "null" },
    { body: "[]" },
    { body: '"x"' },
    { body: "7" },
    { body: "a: b" },
    { body: "{}" },
    { body: '{"kind":7}' },
    { body: '{"metadata":7}' },
    { body: '{"metadata":{"name":7}}' },
    { body: '{"kind":"Nothing","apiVersion":"v1"}' },
    { body: `{"kind":"${kind}","apiVersion":"example.com/v1"}` },
    { body: `{"kind":"${kind}","apiVersion":"a/b/c"}` },
    { body: '{"metadata":{"name":"a","name":"b"}}' },
    { body: '{"metadata":{"name":"UPPER","namespace":"other"}}' },
    { body: '{"metadata":{"generateName":"UPPER"}}' },
    { body: '{"metadata":{"name":"x","resourceVersion":"1"}}' },
    { body: "{}", type: "text/plain" },
    { body: "{}", type: "odd" },
    { body: "a: b", type: "application/yaml" },
    { body: "a: [", type: "application/yaml" },
    { body: "", type: "application/yaml" },
    { body: "x", type: "application/vnd.kubernetes.protobuf" },
    { body: "{}", type: "application/json; charset=utf-8" },
    { body: "{}", type: "" },
    { body: "{}", headers: { "content-encoding": "odd" } },
    { body: "{}", headers: { "content-encoding": "gzip" } },
    { body: `{"metadata":{"annotations":{"a":"${"x".repeat(4_000_000)}"}}}` },
    { body: `{"metadata":{"annotations":{"a":"${"x".repeat(300_000)}"}}}` },
  ];
}
