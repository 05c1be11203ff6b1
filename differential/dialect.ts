import type { RegoVersion } from "@sallyport/rego";
import type { Tape } from "./tape.ts";

/** How the modules of a program are written. */
export interface Dialect {
  readonly regoVersion: RegoVersion;
  readonly imports: readonly string[];
  /** `if` and `contains` stand in heads. */
  readonly heads: boolean;
  readonly in: boolean;
  readonly every: boolean;
  /** `not` takes queries, and negates all that its expression is made of. */
  readonly notBodies: boolean;
  readonly templates: boolean;
}

const v1: Dialect = {
  regoVersion: "v1",
  imports: [],
  heads: true,
  in: true,
  every: true,
  notBodies: false,
  templates: true,
};

const v1Not: Dialect = { ...v1, imports: ["future.keywords.not"], notBodies: true };

const v0: Dialect = { ...v1, regoVersion: "v0", imports: ["future.keywords"], templates: false };

const v0Plain: Dialect = { ...v0, imports: [], heads: false, in: false, every: false };

const dialects: readonly Dialect[] = [
  ...[v1, v1, v1, v1, v1, v1, v1Not, v1Not, v1Not],
  v0,
  { ...v0, imports: ["rego.v1"] },
  v0Plain,
  { ...v0Plain, imports: ["future.keywords.in"], in: true },
  { ...v0Plain, imports: ["future.keywords.every"], in: true, every: true },
  { ...v0Plain, imports: ["future.keywords.if", "future.keywords.contains"], heads: true },
  { ...v0Plain, imports: ["future.keywords.not"], notBodies: true },
];

export function dialect(tape: Tape): Dialect {
  return tape.pick(dialects);
}
