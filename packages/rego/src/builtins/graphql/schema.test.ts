import { equal } from "node:assert/strict";
import { test } from "node:test";
import { answerOf } from "../answer.ts";
import { graphql } from "./graphql.ts";

// Schemas that parse. Each answer is what `opa eval` 1.19 gives, or the error that it shows.

const refused: readonly [schema: string, answer: string][] = [
  ["type A { a: B }", "input:1:13: Undefined type B."],
  ["type A { a: [B!]! }", "input:1:14: Undefined type B."],
  ["type A { a(x: B): Int }", "input:1:15: Undefined type B."],
  ["type A { a(x: A): Int }", "input:1:12: cannot use A as argument x because OBJECT is not a valid input type"],
  ["type A { a(x: [A!]): Int }", "input:1:12: cannot use [A!] as argument x because OBJECT is not a valid input type"],
  [
    "type A { __a: Int }",
    'input:1:10: Name "__a" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  [
    "type __A { a: Int }",
    'input:1:6: Name "__A" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  [
    "type A { a(__x: Int): Int }",
    'input:1:12: Name "__x" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  ["type A { a: Int a: Int }", "input:1:17: Field A.a can only be defined once."],
  ["enum E { A B A }", "input:1:14: Enum value E.A can only be defined once."],
  ["union U = A | A type A { a: Int }", "input:1:15: Union type U can only include type A once."],
  [
    "union U = A | B | A\ntype A { a: Int } type B { b: Int }",
    "input:1:19: Union type U can only include type A once.",
  ],
  ["union U = E enum E { A }", 'input:1:7: UNION type "E" must be OBJECT.'],
  ["union U = Nope", 'input:1:7: Undefined type "Nope".'],
  ["enum E", "input:1:6: ENUM E: must define one or more unique enum values."],
  ["type A", "input:1:6: OBJECT A: must define one or more fields."],
  ["interface I", "input:1:11: INTERFACE I: must define one or more fields."],
  ["input I", "input:1:7: INPUT_OBJECT I: must define one or more input fields."],
  ["scalar S scalar S", "input:1:17: Cannot redeclare type S."],
  ["type Int { a: Int }", "input:1:6: Cannot redeclare type Int."],
  ["enum E { true }", "input:1:6: ENUM E: non-enum value true."],
  ["enum E { null A }", "input:1:6: ENUM E: non-enum value null."],
  ["input I { a: A } type A { x: Int }", "input:1:11: OBJECT a: field must be one of SCALAR, ENUM, INPUT_OBJECT."],
  [
    "type A { i: I } input I { a: Int }",
    "input:1:10: OBJECT A: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.",
  ],
  [
    "interface J { i: I } input I { a: Int }",
    "input:1:15: INTERFACE J: field must be one of SCALAR, OBJECT, INTERFACE, UNION, ENUM.",
  ],
  ["type A implements I { a: Int }", 'input:1:6: Undefined type "I".'],
  ["type A implements B { a: Int } type B { a: Int }", 'input:1:6: "B" is a non interface type OBJECT.'],
  [
    "interface I { a: Int } type A implements I { b: Int }",
    "input:1:29: For A to implement I it must have a field called a.",
  ],
  [
    "interface I { a: Int! } type A implements I { a: Int }",
    "input:1:47: For A to implement I the field a must have type Int!.",
  ],
  [
    "interface I { a: [Int] } type A implements I { a: Int }",
    "input:1:48: For A to implement I the field a must have type [Int].",
  ],
  [
    "interface I { a: U } union U = B type A implements I { a: C } type B { x: Int } type C { x: Int }",
    "input:1:56: For A to implement I the field a must have type U.",
  ],
  [
    "interface I { a(x: Int): Int } type A implements I { a: Int }",
    "input:1:54: For A to implement I the field a must have the same arguments but it is missing x.",
  ],
  [
    "interface I { a(x: Int): Int } type A implements I { a(x: String): Int }",
    "input:1:56: For A to implement I the field a must have the same arguments but x has the wrong type.",
  ],
  [
    "interface I { a(x: Int): Int } type A implements I { a(x: Int!): Int }",
    "input:1:56: For A to implement I the field a must have the same arguments but x has the wrong type.",
  ],
  [
    "interface I { a: Int } type A implements I { a(y: Int!): Int }",
    "input:1:48: For A to implement I any additional arguments on a must be optional or have a default value but y is required.",
  ],
  [
    "interface I implements J { a: Int } interface J implements I { a: Int }",
    "input:1:11: Type I cannot implement J because it would create a circular reference.",
  ],
  [
    "interface I { a: Int } interface J implements I { a: Int } type A implements J { a: Int }",
    "input:1:65: Type A must implement I because it is implemented by J.",
  ],
  [
    "extend type A { a: Int } scalar A",
    "input:1:13: Cannot extend type A because the base type is a SCALAR, not OBJECT.",
  ],
  ["type A { b: Int } extend type A { b: Int }", "input:1:35: Field A.b can only be defined once."],
  ["extend schema { query: Q }", "input:1:17: Schema root query refers to a type Q that does not exist."],
  ["schema { query: Q }", "input:1:10: Schema root query refers to a type Q that does not exist."],
  [
    "schema { query: Q } schema { query: Q } type Q { a: Int }",
    "input:1:28: Cannot have multiple schema entry points, consider schema extensions instead.",
  ],
  ["schema @nope { query: Q } type Q { a: Int }", "input:1:9: Undefined directive nope."],
  ["extend schema @deprecated", "input:1:16: Directive deprecated is not applicable on SCHEMA."],
  ["directive @a on FIELD directive @a on FIELD", "input:1:34: Cannot redeclare directive a."],
  [
    "directive @__a on FIELD",
    'input:1:12: Name "__a" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  ["directive @a(x: Nope) on FIELD", "input:1:17: Undefined type Nope."],
  ["directive @a(x: Int @a) on ARGUMENT_DEFINITION", "input:1:22: Directive a cannot refer to itself."],
  ["directive @a(x: Int @b) on ARGUMENT_DEFINITION", "input:1:22: Undefined directive b."],
  [
    "directive @a(__x: Int) on FIELD",
    'input:1:14: Name "__x" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  [
    "directive @a on FIELD_DEFINITION type A { x: Int @a @a }",
    "input:1:54: The directive a can only be used once at this location.",
  ],
  ["directive @a(x: Int!) on OBJECT type A @a { x: Int }", "input:1:41: Argument x for directive a cannot be null."],
  [
    "directive @a(x: Int!) on OBJECT type A @a(x: null) { x: Int }",
    "input:1:41: Argument x for directive a cannot be null.",
  ],
  [
    "directive @a(x: Int!) on OBJECT type A @a(x: 1, y: 2) { x: Int }",
    "input:1:49: Undefined argument y for directive a.",
  ],
  ["type A @deprecated { x: Int }", "input:1:9: Directive deprecated is not applicable on OBJECT."],
  [
    "type A { x: Int @__d }",
    'input:1:18: Name "__d" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  ["enum E { A @skip(if: true) }", "input:1:13: Directive skip is not applicable on ENUM_VALUE."],
  ["type A { x(y: Int @skip(if: true)): Int }", "input:1:20: Directive skip is not applicable on ARGUMENT_DEFINITION."],
  [
    "type A { x: Int @deprecated @deprecated }",
    "input:1:30: The directive deprecated can only be used once at this location.",
  ],
  ["type A implements & I & J { a: Int }", 'input:1:6: Undefined type "I".'],
  ["extend input A @a(x: $v)", "input:1:14: INPUT_OBJECT A: must define one or more input fields."],
  ["union A = | B | C", 'input:1:7: Undefined type "B".'],
  ['enum A { "d" B "e" C @x(y: 1) }', "input:1:23: Undefined directive x."],
  ['input A { "d" a: Int = 3 @x }', "input:1:27: Undefined directive x."],
  ["interface I implements A & B @x { a: Int }", 'input:1:11: Undefined type "A".'],
  ["scalar A @a @b(x: 1)", "input:1:11: Undefined directive a."],
  ["# c\nschema # d\n{ # e\n query: Q # f\n}", "input:4:2: Schema root query refers to a type Q that does not exist."],
  ["# c\nextend # d\ntype A # e\n @b { x: Int # g\n }", "input:4:3: Undefined directive b."],
  ["union U # c\n = # d\n A # e\n | B # f", 'input:1:7: Undefined type "A".'],
  [
    "interface __I { a: Int }",
    'input:1:11: Name "__I" must not begin with "__", which is reserved by GraphQL introspection.',
  ],
  [
    'type A { a: String @deprecated(reason: "x", why: "y") }',
    "input:1:45: Undefined argument why for directive deprecated.",
  ],
];

for (const [schema, answer] of refused) {
  test(`graphql.parse with ${schema}`, () => {
    const prefix = "Error in gqlparser SchemaDocument to Schema conversion: ";
    equal(answerOf(graphql, "graphql.parse", ["{ a }", schema]), prefix + answer);
    equal(answerOf(graphql, "graphql.schema_is_valid", [schema]), "false");
  });
}

const valid: readonly string[] = [
  "union U",
  "input I { a: I! }",
  "interface I { a: Int } type A implements I { a: Int! }",
  "interface I { a: [Int] } type A implements I { a: [Int!]! }",
  "interface I { a: U } union U = A | B type A implements I { a: B } type B { x: Int }",
  "interface I { a(x: Int!): Int } type A implements I { a(x: Int): Int }",
  "interface I { a: Int } type A implements I { a(y: Int! = 1): Int }",
  "interface I implements I { a: Int }",
  "extend type A { a: Int } type A { b: Int }",
  'scalar S extend scalar S @specifiedBy(url: "x")',
  'extend scalar S @specifiedBy(url: "x")',
  "extend enum E { A } extend enum E { B }",
  "extend union U = A type A { a: Int }",
  "extend input I { a: Int }",
  "extend interface I { a: Int }",
  "schema",
  "directive @include(if: Boolean!) on FIELD",
  "directive @a on | FIELD | QUERY",
  "directive @a repeatable on OBJECT type A @a @a { x: Int }",
  "directive @a on OBJECT type A @a @a { x: Int }",
  "directive @a(x: Int! = 3) on OBJECT type A @a { x: Int }",
  "type A { x: Int @deprecated(reason: 1) }",
  "enum E { A @deprecated }",
  "input I { a: Int @deprecated }",
  "input I @oneOf { a: Int b: Int }",
  "type A { x(y: Int @deprecated): Int }",
  'type A { a(x: Int = {a: [1, "b", null, true, E]}): Int }',
  '"" extend type A { a: Int }',
  "# c1\n# c2\ntype A { # c3\n a: Int # c4\n # c5\n}\n# end",
  '# c\n"d" # e\ntype A { # f\n "g" # h\n a(# i\n "j" # k\n b: Int # l\n): Int # m\n}',
  "# x",
  "",
  '"""\n  block\n    more\n\n  """ type A { a: Int }',
  '""" one\n  two""" type A { a: Int }',
  '"a\\u0041\\n\\t\\\\\\/" type A { a: Int }',
  '"""a \\""" b""" type A { a: Int }',
  '""""q"""" type A { a: Int }',
  "type A { a(x: Float = -1.5e+3): Int }",
  "type Q { a(x: Int = 1, y: [Int!]! = [1]): [[Q!]]! }",
  "# c\ndirective # d\n@a(# e\n x: Int) # f\n on FIELD",
  "enum # a\n E # b\n { # c\n A # d\n # e\n B # f\n } # g",
  "type A { a: Int, b: Int,,, }",
  "type A{a:Int}type B{b:Int}",
  "extend type __Schema { a: Int }",
  "extend enum __TypeKind { X }",
  'extend scalar Int @specifiedBy(url: "x")',
  "type Q { a: Int }",
  "schema { mutation: Q } type Q { a: Int }",
];

for (const schema of valid) {
  test(`graphql.schema_is_valid of ${schema}`, () => {
    equal(answerOf(graphql, "graphql.schema_is_valid", [schema]), "true");
  });
}
