import { type Expr, Program } from "@sallyport/cel";
import type { KubeObject } from "@sallyport/kube";
import type { Expression } from "../cel/expression.ts";
import type { Variables } from "../cel/variables.ts";
import { fieldPath } from "../explain/field-path.ts";

type Path = readonly (string | number)[];

/** Reads that only say what the request is about. */
const aboutTheRequest = /^(kind|apiVersion|metadata\.(name|namespace|generateName))$/;

/** The field that a failed expression is about: the last one of the object that it, or a variable that it reads, names. */
export function blamedField(
  { program }: Expression,
  { defined }: Variables,
  object: KubeObject | null,
): { readonly fieldPath: string; readonly value?: unknown } {
  const paths = program === undefined ? [] : [...readsOf(program.checked.ast.root, defined)];
  const path = paths.findLast((each) => each.length > 0 && !aboutTheRequest.test(fieldPath(each)));
  if (path === undefined) return { fieldPath: "" };
  const value = path.reduce<unknown>((at, part) => (at as { [part: string]: unknown } | undefined)?.[part], object);
  return { fieldPath: fieldPath(path), ...(typeof value === "object" ? {} : { value }) };
}

/** The paths below `object` that an expression names in full, in the order in which they stand there. */
function* readsOf(expr: Expr, defined: Variables["defined"]): Generator<Path> {
  const path = pathOf(expr);
  if (path?.[0] === "object") return yield path.slice(1);
  if (path?.[0] === "variables") {
    const program = defined.find(String(path[1]));
    if (program instanceof Program) yield* readsOf(program.checked.ast.root, defined);
    return;
  }
  for (const child of childrenOf(expr)) yield* readsOf(child, defined);
}

/** `object.a.b[0]["c"]` as a path; undefined for what is no such chain. */
function pathOf(expr: Expr): Path | undefined {
  if (expr.kind === "ident") return [expr.name];
  if (expr.kind === "select") {
    const operand = pathOf(expr.operand);
    return operand && [...operand, expr.field];
  }
  if (expr.kind !== "call" || !/^_\[\??_\]$|^_\?\._$/.test(expr.function)) return undefined;
  const [of, key] = expr.args;
  const operand = of && pathOf(of);
  const value = key?.kind === "literal" ? key.value : undefined;
  if (operand === undefined) return undefined;
  if (typeof value === "string") return [...operand, value];
  return typeof value === "bigint" ? [...operand, Number(value)] : undefined;
}

function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "select":
      return [expr.operand];
    case "call":
      return expr.target === undefined ? expr.args : [expr.target, ...expr.args];
    case "list":
      return expr.elements;
    case "map":
      return expr.entries.flatMap(({ key, value }) => [key, value]);
    case "struct":
      return expr.fields.map(({ value }) => value);
    case "comprehension":
      // The body reads elements of the range: the range says where.
      return [expr.step, expr.range];
    default:
      return [];
  }
}
