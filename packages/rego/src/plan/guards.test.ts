import { deepEqual } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { EvaluationError } from "../run/errors.ts";
import { jsonText, parseJson } from "../value/json.ts";

// An expression that fails stands before one that a rule index looks up: it is met where the index finds the rule. Answers are OPA's.

const conflict = "x := {1: y | some y in [1, 2]}";
const failed = "eval_conflict_error";

/** Rules, what `input` and `data` hold, and the package's document or a code. */
const cases: readonly (readonly [rules: string, documents: string, answer: string])[] = [
  [`r if { ${conflict}; input.a == 1 }`, "{}", "{}"],
  [`r if { ${conflict}; input.a == 1 }`, '{"a": 2}', "{}"],
  [`r if { ${conflict}; input.a == 1 }`, '{"a": 1}', failed],
  [`r if { ${conflict}; input.a = [4, z] }`, '{"a": [3, 2]}', "{}"],
  [`r if { ${conflict}; input.a = [4, z] }`, '{"a": [4, 2]}', failed],
  [`r if { ${conflict}; input.a in ["a", "b"] }`, '{"a": "x"}', "{}"],
  [`r if { ${conflict}; input.a in ["a", "b"] }`, '{"a": "b"}', failed],
  [`r if { ${conflict}; glob.match("a.*", ["."], input.a) }`, '{"a": "x.y"}', "{}"],
  [`r if { ${conflict}; glob.match("a.*", ["."], input.a) }`, '{"a": "a.y"}', failed],
  [`f(v) := 1 if { ${conflict}; v == 1 }\nf(v) := 2 if { ${conflict}; v == 2 }\nr := f(3)`, "{}", "{}"],
  [`r := 1 if { ${conflict}; input.a == 1 } else := 2 if { input.b } else := 3`, "{}", '{"r":3}'],
  [`r contains 1 if { ${conflict}; input.a == 1 }`, "{}", '{"r":[]}'],
  [`r[x] := 1 if { ${conflict}; input.a == 1 }`, "{}", '{"r":{}}'],
  [`r.a[x] := 1 if { ${conflict}; input.a == 1 }`, "{}", '{"r":{"a":{}}}'],
  [`r if { ${conflict}; data.a.b == 2 }`, '{"a": {"b": 1}}', "{}"],
  // What no index looks up: members of any key, and other rules.
  [`r if { ${conflict}; data.a.c[_] }`, '{"a": {"b": 1}}', failed],
  [`r if { ${conflict}; s == 1 }\ns := 1 if { input.a }`, "{}", failed],
  // The first of several that holds, in the order of the index.
  [`r if { input.b == 2; ${conflict} }\nr if { input.a == 1 }`, '{"a": 1, "b": 2}', '{"r":true}'],
  [`r if { ${conflict} }\nr if { input.a == 1 }`, '{"a": 1, "b": 2}', failed],
];

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

for (const [rules, documents, answer] of cases) {
  test(`${rules} with ${documents}`, () => {
    const { policy } = compile([{ file: "p", text: `package p\n\n${rules}` }]);
    const answers = (["generated", "interpreter"] as const).map((evaluator) => {
      const [input, data] = [parseJson(documents), parseJson(documents)];
      try {
        return jsonText(policy?.evaluate("p", { input, data, effects, evaluator }) ?? null);
      } catch (error) {
        if (error instanceof EvaluationError) return error.code;
        throw error;
      }
    });
    deepEqual(answers, [answer, answer]);
  });
}
