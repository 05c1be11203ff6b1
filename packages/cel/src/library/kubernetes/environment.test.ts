import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, Program } from "../../program.ts";
import { activationOf } from "../../run/state.ts";
import { valueFromJson } from "../../value/json.ts";
import { ListValue, Optional, type Value } from "../../value/value.ts";
import { AUTHORIZER_TYPE, type AuthorizationQuestion, AuthorizerValue } from "./authorizer.ts";
import { kubernetesEnvironment } from "./environment.ts";
import { jsonFromMutation, mutation, typeNameFaults } from "./mutation.ts";

const asked: AuthorizationQuestion[] = [];
const authorizer = new AuthorizerValue((question) => {
  asked.push(question);
  return { allowed: question.verb === "get", reason: "because" };
});

const environment = kubernetesEnvironment().extend({
  libraries: [mutation],
  variables: { s: { kind: "string" }, il: { kind: "list", element: { kind: "int" } }, authorizer: AUTHORIZER_TYPE },
});
const activation = activationOf({ s: "hello world and more text", il: valueFromJson([1, 2, 3]), authorizer });

function evaluate(expression: string): ReturnType<Program["evaluate"]> {
  const program = compile(expression, environment);
  assert.ok(program instanceof Program, program instanceof Program ? "" : program.message);
  return program.evaluate(activation);
}

/** Values as a table can write them: lists as arrays, the value of an optional, or `none`. */
function plain(value: Value): unknown {
  if (value instanceof ListValue) return [...value].map(plain);
  if (value instanceof Optional) return value.value === undefined ? "none" : plain(value.value);
  return value;
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const noQuantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

const cases: readonly (readonly [expression: string, outcome: unknown, cost: number])[] = [
  ["[1, 2, 2].isSorted()", true, 3],
  ["[2, 1].isSorted()", false, 2],
  ["dyn([[1]]).isSorted()", "no such overload: isSorted(list)", 1],
  ["[3, 1].min()", 1n, 2],
  ["[].max()", "max called on empty list", 0],
  ["[1.5, 2.5].sum()", 4, 2],
  ["[].sum()", 0n, 0],
  ["[duration('1m'), duration('2m')].sum() == duration('3m')", true, 3],
  ["[1, 2, 1].lastIndexOf(1)", 2n, 3],
  ["il.indexOf(2)", 1n, 4],
  ["s.find('[a-z]+')", "hello", 7],
  ["s.findAll('o.', 2)", ["o ", "or"], 4],
  ["s.replace('l', 'L')", "heLLo worLd and more text", 6],
  ["s.split(' ').size()", 5n, 7],
  ["s.substring(2)", "llo world and more text", 4],
  ["'%s %d'.format([s, il[0]])", "hello world and more text 1", 14],
  ["sets.contains([1, 2], [1])", true, 3],
  ["sets.equivalent(il, il)", true, 21],
  ["il.slice(0, 2)", [1n, 2n], 14],
  ["il.distinct()", [1n, 2n, 3n], 30],
  ["il.sortBy(i, -i)", [3n, 2n, 1n], 75],
  ["lists.range(3)", [0n, 1n, 2n], 14],
  ["il.first()", 1n, 2],
  ["quantity('1Gi').isGreaterThan(quantity('1Mi'))", true, 3],
  ["quantity('1000m').isInteger()", false, 2],
  ["quantity('1.5Ki').isInteger()", false, 2],
  ["quantity('1k').asInteger()", 1000n, 2],
  ["quantity('1.3Gi').asInteger()", "cannot convert value to integer", 2],
  ["quantity('abc')", noQuantity, 1],
  ["quantity('1Gi') == quantity('1024Mi')", true, 3],
  ["sign(quantity('-1'))", -1n, 2],
  ["quantity('200M').asApproximateFloat()", 200000000, 2],
  ["quantity('10Ei') == quantity('9223372036854775807')", true, 4],
  ["quantity('9223372036854775808').add(quantity('1073741824.75')).asApproximateFloat()", 9.22337203792852e18, 6],
  ["ip('::1').family()", 6n, 2],
  ["string(ip('2001:0DB8::0:1'))", "2001:db8::1", 3],
  [
    "ip('01.2.3.4')",
    'IP Address "01.2.3.4" parse error during conversion from string: ParseAddr("01.2.3.4"): IPv4 field has octet with leading zero',
    1,
  ],
  ["ip('::ffff:1.2.3.4')", 'IPv4-mapped IPv6 address "::ffff:1.2.3.4" is not allowed', 2],
  ["ip('fe80::1%en0')", 'IP address "fe80::1%en0" with zone value is not allowed', 2],
  ["ip.isCanonical('2001:DB8::1')", false, 3],
  ["cidr('10.0.0.0/8').containsIP('10.1.1.1')", true, 3],
  ["cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", true, 6],
  ["string(cidr('10.0.0.1/8').masked())", "10.0.0.0/8", 3],
  [
    "cidr('x')",
    "network address parse error during conversion from string: network address parse error during conversion from string: netip.ParsePrefix(\"x\"): no '/'",
    1,
  ],
  ["url('http://[::1]:80/a%20b?x=1&x=2&y#f').getQuery()['x']", ["1", "2"], 7],
  ["url('http://[::1]:80/a%20b').getEscapedPath()", "/a%20b", 4],
  ["url('http://[::1]:80/').getHostname()", "::1", 3],
  ["url('http://[::1]:80/').getPort()", "80", 3],
  ["url('a')", 'URL parse error during conversion from string: parse "a": invalid URI for request', 1],
  [
    "url('http://a b/')",
    'URL parse error during conversion from string: parse "http://a b/": invalid character " " in host name',
    2,
  ],
  ["isURL('mailto:a@b')", true, 1],
  ["isURL('../x')", false, 1],
  ["format.dns1123Label().validate('abc')", "none", 9],
  ["format.dns1123Label().validate('A_').value()", [label], 10],
  ["format.dns1123LabelPrefix().validate('a.b').value()", ["must not contain dots"], 10],
  ["format.dns1123LabelPrefix().validate('abc-').hasValue()", false, 10],
  ["format.uri().validate('a').value()", ['parse "a": invalid URI for request'], 278],
  ["format.uuid().validate('a').value()", ["does not match the UUID format"], 20],
  ["format.named('uri').hasValue()", true, 2],
  ["semver('1.2.3').major()", 1n, 2],
  ["semver('1.2')", "No Major.Minor.Patch elements found", 1],
  ["semver('v1.2', true).patch()", 0n, 2],
  ["semver('1.2.3-alpha.1').compareTo(semver('1.2.3-alpha.2'))", -1n, 5],
  ["authorizer.group('apps').resource('deployments').namespace('web').check('get').allowed()", true, 350005],
  ["authorizer.path('').check('get').allowed()", "path must not be empty", 350003],
  ["jsonpatch.escapeKey('a/b~c')", "a~1b~0c", 1],
];

for (const [expression, outcome, cost] of cases) {
  test(`Kubernetes' value and cost of ${expression}`, () => {
    const found = evaluate(expression);
    assert.deepEqual(["value" in found ? plain(found.value) : found.error, found.cost], [outcome, cost]);
  });
}

test("an authorizer is asked for what the expression says", () => {
  asked.length = 0;
  evaluate(
    "authorizer.serviceAccount('web', 'app').group('').resource('pods').subresource('log').name('a').check('list').allowed()",
  );
  const question = { verb: "list", group: "", resource: "pods", subresource: "log", name: "a" };
  assert.deepEqual(asked, [{ ...question, serviceAccount: { namespace: "web", name: "app" } }]);
});

test("an apply configuration and a patch become JSON", () => {
  const object = evaluate("Object{spec: Object.spec{replicas: 2, template: {'a': ['b']}}}");
  assert.ok("value" in object);
  assert.deepEqual(jsonFromMutation(object.value), { spec: { replicas: 2, template: { a: ["b"] } } });
  assert.deepEqual(typeNameFaults(object.value), []);
  const patch = evaluate("[JSONPatch{op: 'add', path: '/a', value: {'b': 1}}]");
  assert.ok("value" in patch);
  assert.deepEqual(jsonFromMutation(patch.value), [{ op: "add", path: "/a", value: { b: 1 } }]);
});

test("type names that are not the field's path are told", () => {
  const object = evaluate("Object{spec: Object.status{}}");
  assert.ok("value" in object);
  assert.deepEqual(typeNameFaults(object.value), [
    'unexpected type name "Object.status", expected "Object.spec", which matches field name path from root Object type',
  ]);
});

test("older versions have fewer libraries", () => {
  const program = compile("quantity('1')", kubernetesEnvironment(27));
  assert.ok(!(program instanceof Program));
  assert.match(program.message, /undeclared reference to 'quantity'/);
});
