import { equal } from "node:assert/strict";
import { test } from "node:test";
import type { Effects } from "../builtins/builtin.ts";
import { compileModules, compileQuery } from "../compile/compile.ts";
import type { Module } from "../syntax/ast.ts";
import { parseModule, parseQuery } from "../syntax/parser.ts";
import { evaluateByWalking } from "./evaluate.ts";
import { type ExplainMode, TraceBuffer } from "./trace-buffer.ts";
import { traceText } from "./trace-text.ts";

const effects: Effects = { nowNs: 0n, randomBytes: (size) => new Uint8Array(size), env: {} };

const policy = `package p
allow if {
	some r in input.roles
	trace(sprintf("role %v", [r]))
	r == "admin"
	not denied
}
denied if input.user in data.bad
all_ok if every x in input.roles { x != "z" }
`;

/** As OPA 1.19.1 prints them. */
const cases: readonly { readonly mode: ExplainMode; readonly query: string; readonly wanted: string }[] = [
  {
    mode: "notes",
    query: "data.p.allow",
    wanted: `query:1      Enter data.p.allow = _
p.rego:2     | Enter data.p.allow
p.rego:4     | | Note "role a"
p.rego:4     | | Note "role admin"
`,
  },
  {
    mode: "fails",
    query: "data.p.allow",
    wanted: `query:1      Enter data.p.allow = _
p.rego:2     | Enter data.p.allow
p.rego:5     | | Fail r = "admin"
p.rego:6     | | Enter data.p.denied
p.rego:8     | | | Enter data.p.denied
p.rego:8     | | | | Fail internal.member_2(__local7__, __local8__)
p.rego:6     | | | Fail data.p.denied
`,
  },
  {
    mode: "full",
    query: "data.p.all_ok",
    wanted: `query:1      Enter data.p.all_ok = _
query:1      | Eval data.p.all_ok = _
query:1      | Index data.p.all_ok (matched 1 rule, early exit)
p.rego:9     | Enter data.p.all_ok
p.rego:9     | | Eval __local6__ = input.roles
p.rego:9     | | Eval every x in __local6__ { neq(x, "z") }
p.rego:9     | | Enter every x in __local6__ { neq(x, "z") }
p.rego:9     | | | Eval __local6__[__local3__] = x
p.rego:9     | | | Enter neq(x, "z")
p.rego:9     | | | | Eval neq(x, "z")
p.rego:9     | | | | Exit neq(x, "z") early
p.rego:9     | | | Redo neq(x, "z")
p.rego:9     | | | | Redo neq(x, "z")
p.rego:9     | | | Redo every x in __local6__ { neq(x, "z") }
p.rego:9     | | | Redo __local6__[__local3__] = x
p.rego:9     | | | Enter neq(x, "z")
p.rego:9     | | | | Eval neq(x, "z")
p.rego:9     | | | | Exit neq(x, "z") early
p.rego:9     | | | Redo neq(x, "z")
p.rego:9     | | | | Redo neq(x, "z")
p.rego:9     | | | Redo every x in __local6__ { neq(x, "z") }
p.rego:9     | | | Redo __local6__[__local3__] = x
p.rego:9     | | Exit data.p.all_ok early
query:1      | Exit data.p.all_ok = _
query:1      Redo data.p.all_ok = _
query:1      | Redo data.p.all_ok = _
p.rego:9     | Redo data.p.all_ok
p.rego:9     | | Redo every x in __local6__ { neq(x, "z") }
p.rego:9     | | | Exit every x in __local6__ { neq(x, "z") }
p.rego:9     | | Redo __local6__ = input.roles
`,
  },
];

for (const { mode, query, wanted } of cases) {
  test(`--explain=${mode} of ${query}`, () => {
    const { module } = parseModule(policy, { file: "p.rego", regoVersion: "v1" });
    const { compiled } = compileModules([module as Module]);
    if (compiled === undefined) throw new Error("the policy does not compile");
    const made = compileQuery(parseQuery(query, { regoVersion: "v1" }), compiled, { captureValues: true }).query;
    if (made === undefined) throw new Error("the query does not compile");
    const tracer = new TraceBuffer();
    const input = { roles: ["a", "admin"], user: "u" };
    evaluateByWalking(made, compiled, { effects, input, data: { bad: ["v"] }, tracer });
    equal(traceText(tracer.explain(mode)), wanted);
  });
}

test("an evaluation that begins again forgets what was told before", () => {
  const tracer = new TraceBuffer();
  const { compiled } = compileModules([]);
  const made = compiled && compileQuery(parseQuery("true", { regoVersion: "v1" }), compiled).query;
  if (compiled === undefined || made === undefined) throw new Error("the query does not compile");
  for (let round = 0; round < 2; round++) evaluateByWalking(made, compiled, { effects, tracer });
  equal(tracer.explain("full").filter(({ op }) => op === "Enter").length, 1);
});
