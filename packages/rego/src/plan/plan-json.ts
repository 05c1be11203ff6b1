import { findSignature } from "../builtins/capabilities.ts";
import type { Block, Policy, Stmt } from "../run/ir.ts";

/**
 * A policy's plan as `opa build -t plan` writes it into `plan.json`: every statement with its place, builtins with their types, nothing
 * beyond OPA's IR. https://www.openpolicyagent.org/docs/ir
 */
export function planJson({ static: constants, plans, funcs }: Policy): string {
  const builtins = (constants.builtin_funcs ?? []).map(({ name }) => ({ name, decl: declarationOf(name) }));
  return JSON.stringify({
    static: {
      strings: constants.strings,
      ...(builtins.length > 0 && { builtin_funcs: builtins }),
      files: constants.files ?? [],
    },
    plans: { plans: plans.plans.map(({ name, blocks }) => ({ name, blocks: blocks.map(blockJson) })) },
    funcs: {
      funcs: funcs.funcs.map(({ name, path, params, return: result, blocks }) => ({
        name,
        params,
        return: result,
        blocks: blocks.map(blockJson),
        ...(path !== undefined && { path }),
      })),
    },
  });
}

function declarationOf(name: string): object {
  const { args = [], result, variadic } = findSignature(name) ?? {};
  return {
    args,
    ...(result !== undefined && { result }),
    type: "function",
    ...(variadic !== undefined && { variadic }),
  };
}

function blockJson({ stmts }: Block): object {
  return { stmts: stmts.map(stmtJson) };
}

function stmtJson({ type, stmt }: Stmt): object {
  const { file = 0, row = 0, col = 0, ...rest } = stmt;
  const fields = Object.entries(rest)
    .filter(([name]) => name !== "narrowed")
    .map(([name, value]) => [name, nested(name, value)]);
  return { type, stmt: { ...Object.fromEntries(fields), file, col, row } };
}

function nested(name: string, value: unknown): unknown {
  if (name === "block") return blockJson(value as Block);
  if (name === "blocks" && Array.isArray(value)) return (value as readonly Block[]).map(blockJson);
  return value;
}
