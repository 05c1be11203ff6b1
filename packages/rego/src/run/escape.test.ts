import { deepEqual, equal, ok } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { PlanFile } from "../plan-file.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { Value } from "../value/value.ts";
import { PlanError } from "./decode.ts";
import { EvaluationError } from "./errors.ts";

// Tries to get out of the generated code: by texts of policies in every place that reaches it, and by plans in which anything was changed.

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

const act = "globalThis.escaped = true";
const texts = [
  `"; ${act}; "`,
  `'; ${act}; '`,
  `\`; ${act}; \``,
  `$\{${act}}`,
  `\\"; ${act}; //`,
  `\\u0022; ${act}; //`,
  `\n${act}\n`,
  `\r${act}\r`,
  `\u2028${act}\u2028`,
  `\u2029${act}\u2029`,
  `*/ ${act} /*`,
  `--> ${act}`,
  `<!-- ${act}`,
  `]; ${act}; [`,
  `}; ${act}; {`,
  `)); ${act}; ((`,
  `: ${act}; case 1`,
  `__proto__`,
  `\ud800"; ${act}`.slice(1),
  `\0"; ${act}`,
];

/** T stands for the text, U for the same with more behind it. */
const rules = `
default d := T
default f(_) := T
e := 1 if input.none == T
else := T
f(T) := U
f([T, k1]) := k1 if k1 == U
f({T: k1}) := k1
g("a") := T
g("b") := U
g("c") := {T, U}
g("d") := [T, U]
h := f(T)
i := f([T, U])
j := f({T: U})
k := [g(k1) | some k1 in ["a", "b", "c", "d"]]
l if T in {T, U, "x", "y", "z"}
m := k1 if k1 := input[T][U] with input as {T: {U: T}}
n := k1 if k1 := data.q[T][U] with data.q as {T: {U: T}}
o[T][k1].p := U if some k1 in [T, U]
q contains T if T != U
s := {T: U}[T]
t := k1 if {T: k1} = {T: U}
u := [k1, k2] if [T, k1, {U: k2}] = [T, U, {U: T}]
v if { every k1, k2 in {T: U} { k1 == T; k2 == U } }
w := sprintf(T, [U])
x := concat(T, [U, U])
y if not input[T] == U
z := count({k1: 1 | some k1 in [T, U, T]})
aa if startswith(U, T)
ab if glob.match(T, [U], T)
ac := regex.replace(U, "a", T)
ad if regex.match(T, U)
ae := json.unmarshal(json.marshal({T: U}))
af := object.get({T: {U: 1}}, [T, U], T)
ag := walked if { [path, walked] := walk({T: U}); path == [T] }
ah := T if input.never
else := U if input.x[T]
else := T
ai := $"{T} and {U}{input.x[T]}"
aj := k1 if k1 := concat(T, [U]) with concat as replacing
ak := k1 if k1 := g(U) with g as T
al := k1 if k1 := imported with imported as {U: T}
replacing(_, k1) := {T: k1}
# METADATA
# title: T
# description: U
# custom: {T: [U]}
am := [rego.metadata.rule(), rego.metadata.chain()]
an[1e400] := -0.0
ao := {1: T, "1": U, 1.0: [T], "01": U, "-1": T, "4294967295": U, "1e3": T}
ap[k1] := k2 if some k1, k2 in ao
aq := json.patch({}, [{"op": "add", "path": [T], "value": U}])
ar := [k1 | some k1 in [T, U]; k1 in {T, U}; not k1 in {"a", "b", "c"}]
`;

/** Also behind a number sign, where YAML reads it. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

for (const text of texts) {
  test(`${JSON.stringify(text)} stays a text`, () => {
    const [one, other] = [quoted(text), quoted(`${text}!`)];
    const module = `package p[${one}]\nimport data.q[${one}] as imported\n${rules.replaceAll(/\bT\b/g, () => one).replaceAll(/\bU\b/g, () => other)}`;
    const { policy, diagnostics } = compile([{ file: text.replaceAll("\0", ""), text: module }]);
    deepEqual(diagnostics, []);
    const options = { input: parseJson(`{"x": {${one}: ${other}}}`), data: parseJson(`{"q": {${one}: {}}}`), effects };
    const [generated, interpreted] = (["generated", "interpreter"] as const).map((evaluator) =>
      jsonText(policy?.evaluate("p", { ...options, evaluator }) ?? null),
    );
    equal(generated, interpreted);
    ok((generated as string).includes(JSON.stringify(`${text}!`)));
    equal("escaped" in globalThis, false);
  });
}

const planned = `package p

default allow := false

allow if { input.user == "ann"; not denied; f(input.x, 3) > 1 }

denied if input.roles[_] == data.banned[_]

f(a, b) := a + b

all := {"s": {x | some x in input.roles}, "o": {x: [y] | some x, y in input.roles}, "n": 12345678901234567890, "t": $"{input.user}!"}

main := k1 if k1 := [allow, all] with input.user as "bob"
`;

/** Each place of a tree where something else may stand. */
function* places(json: unknown, path: readonly (string | number)[] = []): Iterable<readonly (string | number)[]> {
  if (typeof json === "object" && json !== null)
    for (const [key, item] of Object.entries(json)) yield* places(item, [...path, key]);
  else yield path;
}

function changed(json: unknown, [key, ...rest]: readonly (string | number)[], value: unknown): unknown {
  if (key === undefined) return value;
  const copy: Record<string | number, unknown> = Array.isArray(json) ? ([...json] as never) : { ...(json as object) };
  copy[key] = changed(copy[key], rest, value);
  return copy;
}

const forged: readonly unknown[] = [
  act,
  `0; ${act}; //`,
  `"; ${act}; "`,
  { toString: act, valueOf: act },
  [act],
  1e21,
  -1,
  0.5,
  null,
];

test("nothing that a plan holds becomes code", () => {
  const { policy } = compile([{ file: "p.rego", text: planned }]);
  const plan = JSON.parse(policy?.planJson(["p/main"]) ?? "") as unknown;
  const input: Value = { user: "ann", roles: ["a", "b"], x: 1 };
  let [refused, answered] = [0, 0];
  for (const place of places(plan))
    for (const value of forged) {
      const json = changed(plan, place, value);
      try {
        const file = new PlanFile(json);
        for (const entryPoint of file.entryPoints)
          file.evaluate(entryPoint, { input, data: { banned: [] }, effects, limits: { steps: 10_000 } });
        answered++;
      } catch (error) {
        ok(error instanceof PlanError || error instanceof EvaluationError, `${place.join(".")}: ${error}`);
        refused++;
      }
      equal("escaped" in globalThis, false, place.join("."));
    }
  ok(refused > 1_000 && answered > 100, `${refused} refused, ${answered} answered`);
});
