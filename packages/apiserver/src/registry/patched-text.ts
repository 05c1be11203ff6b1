import {
  applyJsonPatch,
  goJson,
  inGoOrder,
  type KubeObject,
  messageOfSchema,
  pointerTokens,
  type ResourceInfo,
} from "@sallyport/kube";

type Fields = { readonly [field: string]: unknown };

/**
 * The JSON that a merge patch or a JSON patch makes of an object, as kube-apiserver shows it: its patching library keeps the text of what
 * it does not look into, which lies in the order of Go's structs, and writes what it does look into with sorted keys.
 */
export function patchedText(current: KubeObject, patch: unknown, info: ResourceInfo): string {
  const before = info.schema === undefined ? current : inGoOrder(current, messageOfSchema(info.schema));
  const shown = Array.isArray(patch)
    ? walked(applyJsonPatch(before as Fields, patch), before, pointersOf(patch))
    : mergedOf(before, patch as Fields);
  return goJson(JSON.stringify(shown));
}

/** RFC 7396 with its traces: what the patch touches is sorted, and so is what it brings. */
function mergedOf(before: unknown, patch: unknown): unknown {
  if (!isFields(before)) return sortedDeep(patch);
  if (!isFields(patch)) return patch;
  const merged: { [field: string]: unknown } = { ...before };
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete merged[key];
    else merged[key] = merged[key] === undefined ? sortedDeep(value) : mergedOf(merged[key], value);
  return sorted(merged);
}

function sortedDeep(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => sortedDeep(each));
  if (!isFields(value)) return value;
  const kept = Object.entries(value).filter(([, each]) => each !== null);
  return sorted(Object.fromEntries(kept.map(([key, each]) => [key, sortedDeep(each)])));
}

/** Every container on the way to a place that an operation names is sorted; the rest stays as it was, or as the patch has it. */
function walked(patched: unknown, before: unknown, pointers: readonly Pointer[]): unknown {
  if (Array.isArray(patched)) {
    const old = Array.isArray(before) ? (before as readonly unknown[]) : [];
    return patched.map((each, i) => step(each, old[i], pointers, String(i)));
  }
  if (!isFields(patched)) return patched;
  const old = isFields(before) ? before : {};
  const ordered = {
    ...Object.fromEntries(
      Object.keys(old)
        .filter((key) => key in patched)
        .map((key) => [key, 0]),
    ),
    ...patched,
  };
  const shown = Object.entries(ordered).map(([key, each]) => [key, step(each, old[key], pointers, key)]);
  return pointers.length > 0 ? sorted(Object.fromEntries(shown)) : Object.fromEntries(shown);
}

function step(patched: unknown, before: unknown, pointers: readonly Pointer[], key: string): unknown {
  const isBrought = pointers.some(({ tokens, brings }) => brings && tokens.length === 1 && tokens[0] === key);
  return walked(patched, isBrought ? undefined : before, below(pointers, key));
}

function below(pointers: readonly Pointer[], key: string): readonly Pointer[] {
  return pointers
    .filter(({ tokens }) => tokens.length > 1 && tokens[0] === key)
    .map((each) => ({ ...each, tokens: each.tokens.slice(1) }));
}

/** A place that an operation names. */
interface Pointer {
  readonly tokens: readonly string[];
  /** What lies there is the operation's own value, in its own order. */
  readonly brings: boolean;
}

function pointersOf(operations: readonly unknown[]): readonly Pointer[] {
  return (operations as readonly Fields[]).flatMap(({ op, path, from }) => {
    const brings = op === "add" || op === "replace";
    const texts = [path, from].filter((each) => typeof each === "string");
    return texts.map((each) => ({ tokens: pointerTokens(each), brings }));
  });
}

function sorted(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
