import type { Operations } from "./frame.ts";
import { biunify } from "./unify.ts";
import { evaluate, evaluateStep } from "./walk.ts";

/** The walker, put together. */
export const operations: Operations = { evaluate, evaluateStep, biunify };
