import {
  type DataPath,
  type DataTransaction,
  isObject,
  lookup,
  type PatchOperation,
  pathFromPointer,
  pointerText,
  StoreError,
  type Value,
} from "@sallyport/rego";
import { goJsonLine, Struct } from "../../answers/json-text.ts";
import { checkOwner } from "../active-bundles.ts";
import { badRequest } from "../api-error.ts";
import { headerOf, isOn, jsonText, noContent, type ServerAnswer, type ServerRequest } from "../exchange.ts";
import { bodyText, goKind, parseOr } from "../input.ts";
import type { Handler } from "../routes.ts";
import { type Serving, Timing } from "../serving.ts";

/** Changes of base data: each is whole or not at all. https://www.openpolicyagent.org/docs/rest-api#data-api */
export function writeHandlers(serving: Serving): { readonly [name in "put" | "patch" | "remove"]: Handler } {
  return {
    put: (request, path) => put(serving, request, path),
    patch: (request, path) => patch(serving, request, path),
    remove: (request, path) => remove(serving, request, path),
  };
}

async function put(serving: Serving, request: ServerRequest, path: DataPath): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const value = await timing.metrics.timedAsync("rego_input_parse", async () => parseOr(await bodyText(request)));
  const onlyNew = headerOf(request, "if-none-match") === "*";
  checkOwner(serving.state.generation.bundles, path);
  const isWritten = serving.state.writeData(path, (transaction) => {
    const isThere = transaction.read(path) !== undefined;
    if (onlyNew && isThere) return false;
    if (!isThere) checkParents(transaction, path);
    transaction.put(path, value);
    return true;
  });
  return isWritten ? done(request, timing) : { ...noContent, status: 304 };
}

/** Missing objects on the way are made; what else lies there is in the way. */
function checkParents(transaction: DataTransaction, path: DataPath): void {
  for (let length = 1; length < path.length; length++) {
    const parent = path.slice(0, length);
    const value = transaction.read(parent);
    if (value === undefined) return;
    if (!isObject(value)) throw new StoreError("storage_write_conflict_error", pointerText(parent));
  }
}

async function patch(serving: Serving, request: ServerRequest, path: DataPath): Promise<ServerAnswer> {
  const timing = new Timing(serving);
  const operations = await timing.metrics.timedAsync("rego_input_parse", async () =>
    patchOperations(parseOr(await bodyText(request))),
  );
  const { bundles } = serving.state.generation;
  for (const each of operations) checkOwner(bundles, [...path, ...each.path]);
  serving.state.writeData(path, (transaction) => transaction.patch(path, operations));
  return done(request, timing);
}

function patchOperations(body: Value): readonly PatchOperation[] {
  if (body === null) return [];
  if (!Array.isArray(body))
    throw badRequest(`json: cannot unmarshal ${goKind(body)} into Go value of type []types.PatchV1`);
  return body.map((each: Value) => {
    if (!isObject(each)) throw badRequest(`json: cannot unmarshal ${goKind(each)} into Go value of type types.PatchV1`);
    return patchOperation(lookup(each, "op") ?? "", lookup(each, "path") ?? "", lookup(each, "value"));
  });
}

function patchOperation(op: Value, path: Value, value: Value | undefined): PatchOperation {
  if (typeof op !== "string" || typeof path !== "string") {
    const [name, odd] = typeof op === "string" ? (["path", path] as const) : (["op", op] as const);
    throw badRequest(`json: cannot unmarshal ${goKind(odd)} into Go struct field PatchV1.${name} of type string`);
  }
  if (op !== "add" && op !== "remove" && op !== "replace") throw badRequest(`bad patch operation: ${op}`);
  return { op, path: pathFromPointer(path), ...(op === "remove" ? {} : { value: value ?? null }) };
}

function remove(serving: Serving, request: ServerRequest, path: DataPath): ServerAnswer {
  const timing = new Timing(serving);
  checkOwner(serving.state.generation.bundles, path);
  serving.state.writeData(path, (transaction) => transaction.remove(path));
  return done(request, timing);
}

/** Nothing is said of a write, unless it was asked how long it took. */
function done(request: ServerRequest, timing: Timing): ServerAnswer {
  if (!isOn(request, "metrics")) return noContent;
  return jsonText(200, goJsonLine(new Struct(timing.end().told(request)), ""));
}
