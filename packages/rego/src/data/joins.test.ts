import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { standardBuiltins } from "../builtins/all.ts";
import { compile, type EvaluateOptions, type RegoPolicy } from "../engine.ts";
import { findJoins } from "../plan/joins/find.ts";
import { EvaluationError } from "../run/errors.ts";
import type { Join } from "../run/ir.ts";
import { equal } from "../value/collection.ts";
import { jsonText, parseJson } from "../value/json.ts";
import type { JsonObject, Value } from "../value/value.ts";
import { JoinIndex } from "./join-index.ts";
import { StoreError } from "./path.ts";
import type { DataSnapshot } from "./snapshot.ts";
import { DataStore, type DataTransaction } from "./store.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

function policyOf(text: string): RegoPolicy {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: `package p\n${functions}\n${text}` }]);
  assert.deepEqual(diagnostics, []);
  return policy as RegoPolicy;
}

const functions = `
joined(o) := concat(",", sort(o.hosts))
kind_of(o) := "none" if o.kind == ""
kind_of(o) := o.kind if o.kind != ""
either(o) := o.a
either(o) := o.b
same(a, b) if a.hosts == b.hosts
named(o) if kind_of(o) != "none"
`;

/** What an index must keep to be sound: each has rules, or a test of its own name. */
const soundness = {
  store: "base data changes through the store alone",
  shape: "an index answers loops over base data that compare with what is known before them",
  equality: "an index finds what Rego takes for equal, and nothing else is left out",
  errors: "no round is left out that could fail or conflict",
  undefined: "rounds without a value, with one several times, and in arrays come as the loop runs them",
  with: "what replaces data is looked through itself",
  maintenance: "a write derives anew what lies at its path",
  random: "with an index the answers are those of plain data, whatever was written",
} as const;

/** Each rule x, with how many joins it must have: 0 where leaving out rounds could be noticed. */
const rules: { readonly [rule in keyof typeof soundness]?: readonly (readonly [joins: number, text: string])[] } = {
  shape: [
    [1, "x contains [ns, n] if data.b.o[ns][n].spec.rules[_].host == input.v"],
    [1, "x := [n | some n; some host in data.b.o.a[n].hosts; host == input.v]"],
    [1, "x := [n | input.v in data.b.o[_][n].hosts]"],
    [2, "x := [n | o := data.b.o[_][n]; o.kind == data.b.list[_]]"],
    [1, "x contains [v, n] if { some v in input.vs; o := data.b.o[_][n]; o.spec.port == v }"],
    [1, "x := [ns | data.b.o[ns][n]; n == input.v]"],
    [0, "x := [o | o := data.b.o[input.v][_]; o.kind == input.v]"],
    [1, "x contains n if { o := data.b.o[_][n]; not named(o); joined(o) == input.v }"],
    [1, "x contains n if { o := data.b.o[_][n]; key := joined(o); input.v == key }"],
    [1, 'x contains n if { o := data.b.o[_][n]; lower(o.kind) == "a" }'],
    [1, "x contains k if { some k, n; data.b.o[k][n].spec.port == 1 }"],
    [1, "x contains n if { o := data.b.o[_][n]; o.hosts[0] == input.v }"],
    [1, "x if not missing\nmissing if { some v in input.vs; data.b.list[_] == v }"],
    [1, "x if every v in input.vs { data.b.list[_] == v }"],
    [1, "x := {n: 1 | some o in data.b.o; o[n].kind == input.v}"],
    [2, "x := [[n, m] | data.b.o[_][n].kind == input.v; data.b.o[_][m].hosts[_] == n]"],
    [0, "x contains n if { o := data.b.o[_][n]; o.kind == o.spec.port }"],
    [0, "x contains n if { o := data.b.o[_][n]; o.kind != input.v }"],
    [0, "x contains n if { o := made[n]; o.kind == input.v }\nmade[n] := o if o := data.b.o[_][n]"],
    [0, "x contains n if { data.p.made[n].kind == input.v }\nmade[n] := o if o := data.b.o.a[n]"],
  ],
  equality: [
    [1, "x contains n if data.b.list[n] == input.v"],
    [1, 'x contains n if { wanted := [{"host": input.v}]; data.b.o[_][n].spec.rules == wanted }'],
    [1, 'x contains n if { wanted := {"a": input.v, "b": 1.0}; data.b.o[_][n] == wanted }'],
  ],
  errors: [
    [0, "x contains n if { o := data.b.o[_][n]; either(o) != 7; o.kind == input.v }"],
    [0, 'x contains n if { o := data.b.o[_][n]; uuid.rfc4122(n) != ""; o.kind == input.v }'],
    [1, 'x contains n if { o := data.b.o[_][n]; regex.match("^[ab]", n); o.hosts[_] == input.v; not same(o, input) }'],
    [1, "x contains n if { o := data.b.o[_][n]; count(o.kind) > 0; o.hosts[_] == input.v }"],
  ],
  undefined: [
    [1, "x := [[ns, n, i] | data.b.o[ns][n].spec.rules[i].host == input.v]"],
    [1, "x := [[ns, n, i] | data.b.o[ns][n].spec.rules[i].host == input.vs[_]]"],
    [1, "x := [[n, i] | data.b.o[_][n].spec.rules[_].host == input.vs[i]; input.vs[i] != 1]"],
    [0, "x := [[n, i] | o := data.b.o[_][n]; some i, v in input.vs; o.hosts[i] == v]"],
    [1, "x := [n | data.b.o[_][n].hosts[_] == input.v]"],
    [1, "x := count([n | data.b.o[_][n].spec.rules[_].host == input.v])"],
  ],
  with: [
    [1, 'y := [n | data.b.o[_][n].kind == input.v]\nx := [y, z] if z := y with data.b.o.a as {"b": {"kind": input.v}}'],
    [1, "y := [n | data.b.o[_][n].kind == input.v]\nx := [y, z] if z := y with data.b as {}"],
    [1, "y := [n | data.b.o[_][n].kind == input.v]\nx := [y, z] if z := y with data.c as 1"],
    [1, "y := [n | data.b.o[_][n].kind == input.v]\nx := [y, z] if z := y with input.v as 1"],
    [2, "y := [n | lower(data.b.o[_][n].kind) == input.v]\nx := [y, z] if z := y with lower as upper"],
  ],
};

const scalars: readonly Value[] = [1, "1", "a", "b", "", "a,b", null, true, 1.5, [1], { kind: "a" }];
const scalar = fc.constantFrom(...scalars);
const key = fc.constantFrom("a", "b", "c", "__proto__");
const object = (entries: fc.Arbitrary<Value>) => fc.dictionary(key, entries, { maxKeys: 3 }) as fc.Arbitrary<Value>;

const item: fc.Arbitrary<Value> = fc.oneof(
  {
    weight: 5,
    arbitrary: record({ kind: scalar, hosts: fc.oneof(fc.array(scalar, { maxLength: 3 }), object(scalar)) }),
  },
  {
    weight: 5,
    arbitrary: record({ spec: record({ rules: fc.array(record({ host: scalar }), { maxLength: 3 }), port: scalar }) }),
  },
  { weight: 2, arbitrary: record({ a: scalar, b: scalar, kind: scalar }) },
  scalar,
);

function record(fields: { [name: string]: fc.Arbitrary<Value> }): fc.Arbitrary<Value> {
  return fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<Value>;
}

const documents: readonly [path: string, value: fc.Arbitrary<Value>][] = [
  ["", record({ b: record({ o: object(object(item)), list: fc.array(scalar, { maxLength: 4 }) }) })],
  ["b", record({ o: object(object(item)), list: fc.array(scalar) })],
  ["b/o", object(object(item))],
  ["b/o/a", object(item)],
  ["b/o/a/b", item],
  ["b/o/c/__proto__", item],
  ["b/o/a/b/hosts", fc.array(scalar)],
  ["b/o/a/b/hosts/0", scalar],
  ["b/o/a/b/spec/rules", fc.array(record({ host: scalar }))],
  ["b/o/a/b/spec/rules/0/host", scalar],
  ["b/list/0", scalar],
  ["b/list/-", scalar],
  ["c", scalar],
];

interface Write {
  readonly op: "add" | "put" | "remove" | "replace";
  readonly path: readonly string[];
  readonly value: Value;
}

const write: fc.Arbitrary<Write> = fc.constantFrom(...documents).chain(([path, value]) =>
  fc.record({
    op: fc.constantFrom("put", "put", "add", "replace", "remove") as fc.Arbitrary<Write["op"]>,
    path: fc.constant(path === "" ? [] : path.split("/")),
    value,
  }),
);

/** One that cannot be is as if it was not there. */
function apply(transaction: DataTransaction, { op, path, value }: Write): void {
  try {
    if (op === "put") transaction.put(path, value);
    else if (op === "remove") transaction.remove(path);
    else transaction.patch(path.slice(0, -1), [{ op, path: path.slice(-1), value }]);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}

function answer(policy: RegoPolicy, options: Omit<EvaluateOptions, "effects">): string {
  try {
    const value = policy.evaluate("p/x", { effects, ...options });
    return value === undefined ? "undefined" : jsonText(value);
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

const policies = Object.entries(rules).flatMap(([rule, cases]) =>
  cases.map(([joins, text]) => ({
    rule: soundness[rule as keyof typeof soundness],
    joins,
    text,
    policy: policyOf(text),
  })),
);

for (const { rule, joins, text, policy } of policies) {
  const what = joins === 0 ? "all rounds are run" : "an index answers";
  test(`${rule}: ${what}: ${text.split("\n").at(-1)}`, () => {
    assert.equal(findJoins(policy.plan("p/x"), standardBuiltins).joins?.length ?? 0, joins);
  });
}

test(soundness.store, () => {
  const given = { b: { list: ["a", "b"] } };
  const store = new DataStore({ root: given });
  const policy = policyOf("x contains n if data.b.list[n] == input.v");
  const ask = (data: DataSnapshot): string => answer(policy, { input: { v: "b" }, data });
  const before = store.snapshot;
  assert.equal(ask(before), "[1]");
  given.b.list.push("b");
  assert.throws(() => (before.root as typeof given).b.list.push("b"), TypeError);
  assert.equal(ask(store.snapshot), "[1]");
  store.write((transaction) => transaction.put(["b", "list", "0"], "b"));
  assert.equal(ask(store.snapshot), "[0,1]");
  assert.equal(ask(before), "[1]");
});

test(soundness.equality, () => {
  const texts = [
    "1",
    "1.0",
    "10e-1",
    '"1"',
    "null",
    "false",
    "0",
    "-0",
    '""',
    "[]",
    "{}",
    "[1]",
    "[1.0]",
    '["1"]',
    "[[1]]",
  ];
  const more = [
    '{"a": 1}',
    '{"a": 1.0}',
    '{"1": 1}',
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0",
    "1e400",
    "0.1",
  ];
  const values = [...texts, ...more].map(parseJson);
  const policy = policyOf("x contains n if data.b.list[n] == input.v");
  const store = new DataStore({ root: { b: { list: values } } });
  for (const v of values) {
    const options = { input: { v } };
    const found = answer(policy, { ...options, data: store.snapshot });
    assert.equal(found, answer(policy, { ...options, data: { b: { list: values } } }));
    assert.equal(found, jsonText(values.flatMap((each, at) => (equal(each, v) ? [at] : []))));
  }
  assert.deepEqual(store.snapshot.indexes.sizes, [values.length]);
});

test(soundness.maintenance, () => {
  const policy = policyOf("x contains n if { o := data.b.o[_][n]; joined(o) == input.v }");
  const [join] = findJoins(policy.plan("p/x"), standardBuiltins).joins ?? [];
  const hosts = new Map(Array.from({ length: 1_000 }, (_, i) => [`n${i}`, [`h${i}`]]));
  const documentOf = (): Value => ({
    a: Object.fromEntries([...hosts].map(([name, each]) => [name, { hosts: each }])),
  });
  let derived = 0;
  const compute = (value: Value): Value => {
    derived++;
    return jsonText(value);
  };
  const index = new JoinIndex(join as Join, documentOf(), compute, 10_000);
  const find = (host: string) => index.find([jsonText({ hosts: [host] })]).map((binding) => binding[1]);
  assert.deepEqual([derived, find("h7"), find("h8")], [1_000, ["n7"], ["n8"]]);
  hosts.set("n7", ["h8"]).set("more", ["h9"]);
  hosts.delete("n9");
  index.follow(documentOf(), [
    ["a", "n7", "hosts", "0"],
    ["a", "more"],
    ["a", "n9"],
  ]);
  assert.deepEqual([find("h7"), find("h8"), find("h9")], [[], ["n7", "n8"], ["more"]]);
  // Of n7 what it was and what it is, of the others the one that there is.
  assert.equal(derived - 1_000, 4);
});

test(soundness.random, () => {
  const commits = fc.array(fc.array(write, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 6 });
  const input = fc.record({
    v: scalar,
    vs: fc.array(scalar, { maxLength: 3 }),
    hosts: fc.array(scalar, { maxLength: 2 }),
  });
  fc.assert(
    fc.property(commits, input, fc.boolean(), (writes, value, strictBuiltinErrors) => {
      const store = new DataStore();
      const old: [DataSnapshot, Value][] = [];
      for (const each of writes) {
        store.write((transaction) => each.forEach((one) => void apply(transaction, one)));
        old.push([store.snapshot, structuredClone(store.snapshot.root)]);
        for (const { policy, text } of policies) {
          const options = { input: value as JsonObject, strictBuiltinErrors };
          const plain = answer(policy, { ...options, data: structuredClone(store.snapshot.root) });
          for (const evaluator of ["generated", "interpreter"] as const)
            assert.equal(
              answer(policy, { ...options, data: store.snapshot, evaluator }),
              plain,
              `${evaluator}: ${text}`,
            );
        }
      }
      for (const [snapshot, copy] of old) assert.deepEqual(snapshot.root, copy);
      const [first] = old[0] as [DataSnapshot, Value];
      for (const { policy } of policies.slice(0, 3))
        assert.equal(answer(policy, { input: value, data: first }), answer(policy, { input: value, data: first.root }));
    }),
    { numRuns: 150 },
  );
});

test("an index that would be too large is not made, and the answer is the same", () => {
  const root = { b: { list: ["a", "b", "c"] } };
  const store = new DataStore({ root, limits: { maxBindings: 2 } });
  const policy = policyOf("x contains n if data.b.list[n] == input.v");
  const options = { input: { v: "b" }, data: store.snapshot };
  assert.equal(answer(policy, options), "[1]");
  assert.deepEqual(store.snapshot.indexes.sizes, []);
});

test("an index is shared by policies that ask the same, and follows writes", () => {
  const store = new DataStore({ root: { b: { o: { a: { b: { hosts: ["b", "a"] } } } } } });
  const rule = "x contains n if { o := data.b.o[_][n]; joined(o) == input.v }";
  for (const comment of ["", "# another policy\n"])
    assert.equal(answer(policyOf(comment + rule), { input: { v: "a,b" }, data: store.snapshot }), '["b"]');
  store.write((transaction) => transaction.put(["b", "o", "a", "c"], { hosts: ["a", "b"] }));
  store.write((transaction) => transaction.remove(["b", "o", "a", "b"]));
  assert.deepEqual(store.snapshot.indexes.sizes, [1]);
  assert.equal(answer(policyOf(rule), { input: { v: "a,b" }, data: store.snapshot }), '["c"]');
});
