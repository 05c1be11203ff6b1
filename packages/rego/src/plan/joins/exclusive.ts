import type { Block, Func, Operand, Stmt } from "../../run/ir.ts";

/** What a block needs of values below a function's arguments, by their path. */
interface Needs {
  readonly equal: ReadonlyMap<string, unknown>;
  readonly unequal: ReadonlyMap<string, ReadonlySet<unknown>>;
}

/** True when no arguments let both blocks of a function run to their end: one needs `x.group == ""`, the other `x.group != ""`. */
export function areExclusive({ params }: Func, strings: readonly string[], a: Block, b: Block): boolean {
  const left = needsOf(a, params, strings);
  const right = needsOf(b, params, strings);
  return contradicts(left, right) || contradicts(right, left);
}

function contradicts({ equal }: Needs, other: Needs): boolean {
  return [...equal].some(([path, value]) => {
    const isOther = other.equal.has(path) && other.equal.get(path) !== value;
    return isOther || other.unequal.get(path)?.has(value) === true;
  });
}

/** Only what stands directly in the block: that must hold. */
function needsOf({ stmts }: Block, params: readonly number[], strings: readonly string[]): Needs {
  const paths = new Map(params.map((param) => [param, `v${param}`]));
  const equal = new Map<string, unknown>();
  const unequal = new Map<string, Set<unknown>>();
  const differences = new Map<number, readonly [path: string, constant: unknown]>();
  const constantOf = (operand: Operand): unknown =>
    operand.type === "string_index" ? strings[operand.value] : operand.type === "bool" ? operand.value : undefined;
  const compared = (a: Operand, b: Operand): readonly [string, unknown] | undefined => {
    const [local, constant] = a.type === "local" ? [a, constantOf(b)] : [b, constantOf(a)];
    const path = local.type === "local" ? paths.get(local.value) : undefined;
    return path === undefined || constant === undefined ? undefined : [path, constant];
  };
  const differs = (found: readonly [string, unknown] | undefined) => {
    if (found !== undefined) unequal.set(found[0], new Set([...(unequal.get(found[0]) ?? []), found[1]]));
  };
  for (const { type, stmt } of stmts as readonly Stmt[]) {
    if (type === "DotStmt") {
      const [source, key] = [
        stmt.source.type === "local" ? paths.get(stmt.source.value) : undefined,
        constantOf(stmt.key),
      ];
      if (source !== undefined && typeof key === "string") paths.set(stmt.target, source + JSON.stringify(key));
      else paths.delete(stmt.target);
    } else if (type === "EqualStmt") {
      const found = compared(stmt.a, stmt.b);
      if (found !== undefined) equal.set(...found);
    } else if (type === "CallStmt" && stmt.func === "neq" && stmt.args?.length === 2) {
      const found = compared(...(stmt.args as readonly [Operand, Operand]));
      if (found !== undefined) differences.set(stmt.result, found);
    } else if (type === "NotEqualStmt") {
      const isCall =
        stmt.b.type === "bool" && !stmt.b.value && stmt.a.type === "local" && differences.get(stmt.a.value);
      differs(isCall === undefined || isCall === false ? compared(stmt.a, stmt.b) : isCall);
    }
  }
  return { equal, unequal };
}
