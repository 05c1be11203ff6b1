import type { Expr, Location, Module, Rule } from "../syntax/ast.ts";
import type { Bindings } from "./bindings.ts";
import type { VirtualCache } from "./caches.ts";
import type { Query, RefNode, Step } from "./node.ts";

/** OPA's names of what happens: v1/topdown/trace.go. */
export type TraceOp =
  | "Enter"
  | "Exit"
  | "Eval"
  | "Redo"
  | "Fail"
  | "Save"
  | "Duplicate"
  | "Note"
  | "Index"
  | "Unify"
  | "TestCase";

/** What an event is about. */
export type TracedNode =
  | { readonly kind: "rule"; readonly rule: Rule; readonly module: Module; readonly loc: Location }
  | { readonly kind: "body"; readonly query: Query; readonly loc: Location | undefined }
  | { readonly kind: "step"; readonly step: Step; readonly loc: Location | undefined }
  | { readonly kind: "expr"; readonly expr: Expr; readonly loc: Location }
  | { readonly kind: "note"; readonly loc: Location }
  /** A call of `internal.test_case`, its values put in; it stands nowhere. */
  | { readonly kind: "case"; readonly step: Step; readonly loc: undefined };

/** Something that happens while a query is evaluated. `bindings` change afterwards: whoever needs them reads them now. */
export interface TraceEvent {
  readonly op: TraceOp;
  readonly node: TracedNode;
  readonly location: Location | undefined;
  readonly message: string;
  /** Of `Index`: the rules that were looked up. */
  readonly ref: RefNode | undefined;
  readonly queryId: number;
  /** 0 for the query that was asked, as for its children. */
  readonly parentId: number;
  readonly bindings: Bindings;
  /** What rules have answered so far, by their refs. */
  readonly cache: VirtualCache;
  /** The author's names of generated locals. */
  readonly names: ReadonlyMap<string, string>;
}

export interface Tracer {
  /** An evaluation begins; with asynchronous builtins it begins again for each answer, and what was told before is void. */
  readonly begin?: () => void;
  readonly event: (event: TraceEvent) => void;
}

/** What tells of a test's cases stands nowhere, as in OPA: it is shown where the evaluation was before. */
export function stepNode(step: Step): TracedNode {
  const { terms, loc } = step;
  const isMark = terms.kind === "call" && terms.name === "internal.test_case";
  return { kind: "step", step, loc: isMark ? undefined : loc };
}

export function caseNode(step: Step): TracedNode {
  return { kind: "case", step, loc: undefined };
}

export function bodyNode(query: Query): TracedNode {
  return { kind: "body", query, loc: query[0]?.loc };
}
