import type { CreatePolicySet } from "./policy-set.ts";

/** The compiler of Rego is a third of all code: it is loaded by who has policies. */
export async function loadPolicyCompiler(): Promise<CreatePolicySet> {
  return (await import("./compile.ts")).createPolicySet;
}
