import { equal } from "node:assert/strict";
import { test } from "node:test";
import { answerOf } from "../answer.ts";
import { graphql } from "./graphql.ts";

// Queries against one schema. Each answer is what `opa eval` 1.19 gives, or the error that it shows.

const schema = `interface Node { id: ID! }
interface Named implements Node { id: ID! name: String }
type Dog implements Node & Named { id: ID! name: String barks(loud: Boolean = true): Boolean owner: Human nick: Int }
type Cat implements Node & Named { id: ID! name: String meows(volume: Int!): Boolean lives: Int! nick: String tags: [String] }
type Human { name: String pets(first: Int, filter: Filter, kinds: [Kind!]): [Pet] friend: Human id: ID score: Float }
union Pet = Dog | Cat
enum Kind { DOG CAT }
input Filter { kind: Kind = DOG names: [String!] nested: Filter minAge: Int! flag: Boolean score: Float id: ID }
input One @oneOf { a: String b: Int }
scalar Date
type Query { dog: Dog cat: Cat pet: Pet node(id: ID!): Node human(one: One, at: Date, name: String = "x", flag: Boolean, n: Int, f: Float): Human list(ids: [ID!]!): [Node!]! named: Named }
type Mutation { add(kind: Kind!): Dog del: Boolean }
type Subscription { news: String dogs: Dog }
directive @rep(x: Int) repeatable on FIELD | QUERY | VARIABLE_DEFINITION
directive @need(x: Int!) on FIELD`;

const cases: readonly [query: string, answer: string][] = [
  ["{ dog { name } }", "valid"],
  [
    "{ dog { nam } }",
    'Cannot query field "nam" on type "Dog". Did you mean "name"?\n in GraphQL string at location 1:9',
  ],
  ["{ dog { meows } }", 'Cannot query field "meows" on type "Dog" in GraphQL string at location 1:9'],
  [
    "{ dug { name } }",
    'Cannot query field "dug" on type "Query". Did you mean "dog"?\n in GraphQL string at location 1:3',
  ],
  [
    "{ pet { name } }",
    'Cannot query field "name" on type "Pet". Did you mean to use an inline fragment on "Named", "Cat", or "Dog"?\n in GraphQL string at location 1:9',
  ],
  [
    "{ pet { barks } }",
    'Cannot query field "barks" on type "Pet". Did you mean to use an inline fragment on "Dog"?\n in GraphQL string at location 1:9',
  ],
  [
    "{ node(id: 1) { name } }",
    'Cannot query field "name" on type "Node". Did you mean to use an inline fragment on "Named", "Named", "Cat", or "Dog"?\n in GraphQL string at location 1:17',
  ],
  [
    "{ named { lives } }",
    'Cannot query field "lives" on type "Named". Did you mean to use an inline fragment on "Cat"?\n in GraphQL string at location 1:11',
  ],
  [
    "{ named { nam } }",
    'Cannot query field "nam" on type "Named". Did you mean "name"?\n in GraphQL string at location 1:11',
  ],
  ["{ node(id: 1) { ...on Dog { name } } }", "valid"],
  [
    "{ human { ...on Dog { name } } }",
    'Fragment cannot be spread here as objects of type "Human" can never be of type "Dog" in GraphQL string at location 1:14',
  ],
  ["{ human { ...on Human { name } } }", "valid"],
  [
    "{ human { ...on String { name } } }",
    'Cannot query field "name" on type "String".\ninput:1:14: Fragment cannot condition on non composite type "String" in GraphQL string at location 1:26',
  ],
  ["{ human { ...on Nope { name } } }", 'Unknown type "Nope" in GraphQL string at location 1:14'],
  [
    "{ pet { ...on Node { id } ...on Human { name } } }",
    'Fragment cannot be spread here as objects of type "Pet" can never be of type "Human" in GraphQL string at location 1:30',
  ],
  ["{ ...F } fragment F on Query { dog { name } }", "valid"],
  [
    "{ ...F } fragment F on Kind { dog }",
    'Cannot query field "dog" on type "Kind".\ninput:1:31: Cannot query field "dog" on type "Kind".\ninput:1:10: Fragment "F" cannot condition on non composite type "Kind" in GraphQL string at location 1:31',
  ],
  [
    "{ ...F } fragment F on Hooman { name }",
    'Unknown type "Hooman". Did you mean "Human" or "Boolean"?\n in GraphQL string at location 1:10',
  ],
  ["{ ...F } fragment F on Do { name }", 'Unknown type "Do". Did you mean "Dog"?\n in GraphQL string at location 1:10'],
  ["{ ...G }", 'Unknown fragment "G" in GraphQL string at location 1:6'],
  ["{ dog { name } } fragment F on Dog { name }", 'Fragment "F" is never used in GraphQL string at location 1:18'],
  [
    "{ dog { ...F } } fragment F on Dog { ...F }",
    'Cannot spread fragment "F" within itself in GraphQL string at location 1:41',
  ],
  [
    "{ dog { ...F } } fragment F on Dog { name ...G } fragment G on Dog { id ...H } fragment H on Dog { ...F owner { friend { ...X } } } fragment X on Human { friend { ...X } }",
    'Cannot spread fragment "F" within itself via "G", "H".\ninput:1:167: Cannot spread fragment "X" within itself in GraphQL string at location 1:103',
  ],
  [
    "{ dog { ...F } } fragment F on Dog { name } fragment F on Dog { id }",
    'There can be only one fragment named "F" in GraphQL string at location 1:45',
  ],
  [
    "{ cat { ...F } } fragment F on Dog { name }",
    'Fragment "F" cannot be spread here as objects of type "Cat" can never be of type "Dog" in GraphQL string at location 1:12',
  ],
  [
    "{ dog }",
    'Field "dog" of type "Dog" must have a selection of subfields. Did you mean "dog { ... }"?\n in GraphQL string at location 1:3',
  ],
  [
    "{ dog { name { x } } }",
    'Cannot query field "x" on type "String".\ninput:1:9: Field "name" must not have a selection since type "String" has no subfields in GraphQL string at location 1:16',
  ],
  [
    "{ dog { barks(loud: true, lod: 2) } }",
    'Unknown argument "lod" on field "Dog.barks". Did you mean "loud"?\n in GraphQL string at location 1:9',
  ],
  [
    "{ dog { barks(loud: 1) } }",
    "Boolean cannot represent a non boolean value: 1\n in GraphQL string at location 1:21",
  ],
  [
    '{ dog { barks(loud: "a") } }',
    'Boolean cannot represent a non boolean value: "a"\n in GraphQL string at location 1:22',
  ],
  ["{ dog { barks(loud: null) } }", "valid"],
  [
    "{ dog { barks(loud: true, loud: false, loud: true) } }",
    'There can be only one argument named "loud" in GraphQL string at location 1:27',
  ],
  [
    "{ cat { meows } }",
    'Field "meows" argument "volume" of type "Int!" is required, but it was not provided in GraphQL string at location 1:9',
  ],
  ["{ cat { meows(volume: 1) } }", "valid"],
  [
    "{ cat { meows(volume: 1.5) } }",
    "Int cannot represent non-integer value: 1.5\n in GraphQL string at location 1:23",
  ],
  [
    '{ cat { meows(volume: "1") } }',
    'Int cannot represent non-integer value: "1"\n in GraphQL string at location 1:24',
  ],
  ["{ cat { meows(volume: 3000000000) } }", "valid"],
  [
    "{ cat { meows(volume: 99999999999999999999) } }",
    "Int cannot represent non 32-bit signed integer value: 99999999999999999999\n in GraphQL string at location 1:23",
  ],
  ["{ cat { meows(volume: null) } }", 'Expected value of type "Int!", found null in GraphQL string at location 1:23'],
  [
    "{ cat { meows(volume: LOUD) } }",
    "Int cannot represent non-integer value: LOUD\n in GraphQL string at location 1:23",
  ],
  [
    "{ cat { meows(volume: [1]) } }",
    "Int cannot represent non-integer value: [1]\n in GraphQL string at location 1:23",
  ],
  ["{ cat { meows(volume: {a: 1}) } }", 'Field "a" is not defined by type "Int" in GraphQL string at location 1:24'],
  [
    "{ node { id } }",
    'Field "node" argument "id" of type "ID!" is required, but it was not provided in GraphQL string at location 1:3',
  ],
  [
    "{ node(id: 1.0) { id } }",
    "ID cannot represent a non-string and non-integer value: 1.0\n in GraphQL string at location 1:12",
  ],
  [
    "{ node(id: true) { id } }",
    "ID cannot represent a non-string and non-integer value: true\n in GraphQL string at location 1:12",
  ],
  [
    "{ node(id: X) { id } }",
    "ID cannot represent a non-string and non-integer value: X\n in GraphQL string at location 1:12",
  ],
  ['{ human(one: {a: "x"}) { name } }', "valid"],
  [
    '{ human(one: {a: "x", b: 2}) { name } }',
    'OneOf Input Object "One" must specify exactly one key in GraphQL string at location 1:14',
  ],
  [
    "{ human(one: {}) { name } }",
    'OneOf Input Object "One" must specify exactly one key in GraphQL string at location 1:14',
  ],
  ["{ human(one: {a: null}) { name } }", 'Field "One.a" must be non-null in GraphQL string at location 1:18'],
  ["{ human(one: {b: null}) { name } }", 'Field "One.a" must be non-null in GraphQL string at location 1:18'],
  [
    "query($v: String) { human(one: {a: $v}) { name } }",
    'Variable "$v" is of type "String" but must be non-nullable to be used for OneOf Input Object "One" in GraphQL string at location 1:7',
  ],
  ["query($v: String!) { human(one: {a: $v}) { name } }", "valid"],
  ["{ human(at: [1, {x: 2}]) { name } }", "valid"],
  ["{ human(f: 1) { name } }", "valid"],
  ['{ human(f: "1") { name } }', 'Float cannot represent non numeric value: "1"\n in GraphQL string at location 1:13'],
  [
    "{ human(f: 1e400) { name } }",
    "Float cannot represent non numeric value: 1e400\n in GraphQL string at location 1:12",
  ],
  [
    "{ human(f: true) { name } }",
    "Float cannot represent non numeric value: true\n in GraphQL string at location 1:12",
  ],
  ["{ human(n: 1e2) { name } }", "Int cannot represent non-integer value: 1e2\n in GraphQL string at location 1:12"],
  ["{ human(name: 1) { name } }", "String cannot represent a non string value: 1\n in GraphQL string at location 1:15"],
  [
    "{ human(name: ENUM) { name } }",
    "String cannot represent a non string value: ENUM\n in GraphQL string at location 1:15",
  ],
  [
    '{ human(name: ["a"]) { name } }',
    'String cannot represent a non string value: ["a"]\n in GraphQL string at location 1:15',
  ],
  ['{ human(name: """block""") { name } }', "valid"],
  ["{ human { pets(kinds: [DOG, CAT]) { __typename } } }", "valid"],
  ["{ human { pets(kinds: DOG) { __typename } } }", "valid"],
  [
    "{ human { pets(kinds: [DOGG]) { __typename } } }",
    'Value "DOGG" does not exist in "Kind!" enum. Did you mean the enum value "DOG"?\n in GraphQL string at location 1:24',
  ],
  [
    '{ human { pets(kinds: ["DOG"]) { __typename } } }',
    'Enum "Kind!" cannot represent non-enum value: "DOG". Did you mean the enum value "DOG"?\n in GraphQL string at location 1:25',
  ],
  [
    "{ human { pets(kinds: [null]) { __typename } } }",
    'Expected value of type "Kind!", found null in GraphQL string at location 1:24',
  ],
  [
    "{ human { pets(kinds: [1]) { __typename } } }",
    'Enum "Kind!" cannot represent non-enum value: 1 in GraphQL string at location 1:24',
  ],
  [
    '{ human { pets(kinds: "CATS") { __typename } } }',
    'Enum "[Kind!]" cannot represent non-enum value: "CATS". Did you mean the enum value "CAT"?\n in GraphQL string at location 1:24',
  ],
  [
    "{ human { pets(filter: {}) { __typename } } }",
    'Field "Filter.minAge" of required type "Int!" was not provided in GraphQL string at location 1:24',
  ],
  ["{ human { pets(filter: {minAge: 1}) { __typename } } }", "valid"],
  [
    "{ human { pets(filter: {minAge: 1, kind: BIRD}) { __typename } } }",
    'Value "BIRD" does not exist in "Kind" enum in GraphQL string at location 1:42',
  ],
  [
    "{ human { pets(filter: {minAge: null}) { __typename } } }",
    'Expected value of type "Int!", found null in GraphQL string at location 1:33',
  ],
  [
    '{ human { pets(filter: {minAge: "1", names: ["a", 1, null]}) { __typename } } }',
    'Int cannot represent non-integer value: "1"\ninput:1:51: String cannot represent a non string value: 1\ninput:1:54: Expected value of type "String!", found null in GraphQL string at location 1:34',
  ],
  [
    "{ human { pets(filter: {minAge: 1, nested: {minAg: 2}}) { __typename } } }",
    'Field "Filter.minAge" of required type "Int!" was not provided.\ninput:1:45: Field "minAg" is not defined by type "Filter". Did you mean "minAge", "kind", or "flag"?\n in GraphQL string at location 1:44',
  ],
  [
    "{ human { pets(filter: {minAge: 1, minAge: 2}) { __typename } } }",
    'There can be only one input field named "minAge" in GraphQL string at location 1:36',
  ],
  [
    '{ human { pets(filter: "x") { __typename } } }',
    'Expected value of type "Filter", found "x" in GraphQL string at location 1:25',
  ],
  [
    "{ human { pets(filter: [{minAge: 1}]) { __typename } } }",
    'Expected value of type "Filter", found [{minAge:1}] in GraphQL string at location 1:24',
  ],
  [
    "{ human { pets(filter: {minAge: 1, score: 1, id: 5, flag: 0}) { __typename } } }",
    "Boolean cannot represent a non boolean value: 0\n in GraphQL string at location 1:59",
  ],
  ["query($a: Int, $b: Filter!) { human { pets(first: $a, filter: $b) { __typename } } }", "valid"],
  ["query($a: Int) { dog { name } }", 'Variable "$a" is never used in GraphQL string at location 1:7'],
  [
    "query Q($a: Int) { dog { name } }",
    'Variable "$a" is never used in operation "Q" in GraphQL string at location 1:9',
  ],
  [
    "query Q { human(n: $x) { name } }",
    'Variable "$x" is not defined by operation "Q" in GraphQL string at location 1:20',
  ],
  ["{ human(n: $x) { name } }", 'Variable "$x" is not defined in GraphQL string at location 1:12'],
  [
    "query($a: Int, $a: Int, $a: Int) { human(n: $a) { name } }",
    'Variable "$a" is never used.\ninput:1:25: Variable "$a" is never used.\ninput:1:16: There can be only one variable named "$a" in GraphQL string at location 1:16',
  ],
  [
    "query($a: Nope) { human(n: $a) { name } }",
    'Unknown type "Nope".\ninput:1:28: Variable "$a" of type "Nope" used in position expecting type "Int" in GraphQL string at location 1:7',
  ],
  [
    "query($a: Human) { human(n: $a) { name } }",
    'Variable "$a" of type "Human" used in position expecting type "Int".\ninput:1:7: Variable "$a" cannot be non-input type "Human" in GraphQL string at location 1:29',
  ],
  [
    "query($a: String) { human(n: $a) { name } }",
    'Variable "$a" of type "String" used in position expecting type "Int" in GraphQL string at location 1:30',
  ],
  ["query($a: Int = 3) { cat { meows(volume: $a) } }", "valid"],
  [
    "query($a: Int = null) { cat { meows(volume: $a) } }",
    'Variable "$a" of type "Int" used in position expecting type "Int!" in GraphQL string at location 1:45',
  ],
  [
    "query($a: Int) { cat { meows(volume: $a) } }",
    'Variable "$a" of type "Int" used in position expecting type "Int!" in GraphQL string at location 1:38',
  ],
  ["query($a: Int!) { human(n: $a) { name } }", "valid"],
  [
    "query($a: [ID]) { list(ids: $a) { id } }",
    'Variable "$a" of type "[ID]" used in position expecting type "[ID!]!" in GraphQL string at location 1:29',
  ],
  ["query($a: [ID!]!) { list(ids: $a) { id } }", "valid"],
  ["query($a: ID!) { list(ids: [$a]) { id } }", "valid"],
  [
    "query($a: ID) { list(ids: [$a]) { id } }",
    'Variable "$a" of type "ID" used in position expecting type "ID!" in GraphQL string at location 1:28',
  ],
  ["query($a: Boolean) { dog { barks(loud: $a) } }", "valid"],
  [
    'query($a: Int = "x") { human(n: $a) { name } }',
    'Int cannot represent non-integer value: "x"\n in GraphQL string at location 1:18',
  ],
  ["query($a: Int @rep @rep(x: 2)) { human(n: $a) { name } }", "valid"],
  [
    "query($a: Int @skip(if: true)) { human(n: $a) { name } }",
    'Directive "@skip" may not be used on VARIABLE_DEFINITION in GraphQL string at location 1:16',
  ],
  ["query @rep @rep { dog { name } }", "valid"],
  [
    "query @skip(if: true) { dog { name } }",
    'Directive "@skip" may not be used on QUERY in GraphQL string at location 1:8',
  ],
  ["{ dog @nope { name } }", 'Unknown directive "@nope" in GraphQL string at location 1:8'],
  [
    "{ dog @need { name } }",
    'Directive "@need" argument "x" of type "Int!" is required, but it was not provided in GraphQL string at location 1:8',
  ],
  [
    "{ dog @need(x: 1) @need(x: 2) { name } }",
    'The directive "@need" can only be used once at this location in GraphQL string at location 1:20',
  ],
  [
    "{ dog @need(x: 1, y: 2) { name } }",
    'Unknown argument "y" on directive "@need". Did you mean "x"?\n in GraphQL string at location 1:8',
  ],
  [
    '{ dog @rep @rep { name @include(if: "x") } }',
    'Boolean cannot represent a non boolean value: "x"\n in GraphQL string at location 1:38',
  ],
  [
    "{ dog { name @skip } }",
    'Directive "@skip" argument "if" of type "Boolean!" is required, but it was not provided in GraphQL string at location 1:15',
  ],
  ['{ dog { ...F @defer(if: false, label: "x") } } fragment F on Dog { name }', "valid"],
  ["{ dog { ... @defer { name } } }", "valid"],
  ["{ dog { ... @include(if: true) { name } } }", "valid"],
  [
    "{ dog { ... on Dog @rep { name } } }",
    'Directive "@rep" may not be used on INLINE_FRAGMENT in GraphQL string at location 1:21',
  ],
  [
    "{ dog { ...F @rep } } fragment F on Dog @deprecated { name }",
    'Directive "@rep" may not be used on FRAGMENT_SPREAD.\ninput:1:42: Directive "@deprecated" may not be used on FRAGMENT_DEFINITION in GraphQL string at location 1:15',
  ],
  [
    "{ dog { ...F } } fragment F on Dog @skip(if: true) { name }",
    'Directive "@skip" may not be used on FRAGMENT_DEFINITION in GraphQL string at location 1:37',
  ],
  [
    "query A { dog { name } } query A { cat { name } }",
    'There can be only one operation named "A" in GraphQL string at location 1:26',
  ],
  [
    "query A { dog { name } } { cat { name } }",
    "This anonymous operation must be the only defined operation in GraphQL string at location 1:26",
  ],
  [
    "{ dog { name } } { cat { name } }",
    'This anonymous operation must be the only defined operation.\ninput:1:18: This anonymous operation must be the only defined operation.\ninput:1:18: There can be only one operation named "" in GraphQL string at location 1:1',
  ],
  ["mutation { add(kind: DOG) { name } del }", "valid"],
  [
    "mutation { add { name } }",
    'Field "add" argument "kind" of type "Kind!" is required, but it was not provided in GraphQL string at location 1:12',
  ],
  [
    "subscription { news dogs { name } }",
    "Anonymous Subscription must select only one top level field in GraphQL string at location 1:21",
  ],
  [
    "subscription S { news dogs { name } }",
    'Subscription "S" must select only one top level field in GraphQL string at location 1:23',
  ],
  [
    "subscription S { __typename }",
    'Subscription "S" must not select an introspection top level field in GraphQL string at location 1:18',
  ],
  [
    "subscription S { ...F } fragment F on Subscription { news dogs { name } }",
    'Subscription "S" must select only one top level field in GraphQL string at location 1:59',
  ],
  ["subscription S { ...Nope news dogs { name } }", 'Unknown fragment "Nope" in GraphQL string at location 1:21'],
  ["subscription S { news a: news }", "valid"],
  [
    "subscription { ... on Subscription { news } dogs { id } }",
    "Anonymous Subscription must select only one top level field in GraphQL string at location 1:45",
  ],
  [
    "{ dog { name name: id } }",
    'Fields "name" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:14',
  ],
  [
    "{ dog { a: name a: id } }",
    'Fields "a" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:17',
  ],
  [
    "{ dog { barks(loud: true) barks(loud: false) } }",
    'Fields "barks" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:27',
  ],
  [
    "{ dog { barks(loud: true) barks } }",
    'Fields "barks" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:27',
  ],
  ["{ dog { barks barks } }", "valid"],
  [
    "{ dog { name } dog { name: id } }",
    'Fields "dog" conflict because subfields "name" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:16',
  ],
  [
    "{ dog { owner { name } } dog { owner { name: id } owner { name: score } } }",
    'Fields "owner" conflict because subfields "name" conflict because "id" and "score" are different fields. Use different aliases on the fields to fetch both if this was intentional.\ninput:1:26: Fields "dog" conflict because subfields "owner" conflict because subfields "name" conflict because "name" and "id" are different fields and subfields "owner" conflict because subfields "name" conflict because "name" and "score" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:51',
  ],
  [
    "{ pet { ...on Dog { nick } ...on Cat { nick } } }",
    'Fields "nick" conflict because they return conflicting types "Int" and "String". Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:40',
  ],
  [
    "{ pet { ...on Dog { x: name } ...on Cat { x: lives } } }",
    'Fields "x" conflict because they return conflicting types "String" and "Int!". Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:43',
  ],
  [
    "{ pet { ...on Dog { x: name } ...on Cat { x: tags } } }",
    'Fields "x" conflict because they return conflicting types "String" and "[String]". Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:43',
  ],
  ["{ pet { ...on Dog { x: owner { name } } ...on Cat { x: name } } }", "valid"],
  [
    "{ node(id: 1) { ...on Dog { id } ...on Node { id: __typename } } }",
    'Fields "id" conflict because "id" and "__typename" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:47',
  ],
  [
    "{ dog { ...F ...G } } fragment F on Dog { x: name } fragment G on Dog { x: id }",
    'Fields "x" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:73',
  ],
  [
    "{ dog { ...F x: barks } } fragment F on Dog { x: name ...G } fragment G on Dog { x: id ...F }",
    'Fields "x" conflict because "barks" and "name" are different fields. Use different aliases on the fields to fetch both if this was intentional.\ninput:1:82: Fields "x" conflict because "barks" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional.\ninput:1:91: Cannot spread fragment "F" within itself via "G".\ninput:1:82: Fields "x" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional.\ninput:1:47: Fields "x" conflict because "id" and "name" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:47',
  ],
  [
    "{ dog { ...F owner { ...A } } } fragment F on Dog { owner { ...B } } fragment A on Human { q: name } fragment B on Human { q: id }",
    'Fields "owner" conflict because subfields "q" conflict because "name" and "id" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:53',
  ],
  [
    "{ dog { ...F } cat { ...C } } fragment F on Dog { x: name ...H } fragment H on Dog { x: nick } fragment C on Cat { x: name x: lives }",
    'Fields "x" conflict because "name" and "nick" are different fields. Use different aliases on the fields to fetch both if this was intentional.\ninput:1:124: Fields "x" conflict because "name" and "lives" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:86',
  ],
  [
    "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "Maximum introspection depth exceeded\n in GraphQL string at location 1:3",
  ],
  ["{ __schema { types { fields { type { name } } } } }", "valid"],
  [
    "{ __type { name } }",
    'Field "__type" argument "name" of type "String!" is required, but it was not provided in GraphQL string at location 1:3',
  ],
  [
    '{ __type(name: "Dog") { fields { name } interfaces { possibleTypes { interfaces { name } } } } }',
    "Maximum introspection depth exceeded\n in GraphQL string at location 1:3",
  ],
  [
    '{ __type(name: "Dog") { ...T } } fragment T on __Type { fields { type { ...U } } } fragment U on __Type { fields { type { ...T inputFields { name } } } }',
    'Maximum introspection depth exceeded\ninput:1:126: Cannot spread fragment "T" within itself via "U" in GraphQL string at location 1:3',
  ],
  [
    "{ __schem { x } }",
    'Cannot query field "__schem" on type "Query". Did you mean "__schema"?\n in GraphQL string at location 1:3',
  ],
  [
    "query Q($x: __Type) { dog { name } }",
    'Variable "$x" is never used in operation "Q".\ninput:1:9: Variable "$x" cannot be non-input type "__Type" in GraphQL string at location 1:9',
  ],
  ["{ human(at: $v) { name } }", 'Variable "$v" is not defined in GraphQL string at location 1:13'],
  [
    "query A { ...F } query B($x: Int) { ...F } fragment F on Query { human(n: $x) { name } }",
    'Variable "$x" is not defined by operation "A" in GraphQL string at location 1:75',
  ],
  [
    "{ dog { __typename __typename { x } } }",
    'Cannot query field "x" on type "String".\ninput:1:20: Field "__typename" must not have a selection since type "String" has no subfields in GraphQL string at location 1:33',
  ],
  ["{ dog { __typename(a: 1) } }", 'Unknown argument "a" on field "Dog.__typename" in GraphQL string at location 1:9'],
  [
    "{ a: dog { name } a: cat { name } }",
    'Fields "a" conflict because "dog" and "cat" are different fields. Use different aliases on the fields to fetch both if this was intentional in GraphQL string at location 1:19',
  ],
  [
    "{ dog { name @include(if: true) @include(if: false) } }",
    'The directive "@include" can only be used once at this location in GraphQL string at location 1:34',
  ],
  [
    '{ human(name: "a\\"b\\u00e9\\n", n: "é") { name } }',
    'Int cannot represent non-integer value: "é"\n in GraphQL string at location 1:35',
  ],
  [
    '{ human(n: "\\u0001") { name } }',
    'Int cannot represent non-integer value: "\\x01"\n in GraphQL string at location 1:13',
  ],
  [
    'query Q($x: [Int!] = [1, "a", null]) { human(n: $x) { name } }',
    'Int cannot represent non-integer value: "a"\ninput:1:31: Expected value of type "Int!", found null.\ninput:1:49: Variable "$x" of type "[Int!]" used in position expecting type "Int" in GraphQL string at location 1:27',
  ],
  [
    "query Q($x: Filter = {minAge: 1, kind: FISH, nope: 1}) { human { pets(filter: $x) { __typename } } }",
    'Value "FISH" does not exist in "Kind" enum.\ninput:1:46: Field "nope" is not defined by type "Filter" in GraphQL string at location 1:40',
  ],
  ["", "valid"],
];

for (const [query, answer] of cases) {
  test(`graphql.parse of ${query}`, () => {
    const got = answerOf(graphql, "graphql.parse", [query, schema]);
    equal(got.startsWith("[") ? "valid" : got, answer);
    equal(answerOf(graphql, "graphql.is_valid", [query, schema]), String(answer === "valid"));
  });
}
