import {
  type DataPath,
  type EvaluatedLabels,
  type EvaluateOptions,
  findNode,
  type PreparedQuery,
  type QueryOptions,
  readDocument,
  StoreError,
  type Value,
  type WalkOptions,
} from "@sallyport/rego";
import type { Generation } from "./policy-state.ts";

type RuleNode = Generation["policy"]["compiled"]["root"];

/** What a path names has numbers where its text looks like them: `/list/1` is `data.list[1]`. */
const number = /^[+-]?\d+$/;

/**
 * The document at a path: base data alone is read, all else evaluated, and by a walk where its labels or its operations are told. Undefined
 * where there is none. `stages` are told of what is compiled.
 * Throws `EvaluationError`, `RegoError`.
 */
export async function documentAt(
  { policy, data }: Generation,
  path: DataPath,
  { instrumentation, ...options }: EvaluateOptions & Pick<WalkOptions, "instrumentation">,
  labels?: EvaluatedLabels,
  stages: Pick<QueryOptions, "timed"> = {},
): Promise<Value | undefined> {
  const isWalked = labels !== undefined || instrumentation !== undefined;
  const watched = { ...options, data, labels, instrumentation };
  if (instrumentation === undefined && isBaseData(policy.compiled.root, path)) return baseDocument(data, path);
  const inside = { ...options, data };
  if (isPlain(policy.compiled.root, path)) {
    const text = path.join("/");
    return isWalked ? policy.walkDocument(text, watched) : policy.evaluateAsync(text, inside);
  }
  const query = documentQuery({ policy }, path, stages);
  const [answer] = await (isWalked ? query.walkAsync(watched) : query.answersAsync(inside));
  return answer?.expressions[0]?.value;
}

/** What takes the labels of rules that answer for the document at a path; undefined where there are none. */
export function labelsAt({ policy }: Generation, path: DataPath): EvaluatedLabels | undefined {
  const { root } = policy.compiled;
  if (isBaseData(root, path)) return undefined;
  return policy.labels(isPlain(root, path) ? path.join("/") : undefined);
}

/** What the engine knows by its path; a function is no document: the compiler says so. */
function isPlain(root: RuleNode, path: DataPath): boolean {
  return !path.some((part) => number.test(part) || part.includes("/")) && !isFunction(root, path);
}

/** A query for the same document, as explanations show it. */
export function documentQuery(
  { policy }: Pick<Generation, "policy">,
  path: DataPath,
  stages: Pick<QueryOptions, "timed"> = {},
): PreparedQuery {
  return policy.prepareQuery(refText(path), { captureValues: true, ...stages });
}

/** `data.a["b c"][1]`. */
export function refText(path: DataPath): string {
  return path.reduce((text, part) => {
    if (number.test(part)) return `${text}[${BigInt(part)}]`;
    return /^[a-zA-Z_]\w*$/.test(part) ? `${text}.${part}` : `${text}[${JSON.stringify(part)}]`;
  }, "data");
}

function isFunction(root: RuleNode, path: DataPath): boolean {
  return findNode(root, path)?.rules[0]?.kind === "function";
}

/** No rule lies on the way to the place, there, or below. */
export function isBaseData(root: RuleNode, path: DataPath): boolean {
  for (let length = 0; length <= path.length; length++) {
    const node = findNode(root, path.slice(0, length));
    if (node === undefined) return true;
    if (node.rules.length > 0) return false;
  }
  return false;
}

function baseDocument(data: Generation["data"], path: DataPath): Value | undefined {
  try {
    return readDocument(
      data,
      path.map((part) => (number.test(part) ? String(BigInt(part)) : part)),
    );
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}
