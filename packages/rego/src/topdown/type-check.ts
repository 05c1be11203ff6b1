import type { Compiled } from "../compile/compiled.ts";
import { stateOf } from "../compile/state.ts";
import { checkBody } from "../compile/types/check-body.ts";
import type { Body } from "../syntax/ast.ts";

/** False for a body that can never hold, as its types do not match: no result comes of it. */
export function passesTypeCheck(compiled: Compiled, body: Body): boolean {
  const env = stateOf(compiled)?.types?.env;
  if (env === undefined) return true;
  let passes = true;
  checkBody(body, env.inner(), {
    rename: (ref) => ref,
    allowUndefinedFunctions: false,
    report: () => {
      passes = false;
    },
  });
  return passes;
}
