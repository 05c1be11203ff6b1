import {
  apiVersionOf,
  applyDefaults,
  canonical,
  conform,
  convertBuiltin,
  findKind,
  internalError,
  isSameValue,
  jsonSyntaxFault,
  type KubeObject,
  PatchError,
  parseApiVersion,
  patchJson,
  StatusError,
} from "@sallyport/kube";
import { asSeenBy, type Match } from "../match.ts";
import type { Request } from "../request.ts";
import { CallError } from "./call-error.ts";

/** What a webhook's patch does: the operations, and the object with them and with the defaults of what they added. */
export interface Patched {
  readonly operations: readonly object[];
  /** In the request's own version. */
  readonly object: KubeObject;
  /** Whether anything is another than before, not counting defaults, as upstream sees it. */
  readonly isChanged: boolean;
}

/**
 * Applies the patch of a webhook's answer to the object as the webhook saw it; undefined where it has no operations. Throws `CallError` for
 * what is no patch, `StatusError` for one that cannot be applied or leaves no object.
 */
export function patchedBy(
  { text, type }: { readonly text: string; readonly type: string },
  match: Match,
  request: Request,
  { webhook, isFirst }: { readonly webhook: string; readonly isFirst: boolean },
): Patched | undefined {
  const operations = operationsIn(text);
  if (operations.length === 0) return undefined;
  const { object } = asSeenBy(match, request);
  if (object === null)
    throw internalError(
      `admission webhook ${JSON.stringify(webhook)} attempted to modify the object, which is not supported for this operation`,
    );
  if (type !== "JSONPatch") throw new CallError(`unsupported patch type ${JSON.stringify(type)}`, 400);
  const raw = applied(object, operations);
  const patched = decoded(raw, object);
  const isChanged = !isSameValue(object, patched) || !raw.kind || !raw.apiVersion || (isFirst && losesTimes(request));
  return { operations, isChanged, object: applyDefaults(converted(patched, object, request)) };
}

/**
 * Back in the request's version. A custom object that has become of another version stays so, and what has become of another kind: the
 * next webhook sees it.
 */
function converted(patched: KubeObject, before: KubeObject, { kind }: Request): KubeObject {
  const isCustom = schemaOf(kind, kind.kind) === undefined;
  const isStranger = patched.kind !== before.kind || (isCustom && patched.apiVersion !== before.apiVersion);
  return isStranger ? patched : convertBuiltin(patched, apiVersionOf(kind));
}

/**
 * Times of this very request are finer than JSON tells them: whatever the first patch does, kube-apiserver finds that the managers'
 * times are others after it. Custom objects have their times as text.
 */
function losesTimes({ kind, object, oldObject }: Request): boolean {
  if (schemaOf(kind, kind.kind) === undefined) return false;
  const before = new Map(entriesOf(oldObject).map((each) => [managerOf(each), each]));
  return entriesOf(object).some((each) => isTimed(each, before.get(managerOf(each))));
}

/** One of managedFields. */
interface Entry {
  readonly manager?: string;
  readonly operation?: string;
  readonly apiVersion?: string;
  readonly subresource?: string;
  readonly time?: string;
  readonly fieldsV1?: object;
}

function entriesOf(object: KubeObject | null): readonly Entry[] {
  return (object?.metadata?.managedFields ?? []) as readonly Entry[];
}

function managerOf({ manager, operation, apiVersion, subresource }: Entry): string {
  return JSON.stringify([manager, operation, apiVersion, subresource]);
}

/** Whether this request gave the entry its time: whose fields are only fewer keeps the one that it had. */
function isTimed(entry: Entry, before: Entry | undefined): boolean {
  if (before === undefined || entry.time !== before.time) return true;
  return !isWithin(entry.fieldsV1 ?? {}, before.fieldsV1 ?? {});
}

function isWithin(fields: object, others: object): boolean {
  return Object.entries(fields).every(([name, below]) => {
    const other = (others as { readonly [name: string]: object })[name];
    return other !== undefined && isWithin(below as object, other);
  });
}

function operationsIn(text: string): readonly object[] {
  const bytes = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
  const undecodable = (why: string) => new CallError(`received undecodable patch in webhook response: ${why}`);
  let patch: unknown;
  try {
    patch = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw undecodable(jsonSyntaxFault(bytes));
  }
  if (isDeeper(patch, maxDepth)) throw undecodable(tooDeep);
  if (patch === null) return [];
  const wrong = (value: unknown, wanted: string) =>
    undecodable(`json: cannot unmarshal ${jsonType(value)} into Go value of type jsonpatch.${wanted}`);
  if (!Array.isArray(patch)) throw wrong(patch, "Patch");
  for (const each of patch) if (typeof each !== "object" || Array.isArray(each)) throw wrong(each, "Operation");
  return patch as readonly object[];
}

/** encoding/json's: as many lists and maps within each other. */
const maxDepth = 10_000;

/** Also said of less, where the stack does not reach to the ground of it. */
const tooDeep = "exceeded max depth";

/** Looked at level by level: what is deep must not take the stack. */
function isDeeper(value: unknown, limit: number): boolean {
  const isNested = (each: unknown) => typeof each === "object" && each !== null;
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth++) {
    if (depth === limit) return true;
    level = level.flatMap((each) => Object.values(each as object).filter(isNested));
  }
  return false;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "boolean" ? "bool" : typeof value;
}

function applied(object: KubeObject, operations: readonly object[]): KubeObject {
  try {
    return patchJson(object, operations) as unknown as KubeObject;
  } catch (error) {
    if (error instanceof RangeError) throw internalError(tooDeep);
    // Of a depth that nothing of ours goes down to; the webhook's fault, not the request's.
    throw error instanceof PatchError || error instanceof StatusError ? internalError(error.message) : error;
  }
}

/** Kinds that are sent to subresources, by their group and version. */
const sentKinds: { readonly [kind: string]: string } = {
  "autoscaling/v1 Scale": "io.k8s.api.autoscaling.v1.Scale",
  "policy/v1 Eviction": "io.k8s.api.policy.v1.Eviction",
  "authentication.k8s.io/v1 TokenRequest": "io.k8s.api.authentication.v1.TokenRequest",
  "/v1 Binding": "io.k8s.api.core.v1.Binding",
};

/** Kinds of connections: of v1, without a schema. */
const connections: ReadonlySet<string> = new Set(
  ["PodExec", "PodAttach", "PodPortForward", "PodProxy", "ServiceProxy", "NodeProxy"].map(
    (each) => `v1 ${each}Options`,
  ),
);

/** The name of a type of Go; undefined for what is none: connections, and kinds that definitions bring. */
export function schemaOf({ group, version }: { readonly group: string; readonly version: string }, kind: string) {
  return findKind(group, version, kind)?.schema ?? sentKinds[`${group}/${version} ${kind}`];
}

/** With the field that Go writes even where there is nothing in it. */
function written(object: KubeObject): KubeObject {
  if (object.kind !== "TokenRequest") return object;
  return { ...object, spec: { boundObjectRef: null, ...(object["spec"] as object | undefined) } };
}

/** As Go's types hold it: unknown fields are lost. Custom objects stay as they are. */
function decoded(patched: KubeObject, before: KubeObject): KubeObject {
  // Whoever takes kind or version away gets back those of the type.
  const { kind = before.kind, apiVersion = before.apiVersion } = patched;
  const [was, is] = [parseApiVersion(before.apiVersion), parseApiVersion(apiVersion)];
  const isConnection = connections.has(`${before.apiVersion} ${before.kind}`);
  if (isConnection && connections.has(`${apiVersion} ${kind}`)) return { ...patched, kind, apiVersion };
  if (schemaOf(was, before.kind) === undefined && !isConnection) {
    if (!patched.kind) throw internalError(`Object 'Kind' is missing in '${canonical(patched)}'`);
    return patched;
  }
  const schema = schemaOf(is, kind);
  if (schema === undefined)
    throw internalError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  try {
    return written(conform({ ...patched, kind, apiVersion }, schema, { kind, version: is.version }).object);
  } catch (error) {
    if (error instanceof RangeError) throw internalError(tooDeep);
    if (!(error instanceof StatusError)) throw error;
    throw internalError(error.message.replace(/^.* cannot be handled as a \w+: /, ""));
  }
}
