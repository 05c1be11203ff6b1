import { equal } from "node:assert/strict";
import { test } from "node:test";
import { isKnownDifference } from "./errors-known.ts";

const undeclared = (name: string) => `{"code":"rego_compile_error","message":"var ${name} is undeclared"}`;
const arguments_ = '{"code":"rego_type_error","message":"minus: invalid argument(s)"}';
const undefined_ = '{"code":"rego_type_error","message":"undefined function data.a.q"}';
const rootUnsafe = (name: string) => `{"code":"rego_unsafe_var_error","message":"var ${name} is unsafe"}`;
const placed = (row: number) =>
  `{"code":"rego_type_error","location":{"col":5,"file":"p","row":${row}},"message":"minus: invalid argument(s)"}`;
const syntax = '{"code":"rego_parse_error","message":"unexpected eof token"}';

const cases: readonly (readonly [string, readonly string[], readonly string[], boolean])[] = [
  ["p if not {1}", [syntax], [], true],
  ["p if set()", [syntax], [], true],
  ["p if {1}", [syntax], [], false],
  ["", [undeclared("y"), undeclared("y"), undeclared("x")], [undeclared("y")], true],
  ["", [undeclared("x")], [undeclared("y")], false],
  ["", [undeclared("x")], [], false],
  ["", [arguments_, undefined_], [arguments_], true],
  ["", [undefined_], [], false],
  ["", [arguments_, syntax], [arguments_], false],
  ["", [rootUnsafe("input"), rootUnsafe("data"), arguments_], [arguments_], true],
  ["", [rootUnsafe("x")], [], false],
  ["", [arguments_], [placed(1)], true],
  ["", [placed(2)], [placed(1)], false],
  ["", [arguments_, syntax], [placed(1), undefined_], false],
];

for (const [source, opa, sallyport, known] of cases)
  test(`known or not: ${source} ${opa.length} of OPA, ${sallyport.length} of ours`, () =>
    equal(isKnownDifference(source, opa, sallyport), known));
