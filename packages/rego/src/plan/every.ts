import type { ExprTerms } from "../syntax/ast.ts";
import { localOperand, trueOperand } from "./builder.ts";
import { type KindStmt, requireKind } from "./kinds.ts";
import { bind, closure, localOf, planBody, planTerm, type Scope } from "./scope.ts";
import { unifyOperand } from "./unify.ts";

type Every = Extract<ExprTerms, { kind: "every" }>;

const collections: readonly KindStmt[] = ["IsArrayStmt", "IsObjectStmt", "IsSetStmt"];

/**
 * `every` holds when no element of the collection fails the body; a domain that is no collection is undefined. The loop is left at
 * the first element that fails.
 */
export function planEvery(scope: Scope, terms: Every, next: () => void): void {
  const { writer } = scope;
  planTerm(scope, terms.domain, (domain) => {
    const source = localOf(scope, domain);
    const [failed, held, key, value] = [writer.local(), writer.local(), writer.local(), writer.local()];
    requireKind(scope, source, collections);
    writer.emit("ResetLocalStmt", { target: failed });
    const loop = writer.loop(() => {
      writer.emit("ResetLocalStmt", { target: held });
      const body = writer.block(() => {
        planElement(closure(scope), terms, key, value, () => {
          writer.emit("AssignVarStmt", { source: trueOperand, target: held });
        });
      });
      writer.emit("BlockStmt", { blocks: [body] });
      writer.emit("IsUndefinedStmt", { source: held });
      writer.emit("AssignVarStmt", { source: trueOperand, target: failed });
      writer.emit("BreakStmt", { index: 1 });
    });
    const scan = writer.block(() => writer.emit("ScanStmt", { source, key, value, block: loop }));
    writer.emit("BlockStmt", { blocks: [scan] });
    writer.emit("IsUndefinedStmt", { source: failed });
    next();
  });
}

function planElement(scope: Scope, terms: Every, key: number, value: number, holds: () => void): void {
  const body = () => unifyOperand(scope, localOperand(value), terms.value, () => planBody(scope, terms.body, holds));
  if (terms.key?.kind === "var") bind(scope, terms.key.name, localOperand(key), body);
  else if (terms.key === undefined) body();
  else unifyOperand(scope, localOperand(key), terms.key, body);
}
