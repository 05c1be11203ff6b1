import { equal } from "node:assert/strict";
import { test } from "node:test";
import { compile, Program } from "../../program.ts";
import { activationOf } from "../../run/state.ts";
import { kubernetesEnvironment } from "./environment.ts";

// What a real kube-apiserver answered, where cel-spec says nothing or something else.

const environment = kubernetesEnvironment();

/** The text that an expression comes to, or the fault that it ends with. */
function said(expression: string): string {
  const program = compile(expression, environment);
  if (!(program instanceof Program)) return program.message.split("\n")[0] as string;
  if (program.instantiationFault !== undefined) return program.instantiationFault;
  const outcome = program.evaluate(activationOf({}));
  return "error" in outcome ? outcome.error : String(outcome.value);
}

const cases: readonly (readonly [expression: string, said: string])[] = [
  ["{1: 2, 1: 3}[1]", "3"],
  ["string(timestamp('2024-01-01T2:00:00Z'))", "2024-01-01T02:00:00Z"],
  ["{1.5: 'a'}.size()", "1"],
  ["dyn(1).all(k, v, true)", "unsupported comprehension range type: types.Int"],
  ["dyn(1).flatten()", "no such overload: int.flatten()"],
  ["dyn({'a': 1}).sort()", "no such overload: sort"],
  ["[null].sort()", "list elements must be comparable"],
  ["string(1073741824.0)", "1.073741824e+09"],
  ["string(999999.9)", "999999.9"],
  ['string(double("1_0"))', "10"],
  ['string(double("0x1p-2"))', "0.25"],
  ['string(double("_1"))', "type conversion error from 'string' to 'double'"],
  [
    '"%s".format([[1, "a", b"x", duration("1s"), 1.5, null, {"b": 1, "a": string}]])',
    '[1, "a", b"x", duration("1s"), 1.500000, null, {"a":string, "b":1}]',
  ],
  ['"%.2f %.0f %f".format([1234567.0, 2.5, -0.0])', "1,234,567.00 2 0.000000"],
  ['"%e|%f".format([-0.0001234, double("inf")])', "-1.234000×10⁻⁰⁴|∞"],
  ['"%.2f %e".format([0.0, double("inf")])', "0.00      ∞"],
  [
    '"%d".format([1.5])',
    "ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given double",
  ],
  ['"%s %".format([1])', "ERROR: <input>:1:14: unexpected end of string"],
  [
    '"%.x".format([1])',
    'ERROR: <input>:1:13: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
  ],
  ['string("tacocat".indexOf("a", 30))', "-1"],
  ['string("tacocat".lastIndexOf("", -3))', "index out of range: -3"],
  ['string(duration("123.321s").getMilliseconds())', "123321"],
  ['string(duration("100ns"))', "0.0000001s"],
  ['string(duration("2540400h") + duration("2540400h"))', "integer overflow"],
  ['string(timestamp("2023-08-21T12:34:56+05:30") + duration("1h"))', "2023-08-21T13:34:56+05:30"],
  ['string(timestamp("2024-01-01T00:00:00Z").getHours("2:00"))', "2"],
  ["string(timestamp(253402300800))", "ERROR: <input>:1:18: invalid timestamp argument"],
  [
    "string([1 / 0].distinct().size())",
    "internal error: interface conversion: *types.Err is not traits.Lister: missing method Add",
  ],
  ["string(lists.range(-1).size())", "lists.range: size must be non-negative, got -1"],
  ['string(semver("1.2.3-01").major())', 'Numeric PreRelease version must not contain leading zeroes "01"'],
  [
    'string(semver("1.99999999999999999999.1").major())',
    'strconv.ParseUint: parsing "99999999999999999999": value out of range',
  ],
  ['string(quantity("12E").asApproximateFloat())', "1.2e+19"],
  ['string(quantity("1Ki").sub(quantity("0.1u")).asApproximateFloat())', "1023.9999998999999"],
  ['string(quantity("9223372036854775807").isInteger())', "false"],
  ['string(quantity("1").add(0) == quantity("1"))', "true"],
  ['string(quantity("1") == quantity("1").add(0))', "no such overload"],
  [
    'string(ip("1:::2"))',
    'IP Address "1:::2" parse error during conversion from string: ParseAddr("1:::2"): each colon-separated field must have at least one digit (at ":2")',
  ],
  ['string(ip("::ffff:0:1.2.3.4"))', "::ffff:0:102:304"],
  ['string(cidr("10.0.0.0/8").containsIP("1.2.3"))', "no such overload"],
  [
    'url("http://a%20b/").getHost()',
    'URL parse error during conversion from string: parse "http://a%20b/": invalid URL escape "%20"',
  ],
  ["'x\"y'.findAll('(x)?y*').join('|')", "x|y"],
  [
    "string(true ? {1: 2} : f)",
    "ERROR: <input>:1:7: found no matching overload for 'string' applied to '(map(int, int))'",
  ],
  ["size(f) + 'a'", "ERROR: <input>:1:6: undeclared reference to 'f' (in container '')"],
  ["f(1)", "ERROR: <input>:1:2: undeclared reference to 'f' (in container '')"],
  ["-duration('1s')", "ERROR: <input>:1:1: found no matching overload for '-_' applied to '(duration)'"],
  ["[(- )]", "ERROR: <input>:1:5: Syntax error: no viable alternative at input '- )'"],
  ["-", "ERROR: <input>:1:2: Syntax error: no viable alternative at input '-'"],
  ["--!true", "ERROR: <input>:1:3: Syntax error: no viable alternative at input '-!'"],
  ["!-a.b", "ERROR: <input>:1:3: Syntax error: no viable alternative at input '-a'"],
  ["!-1", "ERROR: <input>:1:1: found no matching overload for '!_' applied to '(int)'"],
  [
    "(!)",
    "ERROR: <input>:1:3: Syntax error: extraneous input ')' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
  ],
  ["((1, 2))", "ERROR: <input>:1:4: Syntax error: mismatched input ',' expecting ')'"],
  ["size((1, 2))", "ERROR: <input>:1:8: Syntax error: missing ')' at ','"],
  ["size('a']))", "ERROR: <input>:1:9: Syntax error: extraneous input ']' expecting ')'"],
];

for (const [expression, wanted] of cases) test(expression, () => equal(said(expression), wanted));
