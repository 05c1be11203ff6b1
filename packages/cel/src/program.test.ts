import assert from "node:assert/strict";
import { test } from "node:test";
import { Environment } from "./check/environment.ts";
import { extensionLibraries, standardLibraries } from "./library/all.ts";
import { kubernetesEnvironment } from "./library/kubernetes/environment.ts";
import { compile, Program } from "./program.ts";
import { activationOf } from "./run/state.ts";
import { valueFromJson } from "./value/json.ts";

const environment = new Environment({
  libraries: [...standardLibraries, ...extensionLibraries],
  homogeneousLiterals: true,
  literalChecks: true,
  variables: {
    x: { kind: "int" },
    b: { kind: "bool" },
    s: { kind: "string" },
    il: { kind: "list", element: { kind: "int" } },
    object: { kind: "dyn" },
  },
});

const kubernetes = kubernetesEnvironment().extend({ variables: { big: { kind: "string" } } });

const document = { a: { b: { c: 1 } }, l: [1, 2, 3], m: { k: "v" } };
const activation = activationOf({
  x: 5n,
  b: true,
  s: "hello world and more text",
  il: valueFromJson([1, 2, 3]),
  object: valueFromJson(document),
});

const faults: readonly (readonly [expression: string, message: string | RegExp])[] = [
  ["1 + foo", "ERROR: <input>:1:5: undeclared reference to 'foo' (in container '')\n | 1 + foo\n | ....^"],
  [
    "1 + 'a'",
    "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'\n | 1 + 'a'\n | ..^",
  ],
  [
    "s.startsWith(1)",
    "ERROR: <input>:1:13: found no matching overload for 'startsWith' applied to 'string.(int)'\n | s.startsWith(1)\n | ............^",
  ],
  ["a b", "ERROR: <input>:1:3: Syntax error: extraneous input 'b' expecting <EOF>\n | a b\n | ..^"],
  ["[1, 'a']", "ERROR: <input>:1:5: expected type 'int' but found 'string'\n | [1, 'a']\n | ....^"],
  ["x.y", "ERROR: <input>:1:2: type 'int' does not support field selection\n | x.y\n | .^"],
  ["[1,2", "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {']', ','}\n | [1,2\n | ....^"],
  ["x ? 1", "ERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting ':'\n | x ? 1\n | .....^"],
  ["il.all(i, 1)", "ERROR: <input>:1:11: expected type 'bool' but found 'int'\n | il.all(i, 1)\n | ..........^"],
  ["il.all(x.y, true)", "ERROR: <input>:1:9: argument must be a simple name\n | il.all(x.y, true)\n | ........^"],
  ["has(x)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(x)\n | ....^"],
  ["for", "ERROR: <input>:1:1: reserved identifier: for\n | for\n | ^"],
  ["[1].existsOne(i, true)", /undeclared reference to 'existsOne'[\s\S]*undeclared reference to 'i'/],
  ["il.all(as, true)", /1:8: reserved identifier: as\n[\s\S]*1:8: argument must be a simple name/],
  ["'\\q'", /1:1: Syntax error: token recognition error at: ''\\q'/],
  ["'\\u12'", /1:1: Syntax error: token recognition error at: ''\\u12''/],
  ["rb'a'", /1:3: Syntax error: extraneous input ''a'' expecting <EOF>/],
  ["{'a': 1}.sortBy(i, i)", /1:1: sortBy can only be applied to a list, identifier/],
  ["x + [)", /1:6: Syntax error: mismatched input '\)' expecting \{'\[', '\]', '\{', '\(', '\.', ',',/],
  ["9223372036854775808", "ERROR: <input>:1:1: invalid int literal\n | 9223372036854775808\n | ^"],
  ["s.matches('(')", "ERROR: <input>:1:11: invalid matches argument\n | s.matches('(')\n | ..........^"],
  [
    "x = 1",
    "ERROR: <input>:1:3: Syntax error: token recognition error at: '= '\n | x = 1\n | ..^\nERROR: <input>:1:5: Syntax error: extraneous input '1' expecting <EOF>\n | x = 1\n | ....^",
  ],
  [
    "s.all(c, true)",
    "ERROR: <input>:1:1: expression of type 'string' cannot be range of a comprehension (must be list, map, or dynamic)\n | s.all(c, true)\n | ^",
  ],
  [
    "zz.y.z + ww",
    "ERROR: <input>:1:1: undeclared reference to 'zz' (in container '')\n | zz.y.z + ww\n | ^\nERROR: <input>:1:10: undeclared reference to 'ww' (in container '')\n | zz.y.z + ww\n | .........^",
  ],
];

for (const [expression, message] of faults) {
  test(`faults of ${expression}`, () => {
    const program = compile(expression, environment);
    const told = program instanceof Program ? "no fault" : program.message;
    if (typeof message === "string") assert.equal(told, message);
    else assert.match(told, message);
  });
}

const outcomes: readonly (readonly [expression: string, outcome: unknown, cost: number])[] = [
  ["x", 5n, 1],
  ["object.a.b.c", 1n, 4],
  ["b ? x : 6", 5n, 1],
  ["(b ? object.a : object.m).b.c", 1n, 4],
  ["has(object.a.b)", true, 2],
  ["has(object.zz.b)", "no such key: zz", 1],
  ["object.zz", "no such key: zz", 2],
  ["[1,2][0]", 1n, 2],
  ["[x][0]", 5n, 13],
  ["object.l[il[0]]", 2n, 4],
  ["il.all(i, i > 0)", true, 17],
  ["il.exists(i, i == 3)", true, 20],
  ["il.exists_one(i, i == 3)", true, 11],
  ["il.map(i, i + 1).size()", 3n, 45],
  ["il.filter(i, i > 1).size()", 2n, 35],
  ["x in [1,2,3]", false, 1],
  ["x in il", false, 5],
  ["s.contains('text')", true, 4],
  ["s.matches('h.*o')", true, 4],
  ["s == 'hello'", false, 2],
  ["object.?zz.?b.hasValue()", false, 2],
  ["object.?zz.orValue(3)", 3n, 1],
  ["type(x) == int", true, 3],
  ["timestamp('2020-01-01T00:00:00Z').getFullYear()", 2020n, 1],
  ["optional.of(1).optMap(v, v + 1).value()", 2n, 8],
  ["{'a': 1}.transformMap(k, v, v + 1).a", 2n, 8],
  ["il.all(i, object.zz == 1)", "no such key: zz", 20],
  ["size([object.zz])", "no such key: zz", 13],
  ["{'a': object.zz}", "no such key: zz", 32],
  ["dyn(1).all(i, true)", "got 'types.Int', expected iterable type", 0],
  ["dyn(x) + 'a'", "no such overload", 3],
  ["dyn(b) + 'a'", "no such overload: _+_", 3],
  ["1/0", "division by zero", 1],
  ["il[7]", "index out of bounds: 7", 2],
  ["9223372036854775807 + 1", "integer overflow", 1],
  ["object.a == 1 || true", true, 3],
  ["{'a-b': x}.`a-b`", 5n, 33],
  ["[,].size() + {,}.size()", 0n, 3],
  ["dyn(1) && 1/0 > 0", "no such overload", 2],
  ["x < 0.0/0.0", "NaN values cannot be ordered", 3],
  ["[1][dyn(0.5)]", "unsupported index value 0.5 in list", 2],
  ["{1: 2, 1: 3}[1]", "insert failed: key 1 already exists", 1],
  ["optional.ofNonZeroValue(timestamp(0)).hasValue()", true, 2],
  ["timestamp(0).getHours('Asia/kolkata')", "unknown time zone Asia/kolkata", 1],
  ["'%s %d %.1f'.format(dyn([1e21, 0.5, -0.0]))", "1000000000000000000000 0.5 -0.0", 1],
  ["string(math.sign(-0.0))", "0", 2],
];

for (const [expression, outcome, cost] of outcomes) {
  test(`value and cost of ${expression}`, () => {
    const program = compile(expression, environment);
    assert.ok(program instanceof Program, program instanceof Program ? "" : program.message);
    const found = program.evaluate(activation);
    assert.deepEqual(["value" in found ? found.value : found.error, found.cost], [outcome, cost]);
  });
}

const instantiations: readonly (readonly [expression: string, fault: string | undefined])[] = [
  ["true || int('a') == 1", "type conversion error from 'string' to 'int'"],
  ["b || uint(-1) == 1u", "unsigned integer overflow"],
  ["b || string(dyn({})) == ''", "no such overload: string(map)"],
  ["b || string(dyn({'a': s})) == ''", undefined],
  ["int('1') == 1", undefined],
  ["int(s) == 1", undefined],
];

for (const [expression, fault] of instantiations) {
  test(`what can only fail is told of ${expression}`, () => {
    const program = compile(expression, environment);
    assert.ok(program instanceof Program);
    assert.equal(program.instantiationFault, fault);
  });
}

test("a result that outgrows the machine is a fault", () => {
  const doubled = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0].map(i, s).map(i, i + i)";
  const program = compile(
    `cel.bind(t, ${doubled}[0], ${"(t + ".repeat(30)}t${")".repeat(30)}).size() > 0`,
    environment,
  );
  assert.ok(program instanceof Program);
  assert.ok("value" in program.evaluate(activation));
  const text = compile("big.replace('', big)", kubernetes);
  assert.ok(text instanceof Program);
  const outcome = text.evaluate(activationOf({ big: "x".repeat(100_000) }));
  assert.equal("error" in outcome ? outcome.error : "no fault", "replace makes a text of more than 67108864 letters");
});

const formats: readonly (readonly [expression: string, fault: string])[] = [
  ["'%q'.format([1])", 'could not parse formatting clause: unrecognized formatting clause "q"'],
  ["'%d'.format([])", "index 0 out of range"],
  ["'%%'.format([1])", "too many arguments supplied to string.format (expected 0, got 1)"],
];

for (const [expression, fault] of formats) {
  test(`a literal format is checked at once: ${expression}`, () => {
    const program = compile(expression, kubernetes);
    assert.deepEqual(program instanceof Program ? [] : program.faults, [
      { line: 1, column: expression.indexOf("(["), message: fault },
    ]);
  });
}

test("a budget ends an evaluation, whatever absorbs faults", () => {
  const program = compile("il.all(i, i > 0) || true", environment);
  assert.ok(program instanceof Program);
  const found = program.evaluate(activation, 10);
  assert.ok("error" in found && found.isBudgetExceeded);
  assert.equal(found.error, "operation cancelled: actual cost limit exceeded");
});
