import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, type Evaluator } from "../engine.ts";
import { EvaluationError } from "../run/errors.ts";
import { jsonText, parseJson } from "../value/json.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
const evaluators: readonly Evaluator[] = ["interpreter", "generated"];

/** The bindings of a query over modules that are split by `package`, or the error's code and text. */
function ask(modules: string, query: string, data: string, evaluator: Evaluator): readonly string[] {
  const sources = modules.split(/^(?=package )/m).map((text, i) => ({ file: `${i}.rego`, text }));
  const { policy, diagnostics } = compile(sources);
  assert.deepEqual(diagnostics, []);
  const input = parseJson('{"a": 1, "list": [1, 2], "ks": ["m"]}');
  try {
    return (policy?.query(query, { effects, evaluator, input, data: parseJson(data) }) ?? []).map(jsonText);
  } catch (error) {
    assert.ok(error instanceof EvaluationError, String(error));
    return [`${error.code}: ${error.message}`];
  }
}

/** Enough definitions, each for one word, that they are looked up by the word. */
function manyRules(write: (word: string, i: number) => string): string {
  return `package p\n${["a", "b", "c", "d", "e", "f", "g", "h"].map(write).join("\n")}\n`;
}

type Case = readonly [modules: string, query: string, ...bindings: string[]];

const cases: { readonly [what: string]: readonly Case[] } = {
  "unification takes values apart": [
    ["package p", "[x, [y, 3]] = [1, [2, 3]]", '{"x":1,"y":2}'],
    ["package p", '{"a": x, "b": [y]} = {"b": [2], "a": 1}', '{"x":1,"y":2}'],
    ["package p", "[x, 1] = [2, 3]"],
    ["package p", "[1] = input.list"],
    ["package p", '[x, [y]] = [[y], ["z"]]', '{"x":["z"],"y":"z"}'],
    ["package p", "x = input.list[i]", '{"i":0,"x":1}', '{"i":1,"x":2}'],
    ["package p", 'k = "a"; v = 1; {k: 1} = {"a": v}', '{"k":"a","v":1}'],
  ],
  "else, default and early exit": [
    ["package p\na := 1 if input.b\nelse := 2 if input.a == 1\nelse := 3", "data.p.a = x", '{"x":2}'],
    ["package p\ndefault d := 0\nd := 1 if input.b", "data.p.d = x", '{"x":0}'],
    ["package p\nf(x) := 1 if x > 1\nelse := 2", "x = [data.p.f(2), data.p.f(1)]", '{"x":[1,2]}'],
    ["package p\ndefault f(_) := 9\nf(1) := 2", "x = [data.p.f(1), data.p.f(7)]", '{"x":[2,9]}'],
    ["package p\nt if input.list[_] > 0\nt if input.b", "data.p.t = x", '{"x":true}'],
  ],
  "outputs that differ are conflicts": [
    [
      "package p\na := 1\na := 2 if input.a",
      "data.p.a",
      "eval_conflict_error: complete rules must not produce multiple outputs",
    ],
    [
      "package p\nf(x) := x\nf(x) := 2 if x",
      "data.p.f(1)",
      "eval_conflict_error: functions must not produce multiple outputs for same inputs",
    ],
    [
      'package p\no["k"] := v if some v in [1, 2]',
      "data.p.o",
      "eval_conflict_error: complete rules must not produce multiple outputs",
    ],
    ["package p\no[1] := v if some v in [1, 2]", "data.p.o[1]", "eval_conflict_error: object keys must be unique"],
    [
      'package p\no[q].r := {"s": 1} if q := "q"\no.q.r.t := 2',
      "data.p.o",
      "eval_conflict_error: object keys must be unique",
    ],
  ],
  "one entry of a partial rule": [
    ["package p\no[k] := v if v := data.big[k]", 'data.p.o["a"] = x', '{"x":{"on":true}}'],
    ["package p\no[k] := v if v := data.big[k]", 'data.p.o["z"] = x'],
    ["package p\ns contains k if data.big[k].on", 'x = [y | y := data.p.s[["a", "b"][_]]]', '{"x":["a"]}'],
    ['package p\ns contains k if data.big[k].on\ns contains "c"', 'data.p.s["c"] = x', '{"x":"c"}'],
    ["package p\ns contains k if data.big[k].on", "data.p.s[x]", '{"x":"a"}'],
  ],
  "rules with variables in their path": [
    [
      "package p\no[a][b] := 1 if { a := input.list[_]; b := a + 1 }",
      "data.p.o = x",
      '{"x":{"1":{"2":1},"2":{"3":1}}}',
    ],
    [
      "package p\no[a] contains a if a := input.list[_]\no.c contains 7",
      "data.p.o = x",
      '{"x":{"1":[1],"2":[2],"c":[7]}}',
    ],
    ['package p\no.a.b := 1\no[k].c := 2 if k := "a"', "data.p.o = x", '{"x":{"a":{"b":1,"c":2}}}'],
    ["package p\no[1].a.b := 1 if input.b", "data.p.o = x", '{"x":{"1":{"a":{}}}}'],
    [
      "package p\no[1].a contains 1 if input.b\no[2][x] := 1 if input.b[x]",
      "data.p.o = x",
      '{"x":{"1":{"a":[]},"2":{}}}',
    ],
    ["package p\no[1].a := 1 if input.b\no[x].b := 2 if input.b[x]", "data.p.o = x", '{"x":{}}'],
  ],
  "references across packages evaluate what they name": [
    [
      "package main\nr[n] := data.lib[n].v\npackage lib.a\nv := 1\npackage lib.c\nv := 3\nw := count(data.main.r)",
      "data.main.r = x",
      '{"x":{"a":1,"c":3}}',
    ],
    ["package main\nr := data.lib[input.ks[0]].v\npackage lib.m\nv := 1", "data.main.r = x", '{"x":1}'],
    ["package lib.m\nv := 1", "data.lib = x", '{"x":{"b":{"v":2},"m":{"v":1,"w":4}}}'],
    ["package lib.m\nv := 1", 'k = "b"; data.lib[k].v = x', '{"k":"b","x":2}'],
    ["package lib.m\nv := 1", 'k = "m"; data.lib[k].w = x', '{"k":"m","x":4}'],
    ["package empty.e", "data.empty = x", '{"x":{"e":{}}}'],
    ["package p\nf.g(x) := x\nv := f.g(1)", "data.p = x", '{"x":{"f":{},"v":1}}'],
  ],
  "data.system is no part of data, but can be named, and met where it has rules": [
    ["package p", "x := [k | some k; data[k].kept]", '{"x":[]}'],
    ["package system.s\nv := 1", "x := [k | some k; data[k].kept]", '{"x":["system"]}'],
    ["package p", "data.system.kept = x", '{"x":1}'],
    ["package system.s\nv := 1", 'x := {k | object.keys(data)[k]; k == "system"}', '{"x":[]}'],
    ["package p", 'x := {k | object.keys(data)[k]; k == "system"} with data.system.a as 1', '{"x":["system"]}'],
    ["package p", 'x := object.keys(data) with data as {"system": 1}', '{"x":["system"]}'],
    ["package system.s\nv := 1", "x := [k | some k; data[k].s]", '{"x":["system"]}'],
    ["package system.s\nv := 1", 'k := "system"; x := data[k].s', '{"k":"system","x":{"v":1}}'],
    ["package system.s\nv := 1", "data.system = x", '{"x":{"kept":1,"s":{"v":1}}}'],
  ],
  "a rule whose value may be anything can be called": [
    ["package p\na := input.a\nb := a()\nt if a()", "data.p = x", '{"x":{"a":1,"b":1,"t":true}}'],
    ["package p\na := input.b\nt if a()", "data.p = x", '{"x":{}}'],
  ],
  "functions of packages with dots in their names": [
    [
      'package main\nr := [data.l["a.b"].f(0), data.l.a.b.f(0)]\npackage l["a.b"]\nf(_) := 1\npackage l.a.b\nf(_) := 2',
      "data.main.r = x",
      '{"x":[1,2]}',
    ],
  ],
  "with replaces documents and functions": [
    ["package p\na := input.a", 'x = data.p.a with input as {"a": 2}; y = data.p.a', '{"x":2,"y":1}'],
    ["package p\na := data.big.z", "x = data.p.a with data.big.z as 5", '{"x":5}'],
    ["package p\na := 1\nb := a", "x = data.p.b with data.p.a as 7", '{"x":7}'],
    ["package p\na := count([1])", "x = data.p.a with count as 4; y = data.p.a", '{"x":4,"y":1}'],
    ["package p\nf(x) := 9\na := count([1])", "x = data.p.a with count as data.p.f", '{"x":9}'],
    ["package p\nf(x) := count(x) + 1\na := count([1])", "x = data.p.a with count as data.p.f", '{"x":2}'],
    ["package p\na := count([1])", "v = input.a; x = data.p.a with count as v", '{"v":1,"x":1}'],
    ["package p", "x = input.list[_] with input.list as [8, 9]; y = input.a", '{"x":8,"y":1}', '{"x":9,"y":1}'],
    ["package p", "v = input.a; x = count(data) with count as v; y = input.list[0]", '{"v":1,"x":1,"y":1}'],
  ],
  "not, every and comprehensions": [
    ["package p", "not input.b; x = 1", '{"x":1}'],
    ["package p\nimport future.keywords.not\nt if not { x = input.list[_]; x > 2 }", "data.p.t = x", '{"x":true}'],
    ["package p\nimport future.keywords.not\nt if not { x = input.list[_]; x > 1 }", "data.p.t = x"],
    ['package p\nt if not {"a": 1} = {input.ks[0]: 1}', "data.p.t = x", '{"x":true}'],
    ["package p\nt if every x in [1, 2] { x > 0 }", "data.p.t = x", '{"x":true}'],
    ["package p\nt if every x in [1, 2] { x > 1 }", "data.p.t = x"],
    ["package p\nt if every x in {} { x > 1 }", "data.p.t = x", '{"x":true}'],
    ['package p\nt if every x in "ab" { x }', "data.p.t = x"],
    ['package p\nt if every k, v in {"k": 1} { v == 1; k == "k" }', "data.p.t = x", '{"x":true}'],
    ["package p", "x = {y: z | y = input.list[z]}", '{"x":{"1":0,"2":1}}'],
    ["package p", "walk([1], [path, 1])", '{"path":[0]}'],
  ],
  "comprehensions out of an index": [
    ["package p\nr := [x | some a in [1, 2, 3]; x := [i | input.list[i] = a]]", "data.p.r = x", '{"x":[[0],[1],[]]}'],
    [
      'package p\nr := [x | some a in [1, 2]; some b in [0, 9]; x := {"k" | input.list[i] = a; i = b}]',
      "data.p.r = x",
      '{"x":[["k"],[],[],[]]}',
    ],
    [
      "package p\nf(a) := [i | input.list[i] = a]\nr := [f(1), f(5)]",
      'x = data.p.r; y = data.p.r with input as {"list": [5, 5]}',
      '{"x":[[0],[]],"y":[[],[0,1]]}',
    ],
  ],
  "definitions that are looked up by a string": [
    [manyRules((word, i) => `f("${word}", x) := x + ${i}`), 'x = data.p.f("c", 1)', '{"x":3}'],
    [manyRules((word, i) => `f("${word}", x) := x + ${i}`), 'x = data.p.f("zz", 1)'],
    [manyRules((word, i) => `f("${word}", x) := x + ${i}`), "x = data.p.f(input.list, 1)"],
    [
      `${manyRules((word) => `a if input.k == "${word}"`)}a if input.b`,
      'x = data.p.a with input.k as "h"',
      '{"x":true}',
    ],
    [`${manyRules((word) => `a if input.k == "${word}"`)}a if input.b`, "x = data.p.a with input.b as 1", '{"x":true}'],
    [`${manyRules((word) => `a if input.k == "${word}"`)}default a := 0`, "x = data.p.a with input.k as 1", '{"x":0}'],
    [
      `${manyRules((word) => `s contains x if { input.k == "${word}"; x := ["${word}", 1][_] }`)}s contains 2`,
      'x = data.p.s with input.k as "b"',
      '{"x":[1,2,"b"]}',
    ],
    [
      `${manyRules((word, i) => `a := ${i} if input.k == "${word}"`)}a := 7 if input.k == "a"`,
      'x = data.p.a with input.k as "a"',
      "eval_conflict_error: complete rules must not produce multiple outputs",
    ],
  ],
  "numbers in references to base data are also names": [
    ["package p", "data.nums[2] = x", '{"x":"two"}'],
    ["package p", "data.list[1] = x", '{"x":"b"}'],
  ],
};

const data =
  '{"system":{"kept":1},"big":{"a":{"on":true},"b":{"on":false}},"lib":{"b":{"v":2},"m":{"w":4}},"nums":{"2":"two"},"list":["a","b"]}';

for (const [what, rows] of Object.entries(cases)) {
  test(what, () => {
    for (const [modules, query, ...bindings] of rows) {
      for (const evaluator of evaluators) {
        const own = modules.startsWith("package lib") || !modules.includes("package lib") ? data : "{}";
        assert.deepEqual(ask(modules, query, own, evaluator), bindings, `${evaluator}: ${query}\n${modules}`);
      }
    }
  });
}
