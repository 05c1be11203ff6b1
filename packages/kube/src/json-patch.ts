import { isFields, isSameValue } from "./apply/compare.ts";
import { tooDeep } from "./decode.ts";
import { StatusError } from "./status.ts";

type Node = { [key: string]: unknown } | unknown[];

/** kube-apiserver's limit: a patch of more operations is an attack on its memory. */
const maxOperations = 10_000;

/** kube-apiserver's limit of what all copies of a patch add in bytes: a few operations could double a document without end. */
const maxCopiedBytes = 3 * 1024 * 1024;

/** Deeper pointers than any object has are refused before they are followed. */
const maxPointerDepth = 1000;

interface Operation {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
}

/**
 * RFC 6902, as lenient as kube-apiserver: a field that is absent is `null` to `replace`, `test` and `copy`, and so is a value that is
 * not given. Throws `Invalid` when an operation does not apply, `BadRequest` when it is none.
 */
export function applyJsonPatch(
  document: { readonly [key: string]: unknown },
  operations: unknown,
): { readonly [key: string]: unknown } {
  try {
    return patchJson(document, operations);
  } catch (error) {
    if (!(error instanceof PatchError)) throw error;
    const { op, path } = error.operation;
    throw new StatusError(
      "Invalid",
      `the server rejected our request due to an error in our request: ${String(op)} operation does not apply: ${String(path)}`,
    );
  }
}

/** The same; throws `PatchError` when an operation does not apply. */
export function patchJson(
  document: { readonly [key: string]: unknown },
  operations: unknown,
): { readonly [key: string]: unknown } {
  const checked = operationsOf(operations);
  const root: Root = { document: structuredClone(document), copied: 0 };
  for (const operation of checked) applyOrRefuse(root, operation);
  return root.document as { readonly [key: string]: unknown };
}

/** An operation that does not apply, in the words of the library with which kube-apiserver patches (evanphx/json-patch). */
export class PatchError extends Error {
  readonly operation: Operation;
  /** A `test` found another value. */
  readonly isTest: boolean;

  constructor(message: string, operation: Operation, isTest: boolean) {
    super(message);
    this.name = "PatchError";
    this.operation = operation;
    this.isTest = isTest;
  }
}

function operationsOf(operations: unknown): readonly Operation[] {
  if (operations === null) return [];
  if (!Array.isArray(operations)) throw undecodable(operations, "[]handlers.jsonPatchOp");
  if (operations.length > maxOperations)
    throw new StatusError(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  for (const each of operations) {
    if (each === null) continue;
    if (typeof each !== "object" || Array.isArray(each)) throw undecodable(each, "handlers.jsonPatchOp");
    for (const [name, value] of Object.entries(each))
      if (textual.has(name) && typeof value !== "string" && value !== null)
        throw undecodable(value, "string", `Go struct field jsonPatchOp.${name}`);
  }
  return operations.map((each: unknown) => each ?? {}) as readonly Operation[];
}

const textual: ReadonlySet<string> = new Set(["op", "from", "path"]);

function undecodable(value: unknown, wanted: string, place = "Go value"): StatusError {
  const got = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
  return new StatusError(
    "BadRequest",
    `error decoding patch: json: cannot unmarshal ${got} into ${place} of type ${wanted}`,
  );
}

/** The pointer leads nowhere (`place`), or what is there is not what is asked for. */
class Inapplicable extends Error {
  readonly place: "from" | "path" | undefined;

  constructor(message: string, place?: "from" | "path") {
    super(message);
    this.place = place;
  }
}

const missing = "missing value";
const badIndex = "invalid index referenced";
const testFailed = "test failed";
const tooMuch = "Unable to complete the copy";

/** A document that is being patched, and how many bytes copies have added to it. */
interface Root {
  document: unknown;
  copied: number;
}

function applyOrRefuse(root: Root, operation: Operation): void {
  try {
    applyOperation(root, operation);
    if (!isFields(root.document)) throw new Inapplicable("the patch leaves no object");
  } catch (error) {
    // Copies into copies may be deeper than any patch.
    if (error instanceof RangeError) throw tooDeep();
    if (!(error instanceof Inapplicable)) throw error;
    throw new PatchError(worded(operation, error), operation, error.message === testFailed);
  }
}

function worded({ op, path, from }: Operation, { message, place }: Inapplicable): string {
  if (kinds.has(op)) {
    const unread = (op === "move" || op === "copy") && typeof from !== "string" ? "from" : "path";
    if (unread === "from" || typeof path !== "string")
      return `${String(op)} operation failed to decode ${unread}: ${missing}`;
  }
  const quoted = op === "add" || op === "remove" ? JSON.stringify(path) : String(path);
  if (place === "from")
    return `${String(op)} operation does not apply: doc is missing from path: ${String(from)}: ${missing}`;
  if (place === "path") {
    const which =
      op === "move" || op === "copy"
        ? "doc is missing destination path"
        : op === "test"
          ? "is missing path"
          : "doc is missing path";
    return `${String(op)} operation does not apply: ${which}: ${quoted}: ${missing}`;
  }
  if (op === "replace") return `replace operation does not apply: doc is missing key: ${String(path)}: ${missing}`;
  if (message.startsWith(tooMuch)) return message;
  if (message === testFailed) return `testing value ${String(path)} failed: ${testFailed}`;
  return kinds.has(op)
    ? `error in ${String(op)} for path: '${String(path)}': ${message}`
    : `Unexpected kind: ${String(op)}`;
}

const kinds: ReadonlySet<unknown> = new Set(["add", "remove", "replace", "move", "copy", "test"]);

function applyOperation(root: Root, { op, path, from, value = null }: Operation): void {
  const target = pointerOf(path, "path");
  switch (op) {
    case "add":
      put(root, target, structuredClone(value), true);
      break;
    case "remove":
      take(root, target, "path");
      break;
    case "replace":
      put(root, target, structuredClone(value), false);
      break;
    case "move":
      put(root, target, take(root, pointerOf(from, "from"), "from"), true);
      break;
    case "copy":
      put(root, target, copyOf(root, valueAt(root, pointerOf(from, "from"), "from") ?? null), true);
      break;
    case "test":
      if (!isSameValue(valueAt(root, target, "path") ?? null, value)) throw new Inapplicable(testFailed);
      break;
    default:
      throw new Inapplicable("unknown kind");
  }
}

const encoder = new TextEncoder();

function copyOf(root: Root, value: unknown): unknown {
  const text = JSON.stringify(value);
  root.copied += encoder.encode(text).length;
  if (root.copied > maxCopiedBytes)
    throw new Inapplicable(
      `${tooMuch}, the accumulated size increase of copy is ${root.copied}, exceeding the limit ${maxCopiedBytes}`,
    );
  return JSON.parse(text) as unknown;
}

type Place = "from" | "path";

function pointerOf(path: unknown, place: Place): readonly string[] {
  if (typeof path !== "string" || (path !== "" && !path.startsWith("/"))) throw new Inapplicable(missing, place);
  const tokens = pointerTokens(path);
  if (tokens.length > maxPointerDepth) throw new Inapplicable(missing, place);
  return tokens;
}

/** The tokens of a JSON Pointer, `/a~1b/0`. RFC 6901 section 4 */
export function pointerTokens(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((each) => each.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** What holds the last token of a pointer, and that token. */
function holderOf(root: { document: unknown }, pointer: readonly string[], place: Place): readonly [Node, string] {
  let holder: unknown = root;
  const tokens = ["document", ...pointer];
  for (const token of tokens.slice(0, -1)) holder = stepOf(holder, token, place);
  if (typeof holder !== "object" || holder === null) throw new Inapplicable(missing, place);
  return [holder as Node, tokens.at(-1) as string];
}

/** A step on the way; one that is not there ends it, whatever the reason. */
function stepOf(holder: unknown, token: string, place: Place): unknown {
  try {
    return child(holder, token);
  } catch {
    throw new Inapplicable(missing, place);
  }
}

function child(holder: unknown, token: string): unknown {
  if (Array.isArray(holder)) return holder[indexOf(token, holder.length - 1)];
  if (typeof holder !== "object" || holder === null || !Object.hasOwn(holder, token)) return undefined;
  return (holder as { readonly [key: string]: unknown })[token];
}

/** An index of a list; negative ones count from its end. */
function indexOf(token: string, last: number): number {
  if (!/^-?\d+$/.test(token)) {
    const quoted = JSON.stringify(token);
    throw new Inapplicable(
      `value was not a proper array index: '${token}': strconv.Atoi: parsing ${quoted}: invalid syntax`,
    );
  }
  const index = Number(token) < 0 ? last + 1 + Number(token) : Number(token);
  if (index < 0 || index > last) throw new Inapplicable(`Unable to access invalid index: ${token}: ${badIndex}`);
  return index;
}

function valueAt(root: { document: unknown }, pointer: readonly string[], place: Place): unknown {
  return child(...holderOf(root, pointer, place));
}

function put(root: { document: unknown }, pointer: readonly string[], value: unknown, isAdded: boolean): void {
  // The whole may be replaced, and nothing be added in its place.
  if (isAdded && pointer.length === 0) throw new Inapplicable(missing, "path");
  const [holder, token] = holderOf(root, pointer, "path");
  if (!Array.isArray(holder)) {
    // `__proto__` is a key like any other.
    Object.defineProperty(holder, token, { value, enumerable: true, configurable: true, writable: true });
  } else if (!isAdded) holder[indexOf(token, holder.length - 1)] = value;
  else if (token === "-") holder.push(value);
  else holder.splice(indexOf(token, holder.length), 0, value);
}

function take(root: { document: unknown }, pointer: readonly string[], place: Place): unknown {
  const [holder, token] = holderOf(root, pointer, place);
  if (Array.isArray(holder)) return holder.splice(indexOf(token, holder.length - 1), 1)[0];
  if (!Object.hasOwn(holder, token)) throw new Inapplicable(`Unable to remove nonexistent key: ${token}: ${missing}`);
  const value = holder[token];
  delete holder[token];
  return value;
}
