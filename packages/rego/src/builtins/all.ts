import type { Builtin } from "./builtin.ts";
import { operators } from "./operators.ts";

/** Every builtin that is implemented, family by family. */
export const allBuiltins: readonly Builtin[] = Object.freeze([...operators]);
