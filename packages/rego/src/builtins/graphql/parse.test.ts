import { equal } from "node:assert/strict";
import { test } from "node:test";
import { answerOf } from "../answer.ts";
import { graphql } from "./graphql.ts";

// Documents, good and broken. Each answer is what `opa eval` 1.19 gives, or the error that it shows.

const cases: readonly [kind: "query" | "schema", text: string, answer: string][] = [
  ["schema", "schema { foo: Q } type Q { a: Int }", 'Unexpected Name "foo" in GraphQL string at location 1:10'],
  [
    "schema",
    "schema { ' } ",
    "Unexpected single quote character ('), did you mean to use a double quote (\")? in GraphQL string at location 1:10",
  ],
  ["schema", 'schema { "x": Q }', 'Unexpected String "x" in GraphQL string at location 1:11'],
  ["schema", "schema { }", "expected at least one definition, found } in GraphQL string at location 1:10"],
  ["schema", "extend schema", "Unexpected <EOF> in GraphQL string at location 1:14"],
  ["schema", "directive @a on NOPE", 'Unexpected Name "NOPE" in GraphQL string at location 1:17'],
  ["schema", "directive @a on FIELD |", "Expected Name, found <EOF> in GraphQL string at location 1:24"],
  ["schema", "directive @a", 'Expected "on", found <EOF> in GraphQL string at location 1:13'],
  ["schema", "directive a on FIELD", "Expected @, found Name in GraphQL string at location 1:11"],
  ["schema", "type", "Expected Name, found <EOF> in GraphQL string at location 1:5"],
  ["schema", "type {", "Expected Name, found { in GraphQL string at location 1:6"],
  ["schema", "type A {", "Expected Name, found <EOF> in GraphQL string at location 1:9"],
  ["schema", "type A { }", "expected at least one definition, found } in GraphQL string at location 1:10"],
  ["schema", "type A { a }", "Expected :, found } in GraphQL string at location 1:12"],
  ["schema", "type A { a: }", "Expected Name, found } in GraphQL string at location 1:13"],
  ["schema", "type A { a: [Int }", "Expected ], found } in GraphQL string at location 1:18"],
  ["schema", "type A { a: Int! ! }", "Expected Name, found ! in GraphQL string at location 1:18"],
  ["schema", "type A { a(): Int }", "expected at least one definition, found ) in GraphQL string at location 1:12"],
  ["schema", "type A { a(x: Int = $v): Int }", "Unexpected $ in GraphQL string at location 1:21"],
  ["schema", "type A implements { a: Int }", "Expected Name, found { in GraphQL string at location 1:19"],
  ["schema", "type A implements I J { a: Int }", 'Unexpected Name "J" in GraphQL string at location 1:21'],
  ["schema", "foo", 'Unexpected Name "foo" in GraphQL string at location 1:1'],
  ["schema", '"d"', "Unexpected <EOF> in GraphQL string at location 1:4"],
  ["schema", '"d" foo', 'Unexpected Name "foo" in GraphQL string at location 1:5'],
  ["schema", '"d" extend type A { a: Int }', 'Unexpected String "d" in GraphQL string at location 1:2'],
  ["schema", "extend", "Unexpected <EOF> in GraphQL string at location 1:7"],
  ["schema", "extend foo", 'Unexpected Name "foo" in GraphQL string at location 1:8'],
  ["schema", 'extend "type" A { a: Int }', 'Expected "type", found String "type" in GraphQL string at location 1:9'],
  ["schema", "extend interface A implements B", 'Unexpected Name "implements" in GraphQL string at location 1:20'],
  ["schema", "extend type A @a(x: $v)", "Unexpected $ in GraphQL string at location 1:21"],
  ["schema", "extend union A =", "Expected Name, found <EOF> in GraphQL string at location 1:17"],
  ["schema", "union A = |", "Expected Name, found <EOF> in GraphQL string at location 1:12"],
  ["schema", "{ a }", "Unexpected { in GraphQL string at location 1:1"],
  ["schema", "type A { a: Int } ...", "Unexpected ... in GraphQL string at location 1:19"],
  ["schema", "type A { 'x': Int }", "Expected Name, found <Invalid> in GraphQL string at location 1:10"],
  ["schema", "type A { a: Int = 3 }", "Expected Name, found = in GraphQL string at location 1:17"],
  ["schema", "input A { a(x: Int): Int }", "Expected :, found ( in GraphQL string at location 1:12"],
  [
    "schema",
    "# c1\n# c2\ntype A { # c3\n a: Int # c4\n # c5\n}\n# end",
    '{"Comment":{"List":[{"Value":"# end"}]},"Definitions":[{"AfterDescriptionComment":{"List":[{"Value":"# c1"},{"Value":"# c2"}]},"BuiltIn":false,"Description":"","EndOfDefinitionComment":{"List":[{"Value":"# c4"},{"Value":"# c5"}]},"Fields":[{"AfterDescriptionComment":{"List":[{"Value":"# c3"}]},"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    '# c\n"d" # e\ntype A { # f\n "g" # h\n a(# i\n "j" # k\n b: Int # l\n): Int # m\n}',
    '{"Definitions":[{"AfterDescriptionComment":{"List":[{"Value":"# e"}]},"BeforeDescriptionComment":{"List":[{"Value":"# c"}]},"BuiltIn":false,"Description":"d","EndOfDefinitionComment":{"List":[{"Value":"# m"}]},"Fields":[{"AfterDescriptionComment":{"List":[{"Value":"# h"}]},"Arguments":[{"AfterDescriptionComment":{"List":[{"Value":"# k"}]},"BeforeDescriptionComment":{"List":[{"Value":"# i"}]},"Description":"j","Name":"b","Type":{"NamedType":"Int","NonNull":false}}],"BeforeDescriptionComment":{"List":[{"Value":"# f"}]},"Description":"g","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  ["schema", "# x", '{"Comment":{"List":[{"Value":"# x"}]}}'],
  [
    "schema",
    '"""\n  block\n    more\n\n  """ type A { a: Int }',
    '{"Definitions":[{"BuiltIn":false,"Description":"block\\n  more","Fields":[{"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    '""" one\n  two""" type A { a: Int }',
    '{"Definitions":[{"BuiltIn":false,"Description":" one\\n two","Fields":[{"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    '"a\\u0041\\n\\t\\\\\\/" type A { a: Int }',
    '{"Definitions":[{"BuiltIn":false,"Description":"aA\\n\\t\\\\/","Fields":[{"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    '"""a \\""" b""" type A { a: Int }',
    '{"Definitions":[{"BuiltIn":false,"Description":"a \\"\\"\\" b","Fields":[{"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    '""""q"""" type A { a: Int }',
    '{"Definitions":[{"BuiltIn":false,"Description":"\\"q\\"","Fields":[{"Description":"","Name":"a","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  ["schema", '"\\x" type A { a: Int }', "Unexpected <Invalid> in GraphQL string at location 1:3"],
  ["schema", '"\\u12" type', "Unexpected <Invalid> in GraphQL string at location 1:3"],
  ["schema", '"unterminated', "Unexpected <Invalid> in GraphQL string at location 1:14"],
  ["schema", '"a\nb" type A', "Unexpected <Invalid> in GraphQL string at location 1:3"],
  ["schema", '"""unterminated', "Unexpected <Invalid> in GraphQL string at location 1:16"],
  ["schema", '"bad \u0001" type A', "Unexpected <Invalid> in GraphQL string at location 1:6"],
  ["schema", "type A { a: Int }\r\n\r\ntype B { a }", "Expected :, found } in GraphQL string at location 3:13"],
  ["schema", "﻿type A { a: é }", "Expected Name, found <Invalid> in GraphQL string at location 1:14"],
  ["schema", "é", "Unexpected <Invalid> in GraphQL string at location 1:1"],
  ["schema", "type A { a(x: Int = 01): Int }", "Unexpected <Invalid> in GraphQL string at location 1:22"],
  ["schema", "type A { a(x: Float = 1.): Int }", "Unexpected <Invalid> in GraphQL string at location 1:25"],
  ["schema", "type A { a(x: Float = 1e): Int }", "Unexpected <Invalid> in GraphQL string at location 1:25"],
  ["schema", "type A { a(x: Float = -): Int }", "Unexpected <Invalid> in GraphQL string at location 1:24"],
  ["schema", ".. type", "Unexpected <Invalid> in GraphQL string at location 1:1"],
  [
    "schema",
    "schema { 'x' }",
    "Unexpected single quote character ('), did you mean to use a double quote (\")? in GraphQL string at location 1:10",
  ],
  ["schema", "schema { 01 }", 'Invalid number, unexpected digit after 0: "1". in GraphQL string at location 1:11'],
  ["schema", "schema { 1. }", 'Invalid number, expected digit but got: " ". in GraphQL string at location 1:12'],
  ["schema", "schema { 1ex }", 'Invalid number, expected digit but got: "x". in GraphQL string at location 1:12'],
  ["schema", 'schema { "a\\q" }', "Invalid character escape sequence: \\q. in GraphQL string at location 1:13"],
  [
    "schema",
    'schema { "a\\u00g0aaaa" }',
    "Invalid character escape sequence: \\u00g0. in GraphQL string at location 1:13",
  ],
  ["schema", 'schema { "a }', "Unterminated string. in GraphQL string at location 1:14"],
  ["schema", 'schema { """a }', "Unterminated string. in GraphQL string at location 1:16"],
  ["schema", "schema { é }", 'Cannot parse the unexpected character "Ã". in GraphQL string at location 1:10'],
  ["schema", "schema { . }", 'Cannot parse the unexpected character ".". in GraphQL string at location 1:10'],
  ["schema", "schema { -x }", 'Invalid number, expected digit but got: "x". in GraphQL string at location 1:11'],
  ["schema", 'schema { "a\u0002" }', 'Invalid character within String: "\\u0002". in GraphQL string at location 1:12'],
  [
    "schema",
    'schema { """a\u0002""" }',
    'Invalid character within String: "\\u0002". in GraphQL string at location 1:14',
  ],
  ["schema", "schema { \u0003 }", 'Cannot contain the invalid character "\\u0003" in GraphQL string at location 1:10'],
  ["schema", 'schema { "\\', "Invalid character escape sequence. in GraphQL string at location 1:12"],
  ["schema", 'schema { "\\u12', "Invalid character escape sequence: \\u12. in GraphQL string at location 1:12"],
  [
    "schema",
    "# c\nschema # d\n{ # e\n query: Q # f\n}",
    '{"Schema":[{"AfterDescriptionComment":{"List":[{"Value":"# c"}]},"Description":"","EndOfDefinitionComment":{"List":[{"Value":"# f"}]},"OperationTypes":[{"Comment":{"List":[{"Value":"# e"}]},"Operation":"query","Type":"Q"}]}]}',
  ],
  [
    "schema",
    "# c\nextend # d\ntype A # e\n @b { x: Int # g\n }",
    '{"Extensions":[{"AfterDescriptionComment":{"List":[{"Value":"# c"}]},"BuiltIn":false,"Description":"","Directives":[{"Location":"","Name":"b"}],"EndOfDefinitionComment":{"List":[{"Value":"# g"}]},"Fields":[{"Description":"","Name":"x","Type":{"NamedType":"Int","NonNull":false}}],"Kind":"OBJECT","Name":"A"}]}',
  ],
  [
    "schema",
    "# c\ndirective # d\n@a(# e\n x: Int) # f\n on FIELD",
    '{"Directives":[{"AfterDescriptionComment":{"List":[{"Value":"# c"}]},"Arguments":[{"AfterDescriptionComment":{"List":[{"Value":"# e"}]},"Description":"","Name":"x","Type":{"NamedType":"Int","NonNull":false}}],"Description":"","IsRepeatable":false,"Locations":["FIELD"],"Name":"a"}]}',
  ],
  [
    "schema",
    "union U # c\n = # d\n A # e\n | B # f",
    '{"Comment":{"List":[{"Value":"# f"}]},"Definitions":[{"BuiltIn":false,"Description":"","Kind":"UNION","Name":"U","Types":["A","B"]}]}',
  ],
  [
    "schema",
    "enum # a\n E # b\n { # c\n A # d\n # e\n B # f\n } # g",
    '{"Comment":{"List":[{"Value":"# g"}]},"Definitions":[{"BuiltIn":false,"Description":"","EndOfDefinitionComment":{"List":[{"Value":"# f"}]},"EnumValues":[{"AfterDescriptionComment":{"List":[{"Value":"# c"}]},"Description":"","Name":"A"},{"AfterDescriptionComment":{"List":[{"Value":"# d"},{"Value":"# e"}]},"Description":"","Name":"B"}],"Kind":"ENUM","Name":"E"}]}',
  ],
  ["query", "{", "Expected Name, found <EOF> in GraphQL string at location 1:2"],
  ["query", "}", "Unexpected } in GraphQL string at location 1:1"],
  ["query", "{}", "expected at least one definition, found } in GraphQL string at location 1:2"],
  ["query", "{ a", "Expected Name, found <EOF> in GraphQL string at location 1:4"],
  ["query", "{ a }", '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}'],
  ["query", "{ a: }", "Expected Name, found } in GraphQL string at location 1:6"],
  ["query", "{ a: b }", '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"b"}]}]}'],
  ["query", "{ a: b: c }", "Expected Name, found : in GraphQL string at location 1:7"],
  ["query", "{ a() }", "expected at least one definition, found ) in GraphQL string at location 1:5"],
  ["query", "{ a(b) }", "Expected :, found ) in GraphQL string at location 1:6"],
  ["query", "{ a(b:) }", "Unexpected ) in GraphQL string at location 1:7"],
  [
    "query",
    "{ a(b: 1) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"Name":"a"}]}]}',
  ],
  ["query", "{ a(b: 1 }", "Expected Name, found } in GraphQL string at location 1:10"],
  ["query", "{ a(b: [1, 2) }", "Unexpected ) in GraphQL string at location 1:13"],
  ["query", "{ a(b: {c: 1) }", "Expected Name, found ) in GraphQL string at location 1:13"],
  ["query", "{ a(b: {c}) }", "Expected :, found } in GraphQL string at location 1:10"],
  [
    "query",
    "{ a(b: [$x, {y: $z}]) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"Children":[{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":0,"Raw":"x"}},{"Name":"","Value":{"Children":[{"Name":"y","Value":{"ExpectedTypeHasDefault":false,"Kind":0,"Raw":"z"}}],"ExpectedTypeHasDefault":false,"Kind":9,"Raw":""}}],"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}}],"Name":"a"}]}]}',
  ],
  ["query", "{ a(b: $) }", "Expected Name, found ) in GraphQL string at location 1:9"],
  ["query", "{ a(b: @) }", "Unexpected @ in GraphQL string at location 1:8"],
  ["query", "{ a @ }", "Expected Name, found } in GraphQL string at location 1:7"],
  ["query", "{ a @b( }", "Expected Name, found } in GraphQL string at location 1:9"],
  [
    "query",
    "{ a @b(c: 1) @d { e } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Directives":[{"Arguments":[{"Name":"c","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"Location":"","Name":"b"},{"Location":"","Name":"d"}],"Name":"a","SelectionSet":[{"Alias":"e","Name":"e"}]}]}]}',
  ],
  ["query", "{ ... }", "Expected {, found } in GraphQL string at location 1:7"],
  ["query", "{ ...a }", '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Name":"a"}]}]}'],
  ["query", "{ ... on }", "Expected Name, found } in GraphQL string at location 1:10"],
  ["query", "{ ... on A }", "Expected {, found } in GraphQL string at location 1:12"],
  [
    "query",
    "{ ... on A { b } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":"A"}]}]}',
  ],
  [
    "query",
    "{ ... { b } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":""}]}]}',
  ],
  [
    "query",
    "{ ... @x { b } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Directives":[{"Location":"","Name":"x"}],"SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":""}]}]}',
  ],
  [
    "query",
    "{ ... on on { b } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":"on"}]}]}',
  ],
  ["query", "{ ..a }", "Expected Name, found <Invalid> in GraphQL string at location 1:3"],
  ["query", "{ .a }", "Expected Name, found <Invalid> in GraphQL string at location 1:3"],
  ["query", "query", "Expected {, found <EOF> in GraphQL string at location 1:6"],
  ["query", "query Q", "Expected {, found <EOF> in GraphQL string at location 1:8"],
  ["query", "query Q {", "Expected Name, found <EOF> in GraphQL string at location 1:10"],
  [
    "query",
    "query Q { a }",
    '{"Operations":[{"Name":"Q","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}',
  ],
  ["query", "query Q() { a }", "expected at least one definition, found ) in GraphQL string at location 1:9"],
  ["query", "query Q($a) { a }", "Expected :, found ) in GraphQL string at location 1:11"],
  ["query", "query Q($a:) { a }", "Expected Name, found ) in GraphQL string at location 1:12"],
  [
    "query",
    "query Q($a: Int) { a }",
    '{"Operations":[{"Name":"Q","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}],"VariableDefinitions":[{"Type":{"NamedType":"Int","NonNull":false},"Used":false,"Variable":"a"}]}]}',
  ],
  ["query", "query Q($a: [Int) { a }", "Expected ], found ) in GraphQL string at location 1:17"],
  [
    "query",
    "query Q($a: [Int!]! = [1] @d) { a }",
    '{"Operations":[{"Name":"Q","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}],"VariableDefinitions":[{"DefaultValue":{"Children":[{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""},"Directives":[{"Location":"","Name":"d"}],"Type":{"Elem":{"NamedType":"Int","NonNull":true},"NamedType":"","NonNull":true},"Used":false,"Variable":"a"}]}]}',
  ],
  ["query", "query Q($a: Int = $b) { a }", "Unexpected $ in GraphQL string at location 1:19"],
  ["query", "query Q(a: Int) { a }", "Expected $, found Name in GraphQL string at location 1:9"],
  ["query", "query ($a: Int = {b: [$c]}) { a }", "Unexpected $ in GraphQL string at location 1:23"],
  [
    "query",
    "mutation M { a }",
    '{"Operations":[{"Name":"M","Operation":"mutation","SelectionSet":[{"Alias":"a","Name":"a"}]}]}',
  ],
  [
    "query",
    "subscription { a }",
    '{"Operations":[{"Name":"","Operation":"subscription","SelectionSet":[{"Alias":"a","Name":"a"}]}]}',
  ],
  ["query", "foo { a }", 'Unexpected Name "foo" in GraphQL string at location 1:1'],
  ["query", "fragment", "Expected Name, found <EOF> in GraphQL string at location 1:9"],
  ["query", "fragment F", 'Expected "on", found <EOF> in GraphQL string at location 1:11'],
  ["query", "fragment F on", "Expected Name, found <EOF> in GraphQL string at location 1:14"],
  ["query", "fragment F on A", "Expected {, found <EOF> in GraphQL string at location 1:16"],
  [
    "query",
    "fragment F on A { b }",
    '{"Fragments":[{"Name":"F","SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":"A"}]}',
  ],
  ["query", "fragment on on A { b }", 'Unexpected Name "on" in GraphQL string at location 1:10'],
  ["query", "fragment F of A { b }", 'Expected "on", found Name "of" in GraphQL string at location 1:12'],
  [
    "query",
    "fragment F($x: Int = 3) on A @d { b }",
    '{"Fragments":[{"Directives":[{"Location":"","Name":"d"}],"Name":"F","SelectionSet":[{"Alias":"b","Name":"b"}],"TypeCondition":"A","VariableDefinition":[{"DefaultValue":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"3"},"Type":{"NamedType":"Int","NonNull":false},"Used":false,"Variable":"x"}]}]}',
  ],
  ["query", "fragment F on A {}", "expected at least one definition, found } in GraphQL string at location 1:18"],
  ["query", '"a"', 'Unexpected String "a" in GraphQL string at location 1:2'],
  ["query", "1", 'Unexpected Int "1" in GraphQL string at location 1:1'],
  ["query", "$a", "Unexpected $ in GraphQL string at location 1:1"],
  ["query", '{ "a" }', "Expected Name, found String in GraphQL string at location 1:4"],
  ["query", "{ 1 }", "Expected Name, found Int in GraphQL string at location 1:3"],
  ["query", "{ a 'b' }", "Expected Name, found <Invalid> in GraphQL string at location 1:5"],
  ["query", "{ a(b: 'c') }", "Unexpected <Invalid> in GraphQL string at location 1:8"],
  ["query", '{ a(b: "c) }', "Unexpected <Invalid> in GraphQL string at location 1:13"],
  ["query", '{ a(b: "c\\") }', "Unexpected <Invalid> in GraphQL string at location 1:15"],
  [
    "query",
    '{ a(b: "\\u00e9\\uD83D\\uDE00 \\b\\f") }',
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":3,"Raw":"é�� \\b\\f"}}],"Name":"a"}]}]}',
  ],
  [
    "query",
    '{ a(b: """x\n   y\n     z""") }',
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":4,"Raw":"x\\n   y\\n     z"}}],"Name":"a"}]}]}',
  ],
  [
    "query",
    "{ a(b: 1.5e10, c: -0, d: -1.0, e: 0.5) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":2,"Raw":"1.5e10"}},{"Name":"c","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"-0"}},{"Name":"d","Value":{"ExpectedTypeHasDefault":false,"Kind":2,"Raw":"-1.0"}},{"Name":"e","Value":{"ExpectedTypeHasDefault":false,"Kind":2,"Raw":"0.5"}}],"Name":"a"}]}]}',
  ],
  ["query", "{ a(b: 00) }", "Unexpected <Invalid> in GraphQL string at location 1:9"],
  ["query", "{ a(b: 1.e) }", "Unexpected <Invalid> in GraphQL string at location 1:10"],
  [
    "query",
    "{ a(b: true, c: false, d: null, e: X, f: trueish) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":5,"Raw":"true"}},{"Name":"c","Value":{"ExpectedTypeHasDefault":false,"Kind":5,"Raw":"false"}},{"Name":"d","Value":{"ExpectedTypeHasDefault":false,"Kind":6,"Raw":"null"}},{"Name":"e","Value":{"ExpectedTypeHasDefault":false,"Kind":7,"Raw":"X"}},{"Name":"f","Value":{"ExpectedTypeHasDefault":false,"Kind":7,"Raw":"trueish"}}],"Name":"a"}]}]}',
  ],
  ["query", "# c\n{ a }", '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}'],
  [
    "query",
    "# c\nquery { a }",
    '{"Operations":[{"Comment":{"List":[{"Value":"# c"}]},"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}',
  ],
  [
    "query",
    "query # c\n Q # d\n ( # e\n $a: Int # f\n = # g\n [ # h\n 1 # i\n ] ) { # j\n a # k\n b: # l\n c # m\n ( # n\n d: # o\n { # p\n e: # q\n 1 # r\n } ) # s\n @x # t\n { # u\n ... # v\n F # w\n ... # x\n on # y\n T # z\n { a } } # end\n }",
    '{"Operations":[{"Name":"Q","Operation":"query","SelectionSet":[{"Alias":"a","Comment":{"List":[{"Value":"# j"}]},"Name":"a"},{"Alias":"b","Arguments":[{"Comment":{"List":[{"Value":"# n"}]},"Name":"d","Value":{"Children":[{"Comment":{"List":[{"Value":"# p"}]},"Name":"e","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"Comment":{"List":[{"Value":"# o"}]},"ExpectedTypeHasDefault":false,"Kind":9,"Raw":""}}],"Comment":{"List":[{"Value":"# k"}]},"Directives":[{"Location":"","Name":"x"}],"Name":"c","SelectionSet":[{"Comment":{"List":[{"Value":"# u"}]},"Name":"F"},{"Comment":{"List":[{"Value":"# w"}]},"SelectionSet":[{"Alias":"a","Name":"a"}],"TypeCondition":"T"}]}],"VariableDefinitions":[{"Comment":{"List":[{"Value":"# e"}]},"DefaultValue":{"Children":[{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"Comment":{"List":[{"Value":"# g"}]},"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""},"Type":{"NamedType":"Int","NonNull":false},"Used":false,"Variable":"a"}]}]}',
  ],
  [
    "query",
    "# f\nfragment # g\n F # h\n on # i\n A # j\n { a }",
    '{"Fragments":[{"Comment":{"List":[{"Value":"# f"}]},"Name":"F","SelectionSet":[{"Alias":"a","Name":"a"}],"TypeCondition":"A"}]}',
  ],
  ["query", "", "{}"],
  ["query", "# only", "{}"],
  [
    "query",
    "{ a } # after",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}',
  ],
  [
    "query",
    "{a,b,,c}",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"},{"Alias":"b","Name":"b"},{"Alias":"c","Name":"c"}]}]}',
  ],
  [
    "query",
    "{ a } { b }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]},{"Name":"","Operation":"query","SelectionSet":[{"Alias":"b","Name":"b"}]}]}',
  ],
  [
    "query",
    "query A { a } mutation B { b } fragment C on D { e } subscription F { g }",
    '{"Fragments":[{"Name":"C","SelectionSet":[{"Alias":"e","Name":"e"}],"TypeCondition":"D"}],"Operations":[{"Name":"A","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]},{"Name":"B","Operation":"mutation","SelectionSet":[{"Alias":"b","Name":"b"}]},{"Name":"F","Operation":"subscription","SelectionSet":[{"Alias":"g","Name":"g"}]}]}',
  ],
  [
    "query",
    "{ a(b: {}) c(d: []) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":9,"Raw":""}}],"Name":"a"},{"Alias":"c","Arguments":[{"Name":"d","Value":{"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}}],"Name":"c"}]}]}',
  ],
  [
    "query",
    "{ a(b: [[], {}, [[1]]]) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"Children":[{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}},{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":9,"Raw":""}},{"Name":"","Value":{"Children":[{"Name":"","Value":{"Children":[{"Name":"","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}}],"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}}],"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}}],"ExpectedTypeHasDefault":false,"Kind":8,"Raw":""}}],"Name":"a"}]}]}',
  ],
  [
    "query",
    "query ($a: Int, ) { a }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}],"VariableDefinitions":[{"Type":{"NamedType":"Int","NonNull":false},"Used":false,"Variable":"a"}]}]}',
  ],
  ["query", "{ a\r\n b\r c(\r\n) }", "expected at least one definition, found ) in GraphQL string at location 4:2"],
  ["query", "{ a é }", "Expected Name, found <Invalid> in GraphQL string at location 1:5"],
  ["query", "{ é }", "Expected Name, found <Invalid> in GraphQL string at location 1:3"],
  ["query", "{ a(b: é) }", "Unexpected <Invalid> in GraphQL string at location 1:8"],
  ["query", "﻿{ a }", '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Name":"a"}]}]}'],
  ["query", "{ a }\u0000", "Unexpected <Invalid> in GraphQL string at location 1:6"],
  ["query", '{ a(b: "é日本😀" c: ) }', "Unexpected ) in GraphQL string at location 1:18"],
  ["query", '{ "é" }', "Expected Name, found String in GraphQL string at location 1:4"],
  ["query", '{ a: "x" }', "Expected Name, found String in GraphQL string at location 1:7"],
  ["query", '{ a(b: """multi\nline""" c }', "Expected :, found } in GraphQL string at location 2:11"],
  [
    "query",
    "query query { query }",
    '{"Operations":[{"Name":"query","Operation":"query","SelectionSet":[{"Alias":"query","Name":"query"}]}]}',
  ],
  [
    "query",
    "query ($on: on) { on }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"on","Name":"on"}],"VariableDefinitions":[{"Type":{"NamedType":"on","NonNull":false},"Used":false,"Variable":"on"}]}]}',
  ],
  [
    "query",
    '{ a(b: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") }',
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":3,"Raw":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}}],"Name":"a"}]}]}',
  ],
  ["query", "{ a | b }", "Expected Name, found | in GraphQL string at location 1:5"],
  ["query", "{ a & b }", "Expected Name, found & in GraphQL string at location 1:5"],
  ["query", "{ a ! }", "Expected Name, found ! in GraphQL string at location 1:5"],
  ["query", "{ a = 1 }", "Expected Name, found = in GraphQL string at location 1:5"],
  ["query", "{ a : 1 }", "Expected Name, found Int in GraphQL string at location 1:7"],
  ["query", "query Q on A { b }", "Expected {, found Name in GraphQL string at location 1:9"],
  [
    "query",
    "{ ...F on A { b } }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Name":"F"},{"Alias":"on","Name":"on"},{"Alias":"A","Name":"A","SelectionSet":[{"Alias":"b","Name":"b"}]}]}]}',
  ],
  ["query", "{ ...F.x }", "Expected Name, found <Invalid> in GraphQL string at location 1:7"],
  [
    "query",
    "{ a(b: 1 b: 2) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}},{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"2"}}],"Name":"a"}]}]}',
  ],
  [
    "query",
    "{ a(b:1c:2) }",
    '{"Operations":[{"Name":"","Operation":"query","SelectionSet":[{"Alias":"a","Arguments":[{"Name":"b","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"1"}},{"Name":"c","Value":{"ExpectedTypeHasDefault":false,"Kind":1,"Raw":"2"}}],"Name":"a"}]}]}',
  ],
  ["query", "{ a(b:1.5.5) }", "Expected Name, found <Invalid> in GraphQL string at location 1:10"],
  ["query", "{ a(b: -) }", "Unexpected <Invalid> in GraphQL string at location 1:9"],
  ["query", "{ a(b: --1) }", "Unexpected <Invalid> in GraphQL string at location 1:9"],
  ["query", "{ a(b: +1) }", "Unexpected <Invalid> in GraphQL string at location 1:8"],
  ["query", "{ a(b: 1e+) }", "Unexpected <Invalid> in GraphQL string at location 1:11"],
];

for (const [kind, text, answer] of cases) {
  test(`graphql.parse_${kind} of ${JSON.stringify(text)}`, () => {
    equal(answerOf(graphql, `graphql.parse_${kind}`, [text]), answer);
  });
}

test("operands are text or documents", () => {
  equal(
    answerOf(graphql, "graphql.parse", [1, "type Query { a: Int }"]),
    "operand 0 must be one of {string, object} but got number",
  );
  equal(answerOf(graphql, "graphql.parse", ["{ a }", 1]), "operand 1 must be one of {string, object} but got number");
  equal(answerOf(graphql, "graphql.parse_query", [1]), "operand 1 must be string but got number");
  equal(answerOf(graphql, "graphql.is_valid", [1, 1]), "false");
});

test("documents that were parsed are documents again", () => {
  const query = JSON.parse(answerOf(graphql, "graphql.parse_query", ["{ a(x: 1) }"]));
  const schema = JSON.parse(answerOf(graphql, "graphql.parse_schema", ["type Query { a(x: Int): Int }"]));
  equal(answerOf(graphql, "graphql.is_valid", [query, schema]), "true");
  equal(answerOf(graphql, "graphql.parse_and_verify", [query, schema]), JSON.stringify([true, query, schema]));
  equal(answerOf(graphql, "graphql.is_valid", [{ operations: [{ SelectionSet: [{ Name: "a" }] }] }, schema]), "true");
  equal(answerOf(graphql, "graphql.is_valid", [{ Operations: [{ SelectionSet: [{ Name: "b" }] }] }, schema]), "false");
  equal(answerOf(graphql, "graphql.is_valid", [{ Operations: [null] }, schema]), "false");
  equal(
    answerOf(graphql, "graphql.is_valid", [
      { Operations: [{ SelectionSet: [{ Name: "a", Arguments: [{ Name: "x" }] }] }] },
      schema,
    ]),
    "false",
  );
});

test("deep and crafted documents end", () => {
  equal(
    answerOf(graphql, "graphql.parse_query", ["{a".repeat(100_000)]),
    "nested more than 500 levels deep in GraphQL string at location 1:1002",
  );
  const types = "[".repeat(100_000);
  equal(
    answerOf(graphql, "graphql.parse_schema", [`type A { a: ${types}`]),
    "nested more than 500 levels deep in GraphQL string at location 1:513",
  );
  const nested = (depth: number): string =>
    depth === 0 ? "a" : `q { ${nested(depth - 1)} } q { ${nested(depth - 1)} }`;
  const answer = answerOf(graphql, "graphql.parse", [`{ ${nested(12)} }`, "type Query { q: Query a: Int }"]);
  equal(/more than 1000000 fields to compare/.test(answer), true);
});
