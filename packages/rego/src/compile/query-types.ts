import type { Body, Term } from "../syntax/ast.ts";
import { RegoError } from "../syntax/diagnostic.ts";
import type { Compiled } from "./compiled.ts";
import { compileQuery, type QueryOptions } from "./query.ts";
import { stateOf } from "./state.ts";
import { refText } from "./text.ts";
import { checkBody } from "./types/check-body.ts";
import { type FunctionType, type Type, typeText } from "./types/type.ts";
import { varsOfBody } from "./vars.ts";
import { walkBody } from "./walk.ts";

/** A ref or a variable of a compiled query with its type, as OPA prints it. */
export interface TypedName {
  readonly name: string;
  readonly type: string;
}

export interface TypedQuery {
  /** As compiled. */
  readonly body: Body;
  /** All its refs, operators too, then its variables. */
  readonly names: readonly TypedName[];
}

/** A query as OPA's shell compiles it, with the types that it prints. Throws `RegoError`. */
export function typedQuery(body: Body, compiled: Compiled, options: QueryOptions = {}): TypedQuery {
  const { query, diagnostics } = compileQuery(body, compiled, { ...options, keepEquals: true });
  if (query === undefined) throw new RegoError(diagnostics);
  const env = stateOf(compiled)?.types?.env.inner();
  if (env === undefined) return { body: query.body, names: [] };
  checkBody(query.body, env, { rename: (ref) => ref, allowUndefinedFunctions: true, report: () => {} });
  const names: TypedName[] = [];
  walkBody(query.body, (term: Term) => {
    if (term.kind === "ref") names.push({ name: refText(term), type: shownType(env.typeOfRef(term)) });
    return true;
  });
  for (const name of varsOfBody(query.body, { skipRefHead: true, skipCallOperators: true }))
    names.push({ name: name.startsWith("$") ? "_" : name, type: shownType(env.variable(name)) });
  return { body: query.body, names };
}

function shownType(type: Type | undefined): string {
  if (type === undefined) return "<nil>";
  return type.kind === "function" ? functionText(type) : typeText(type);
}

/** Without the names of arguments. */
function functionText(type: FunctionType): string {
  const unnamed = ({ type: each }: FunctionType["args"][number]) => ({ type: each });
  return typeText({
    ...type,
    args: type.args.map(unnamed),
    ...(type.result !== undefined && { result: unnamed(type.result) }),
    ...(type.variadic !== undefined && { variadic: unnamed(type.variadic) }),
  });
}
