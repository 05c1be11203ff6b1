import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

// biome-ignore lint/suspicious/noExplicitAny: an AdmissionReview, or whatever came
type Any = any;

/** Answers one call. */
export type Behaviour = (call: {
  readonly review: Any;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}) => void;

type Fields = { readonly [field: string]: unknown };

/** An answer in the review's own version, with these fields of the response. */
const says =
  (fields: Fields, envelope: Fields = {}): Behaviour =>
  ({ review, response }) => {
    const { uid } = review.request;
    const { apiVersion, kind } = review;
    send(response, JSON.stringify({ apiVersion, kind, response: { uid, ...fields }, ...envelope }));
  };

/** A text as it is. */
const answers =
  (text: string, code = 200, type: string | undefined = "application/json", headers: Fields = {}): Behaviour =>
  ({ response }) =>
    send(response, text, code, { ...(type === "" ? {} : { "content-type": type }), ...headers });

function send(
  response: ServerResponse,
  text: string | Buffer,
  code = 200,
  headers: Fields = { "content-type": "application/json" },
): void {
  response.writeHead(code, { "content-length": Buffer.byteLength(text), ...headers } as never);
  response.end(text);
}

/** The text of a review's answer that allows. */
function allowing({ apiVersion, kind, request: { uid } }: { readonly [field: string]: Any }): string {
  return JSON.stringify({ apiVersion, kind, response: { uid, allowed: true } });
}

const base64 = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

/** Allowed, with a JSON patch. */
const patches = (patch: unknown, more: Fields = {}): Behaviour =>
  says({ allowed: true, patchType: "JSONPatch", patch: base64(patch), ...more });

/** A label that says who has been there, how often. */
const counts =
  (label: string): Behaviour =>
  (call) => {
    const labels = call.review.request.object?.metadata?.labels;
    const value = String(Number(labels?.[label] ?? 0) + 1);
    const patch =
      labels === undefined
        ? [{ op: "add", path: "/metadata/labels", value: { [label]: value } }]
        : [{ op: "add", path: `/metadata/labels/${label}`, value }];
    patches(patch)(call);
  };

/** One half of a pair that never agrees. */
const flips =
  (value: string): Behaviour =>
  (call) => {
    const { labels } = call.review.request.object?.metadata ?? {};
    if (labels?.flip === value) return says({ allowed: true })(call);
    patches([
      ...(labels === undefined ? [{ op: "add", path: "/metadata/labels", value: {} }] : []),
      { op: "add", path: "/metadata/labels/flip", value },
    ])(call);
  };

const denies = (status?: unknown, more: Fields = {}): Behaviour =>
  says({ allowed: false, ...(status === undefined ? {} : { status }), ...more });

const allows = says({ allowed: true });

/** Nothing comes before a second of the caller's is over. */
const slow =
  (ms: number): Behaviour =>
  (call) =>
    void setTimeout(() => allows(call), ms);

/** Webhooks that let everything through, each in a way of its own. */
export const letting: { readonly [name: string]: Behaviour } = {
  allows,
  warns: says({ allowed: true, warnings: ["mind", 'a "quoted" word', "mind"] }),
  "warns in many words": says({ allowed: true, warnings: ["x".repeat(300), "é ü", "two\nlines", ""] }),
  annotates: says({ allowed: true, auditAnnotations: { key: "value", "Other.Key": "" } }),
  "annotates with keys that are none": says({ allowed: true, auditAnnotations: { "a/b": "1", "": "2" } }),
  "allows with a status": says({ allowed: true, status: { message: "fine", code: 200 } }),
  "has fields nobody knows": says({ allowed: true, unknown: { a: 1 } }, { metadata: { name: "x" } }),
  "an empty patch": says({ allowed: true, patch: "", patchType: null }),
  "as text": ({ review, response }) => send(response, allowing(review), 200, { "content-type": "text/plain" }),
  "with no type": ({ review, response }) => send(response, allowing(review), 200, {}),
  zipped: ({ review, response }) =>
    send(response, gzipSync(allowing(review)), 200, { "content-type": "application/json", "content-encoding": "gzip" }),
  "code 201": ({ review, response }) => send(response, allowing(review), 201),
  "a long answer": says({ allowed: true, auditAnnotations: { long: "x".repeat(1_000_000) } }),
  "slow, in time": slow(300),
};

/** Mutating webhooks that change pods, or try to. */
export const changing: { readonly [name: string]: Behaviour } = {
  "no patch operations": patches([]),
  "a patch that tests": patches([{ op: "test", path: "/kind", value: "Pod" }]),
  counts: counts("count"),
  "counts otherwise": counts("other"),
  "flips to a": flips("a"),
  "flips to b": flips("b"),
  "adds an annotation": patches([{ op: "add", path: "/metadata/annotations", value: { by: "hook" } }]),
  "adds a field nobody knows": patches([{ op: "add", path: "/spec/unknown", value: 1 }]),
  "adds a container": patches([{ op: "add", path: "/spec/containers/-", value: { name: "side", image: "side" } }]),
  "leads an annotation astray": patches([{ op: "add", path: "/metadata/annotations/missing/deeper", value: "x" }]),
  "removes what is not there": patches([{ op: "remove", path: "/nope" }]),
  "replaces what is not there": patches([{ op: "replace", path: "/spec/nope", value: 1 }]),
  "tests in vain": patches([{ op: "test", path: "/kind", value: "Nothing" }]),
  "copies and moves": patches([
    { op: "copy", from: "/metadata/name", path: "/metadata/generateName" },
    { op: "add", path: "/metadata/annotations", value: { a: "b" } },
    { op: "move", from: "/metadata/annotations/a", path: "/metadata/annotations/c" },
  ]),
  "an operation that is none": patches([{ op: "explode", path: "/metadata" }]),
  "an operation without a path": patches([{ op: "add", value: 1 }]),
  "an array's end and beyond": patches([{ op: "add", path: "/spec/containers/9", value: {} }]),
  "an index that is none": patches([{ op: "add", path: "/spec/containers/x", value: {} }]),
  "replaces everything": patches([
    { op: "replace", path: "", value: { apiVersion: "v1", kind: "ConfigMap", metadata: {} } },
  ]),
  "takes the kind away": patches([{ op: "remove", path: "/kind" }]),
  "another kind": patches([{ op: "replace", path: "/kind", value: "ConfigMap" }]),
  "a kind that is none": patches([{ op: "replace", path: "/kind", value: "Nothing" }]),
  "another version": patches([{ op: "replace", path: "/apiVersion", value: "v2" }]),
  "another name": patches([{ op: "replace", path: "/metadata/name", value: "other" }]),
  "another namespace": patches([{ op: "replace", path: "/metadata/namespace", value: "default" }]),
  "an object that is not valid": patches([{ op: "add", path: "/spec/containers/0/image", value: "" }]),
  "a name that is none": patches([{ op: "add", path: "/spec/containers/0/name", value: "Not A Name" }]),
  "a value of a wrong type": patches([{ op: "add", path: "/spec/containers", value: "x" }]),
  "a deep value of a wrong type": patches([{ op: "add", path: "/metadata/labels", value: { a: 1 } }]),
  "a quantity that is none": patches([{ op: "add", path: "/spec/overhead", value: { cpu: "much" } }]),
  "managed fields": patches([{ op: "add", path: "/metadata/managedFields", value: [] }]),
  "another uid": patches([{ op: "add", path: "/metadata/uid", value: "11111111-2222-3333-4444-555555555555" }]),
  "status of a pod": patches([{ op: "add", path: "/status", value: { phase: "Running", message: "hooked" } }]),
  "warns and changes": patches([{ op: "add", path: "/metadata/finalizers", value: ["a.example.com/f"] }], {
    warnings: ["changed"],
    auditAnnotations: { changed: "yes" },
  }),
  "null for a field": patches([{ op: "add", path: "/spec/hostNetwork", value: null }]),
  "a patch in base64 alone": says({ allowed: true, patchType: "JSONPatch", patch: "!!!" }),
  "a patch that is no JSON": patches("no json"),
  "a patch that is no list": patches({ op: "add" }),
  "a patch of texts": patches(["a"]),
  "a null patch": patches("null"),
  "a patch without a type": says({
    allowed: true,
    patch: base64([{ op: "add", path: "/metadata/labels", value: {} }]),
  }),
  "a type without a patch": says({ allowed: true, patchType: "JSONPatch" }),
  "a type that is empty": patches([{ op: "test", path: "/kind", value: "Pod" }], { patchType: "" }),
  "a patch of another type": patches([{ op: "add", path: "/metadata/labels", value: {} }], { patchType: "MergePatch" }),
  "denies with a patch": says({ allowed: false, patchType: "JSONPatch", patch: base64([]) }),
};

/** Webhooks that refuse, or fail. */
export const failing: { readonly [name: string]: Behaviour } = {
  denies: denies(),
  "denies with a message": denies({ message: "not today" }),
  "denies with a reason": denies({ reason: "BecauseISaySo" }),
  "denies with a code": denies({ message: "taken", code: 409, reason: "AlreadyExists" }),
  "denies with a code of success": denies({ status: "Success", message: "well", code: 200 }),
  "denies with code 300": denies({ message: "see", code: 300 }),
  "denies with details": denies({
    message: "invalid",
    reason: "Invalid",
    code: 422,
    details: { name: "n", kind: "k", causes: [{ reason: "FieldValueInvalid", message: "m", field: "spec.x" }] },
  }),
  "denies too early": denies({
    message: "later",
    code: 429,
    reason: "TooManyRequests",
    details: { retryAfterSeconds: 7 },
  }),
  "denies with metadata": denies({
    metadata: { resourceVersion: "7" },
    message: "m",
    apiVersion: "v1",
    kind: "Status",
  }),
  "denies and warns": denies({ message: "no" }, { warnings: ["w"], auditAnnotations: { a: "b" } }),
  "denies with an empty status": denies({}),
  "denies with null": denies(null),
  "says nothing of allowed": says({}),
  "allowed is null": says({ allowed: null }),
  "allowed is a text": says({ allowed: "true" }),
  "warnings are no list": says({ allowed: true, warnings: "w" }),
  "annotations are numbers": says({ allowed: true, auditAnnotations: { a: 1 } }),
  "status is a text": says({ allowed: false, status: "no" }),
  "code is a text": says({ allowed: false, status: { code: "403" } }),
  "code is no whole number": says({ allowed: false, status: { code: 1.5 } }),
  "a wrong uid": says({ uid: "other", allowed: true }),
  "no uid": says({ uid: undefined, allowed: true }),
  "a uid that is a number": says({ uid: 1, allowed: true }),
  "another version of the review": says({ allowed: true }, { apiVersion: "admission.k8s.io/v1beta1" }),
  "the other version of the review": says({ allowed: true }, { apiVersion: "admission.k8s.io/v1" }),
  "a version that is none": says({ allowed: true }, { apiVersion: "admission.k8s.io/v9" }),
  "no version": says({ allowed: true }, { apiVersion: undefined }),
  "no kind": says({ allowed: true }, { kind: undefined }),
  "another kind of answer": says({ allowed: true }, { apiVersion: "v1", kind: "Pod" }),
  "no response": says({}, { response: undefined }),
  "a response that is null": says({}, { response: null }),
  "a response that is a list": says({}, { response: [] }),
  "a validating patch": patches([{ op: "test", path: "/kind", value: "Pod" }]),
  "a validating patch type": says({ allowed: true, patchType: "JSONPatch" }),
  "a status instead": answers(
    '{"apiVersion":"v1","kind":"Status","status":"Failure","message":"broken","code":418,"reason":"Teapot"}',
  ),
  "a status of success instead": answers('{"apiVersion":"v1","kind":"Status","status":"Success"}'),
  "a status with code 500": answers(
    '{"apiVersion":"v1","kind":"Status","status":"Failure","message":"broken","code":418}',
    500,
  ),
  nothing: answers(""),
  "nothing with code 500": answers("", 500),
  "a list": answers("[]"),
  null: answers("null"),
  "a number": answers("7"),
  "an empty object": answers("{}"),
  "half of an object": answers('{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"'),
  "a page": answers("<html>no</html>", 200, "text/html"),
  "a type nobody reads": answers("{}", 200, "application/octet-stream"),
  "a type that is none": answers("{}", 200, "a/b/c;"),
  "a page with code 500": answers("<html>\nno</html>", 500, "text/html; charset=utf-8"),
  "JSON with code 500": answers('{"a":1}', 500),
  "nothing of a type with code 502": answers("bad gateway", 502, ""),
  "code 400": answers("bad", 400, "text/plain"),
  "code 401": answers("who", 401, "text/plain"),
  "code 403": answers("not you", 403, "text/plain"),
  "code 404": answers("where", 404, "text/plain"),
  "code 405": answers("how", 405, "text/plain"),
  "code 406": answers("what", 406, "text/plain"),
  "code 409": answers("taken", 409, "text/plain"),
  "code 413": answers("large", 413, "text/plain"),
  "code 415": answers("type", 415, "text/plain"),
  "code 418": answers("tea", 418, "text/plain"),
  "code 422": answers("invalid", 422, "text/plain"),
  "code 429": answers("slowly", 429, "text/plain"),
  "code 503": answers("busy", 503, "text/plain"),
  "code 504": answers("late", 504, "text/plain"),
  "a long text with code 500": answers("long ".repeat(1000), 500, "text/plain"),
  "code 204": ({ response }) => void response.writeHead(204).end(),
  "code 301 to itself": ({ request, response }) => void response.writeHead(301, { location: request.url }).end(),
  "code 302 to nowhere": answers("", 302, "text/plain", { location: "/nowhere" }),
  "code 307 to itself": ({ request, response }) => void response.writeHead(307, { location: request.url }).end(),
  "code 307 to nowhere": answers("", 307, "text/plain", { location: "/nowhere" }),
  "code 308 with no place": answers("", 308, "text/plain"),
  hangs: slow(6000),
  "hangs after the head": (call) => {
    call.response.writeHead(200, { "content-type": "application/json" });
    call.response.write("{");
    const timer = setInterval(() => call.response.write(" "), 200);
    call.response.on("close", () => clearInterval(timer));
  },
  "hangs up": ({ request }) => request.socket.destroy(),
  "hangs up after the head": ({ response }) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
    response.write("{", () => response.destroy());
  },
  "hangs up amid chunks": ({ response }) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"kind":', () => response.destroy());
  },
  "is no HTTP": ({ request }) => void request.socket.end("hello there\r\n\r\n"),
};
