import type { Value } from "../value/value.ts";
import type { CallExpr, ComprehensionExpr, Expr, IdentExpr, ListExpr, LiteralExpr, SelectExpr } from "./ast.ts";

/** Makes nodes and remembers where each stands; macros build theirs at the place of their call. */
export class Builder {
  readonly offsets: number[] = [];

  id(offset: number): number {
    this.offsets.push(offset);
    return this.offsets.length - 1;
  }

  offsetOf(node: { readonly id: number }): number {
    return this.offsets[node.id] as number;
  }

  literal(offset: number, value: Value): LiteralExpr {
    return { kind: "literal", id: this.id(offset), value };
  }

  ident(offset: number, name: string): IdentExpr {
    return { kind: "ident", id: this.id(offset), name };
  }

  select(offset: number, operand: Expr, field: string, isTest = false): SelectExpr {
    return { kind: "select", id: this.id(offset), operand, field, isTest };
  }

  call(offset: number, name: string, args: readonly Expr[], target?: Expr): CallExpr {
    return { kind: "call", id: this.id(offset), function: name, target, args };
  }

  list(offset: number, elements: readonly Expr[], optionals: ReadonlySet<number> = new Set()): ListExpr {
    return { kind: "list", id: this.id(offset), elements, optionals };
  }

  fold(offset: number, parts: Omit<ComprehensionExpr, "kind" | "id">): ComprehensionExpr {
    return { kind: "comprehension", id: this.id(offset), ...parts };
  }
}
