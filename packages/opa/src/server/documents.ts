import {
  type DataPath,
  type EvaluateOptions,
  findNode,
  type PreparedQuery,
  readDocument,
  StoreError,
  type Value,
} from "@sallyport/rego";
import type { Generation } from "./policy-state.ts";

type RuleNode = Generation["policy"]["compiled"]["root"];

/** What a path names has numbers where its text looks like them: `/list/1` is `data.list[1]`. */
const number = /^[+-]?\d+$/;

/**
 * The document at a path: base data alone is read, all else evaluated. Undefined where there is none. Throws `EvaluationError`, `RegoError`.
 */
export async function documentAt(
  { policy, data }: Generation,
  path: DataPath,
  options: EvaluateOptions,
): Promise<Value | undefined> {
  if (isBaseData(policy.compiled.root, path)) return baseDocument(data, path);
  const inside = { ...options, data };
  // A function is no document: the compiler says so.
  if (!path.some((part) => number.test(part) || part.includes("/")) && !isFunction(policy.compiled.root, path)) {
    return policy.evaluateAsync(path.join("/"), inside);
  }
  const [answer] = await policy.prepareQuery(refText(path), { captureValues: true }).answersAsync(inside);
  return answer?.expressions[0]?.value;
}

/** A query for the same document, as explanations show it. */
export function documentQuery({ policy }: Generation, path: DataPath): PreparedQuery {
  return policy.prepareQuery(refText(path), { captureValues: true });
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
