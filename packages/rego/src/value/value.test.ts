import assert from "node:assert/strict";
import { test } from "node:test";
import { lookup } from "./access.ts";
import { compare, equal, keyOf, RegoObject, RegoSet } from "./collection.ts";
import { jsonText, parseJson } from "./json.ts";
import { normalizeNumber, numberFromText, numberText } from "./number.ts";
import type { Value } from "./value.ts";

const numbers: readonly [text: string, printed: string, type: string][] = [
  ["0", "0", "number"],
  ["-0", "-0", "object"],
  ["1.0", "1.0", "object"],
  ["1e3", "1e3", "object"],
  ["0.1", "0.1", "number"],
  ["0.10", "0.10", "object"],
  ["9007199254740991", "9007199254740991", "number"],
  ["9007199254740993", "9007199254740993", "bigint"],
  ["1e100", "1e100", "object"],
  ["1e-7", "1e-7", "number"],
  ["0.0000001", "0.0000001", "object"],
  ["0.33333333333333333333", "0.33333333333333333333", "object"],
];

for (const [text, printed, type] of numbers) {
  test(`number ${text}`, () => {
    const value = numberFromText(text);
    assert.ok(value !== undefined);
    assert.equal(typeof value, type);
    assert.equal(numberText(value), printed);
  });
}

const alike: readonly string[][] = [
  ["1", "1.0", "1e0", "10e-1", "0.1e1"],
  ["0", "-0", "0.0", "-0.0", "0e5"],
  ["0.1", "0.10", "1e-1"],
  ["1000000000000000000000000", "1e24", "1000000000000000000000000.0"],
  ["0.33333333333333333333", "3.3333333333333333333e-1"],
  ["2e308", "20e307", "2e+308"],
  ["2e500", "20e499"],
];

test("numbers that are written in other ways are the same", () => {
  for (const texts of alike) {
    const values = texts.map((text) => parseJson(text));
    for (const a of values)
      for (const b of values) {
        assert.ok(equal(a, b), `${jsonText(a)} ${jsonText(b)}`);
        assert.equal(compare(a, b), 0);
        assert.equal(keyOf(a), keyOf(b));
        assert.ok(RegoSet.of([a]).has(b));
        assert.equal(RegoSet.of([...values, a, b]).size, 1);
      }
    assert.deepEqual(values.map(jsonText), texts);
  }
});

test("numbers in JSON keep their text", () => {
  for (const text of ['{"a":1.0}', "[0.10,1]", "-0", "[-0]", "[0.0000001,1.5]", "[1.50 ,2]", "1E5", "[100,10.5,0.5,0]"])
    assert.equal(jsonText(parseJson(text)), text.replace(" ", ""));
});

test("of keys that become the same text the greater one stays", () => {
  const keys = RegoObject.of([
    [1, "number"],
    ["1", "text"],
    [RegoSet.of([1]), "set"],
    [[1], "array"],
  ]);
  assert.equal(jsonText(keys), '{"1":"text","[1]":"set"}');
  assert.equal(jsonText(RegoObject.of([[keys, 1]])), '{"{\\"1\\":\\"text\\",\\"[1]\\":\\"set\\"}":1}');
});

test("equal numbers have one representation", () => {
  assert.equal(normalizeNumber(10n, -1), 1);
  assert.equal(normalizeNumber(1n, 2), 100);
  assert.equal(numberFromText("1e400000"), undefined);
});

test("exact JSON", () => {
  const text = '{"a":12345678901234567890,"b":[0.1,1.5],"c":"12345678901234567890"}';
  assert.equal(jsonText(parseJson(text)), text);
});

test("exact numbers beside texts that look like them", () => {
  for (const text of [
    '{"n":1,"uid":"705ab4f5-6393-11e8-b7cc"}',
    '{"n":1e400,"uid":"11e8"}',
    '["1e5",12345678901234567890,"\\"1e5"]',
  ])
    assert.equal(jsonText(parseJson(text)), text);
  assert.throws(() => parseJson('{"uid":"11e8'), SyntaxError);
});

test("order of types", () => {
  const ordered: Value[] = [
    null,
    false,
    true,
    -1,
    2n ** 60n,
    "",
    "a",
    "\uffff",
    "\u{10000}",
    [],
    [1],
    {},
    { a: 1 },
    new RegoSet(),
  ];
  for (let i = 0; i + 1 < ordered.length; i++) {
    assert.ok(compare(ordered[i] as Value, ordered[i + 1] as Value) < 0, `${i}`);
    assert.ok(compare(ordered[i + 1] as Value, ordered[i] as Value) > 0, `${i}`);
  }
});

test("sorted members, whatever their number and order", () => {
  for (const size of [0, 1, 2, 8, 9, 40]) {
    const numbers = Array.from({ length: size }, (_, i) => i);
    const names = numbers.map((i) => `n${i % 3}\u{10000}${i}`).sort();
    for (const values of [numbers, names]) {
      assert.deepEqual(RegoSet.of(values).sorted(), values);
      assert.deepEqual(RegoSet.of([...values].reverse()).sorted(), values);
      const object = RegoObject.of([...values].reverse().map((each) => [each, each]));
      assert.deepEqual(object.sortedKeys(), values);
      assert.deepEqual(object.valuesAt(object.sortedKeys()), values);
    }
  }
});

test("a set that grows after it was sorted", () => {
  const set = RegoSet.of([1, 2]);
  assert.deepEqual(set.sorted(), [1, 2]);
  set.add(0);
  set.add(2);
  assert.deepEqual(set.sorted(), [0, 1, 2]);
  assert.equal(set.canonical(), "<0,1,2>");
});

test("objects of other keys are not equal", () => {
  const pairs: readonly [Value, Value, boolean][] = [
    [{ a: 1, b: 2 }, { b: 2, a: 1 }, true],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: 1, b: 2 }, { a: 1, c: 2 }, false],
    [JSON.parse('{"__proto__": 1}'), JSON.parse('{"toString": 1}'), false],
    [JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 1}'), true],
  ];
  for (const [a, b, wanted] of pairs) assert.equal(equal(a, b), wanted, `${jsonText(a)} ${jsonText(b)}`);
});

test("built and parsed objects are equal and share keys", () => {
  const built = RegoObject.of([
    ["b", 2],
    ["a", RegoSet.of([1])],
  ]);
  const other = { a: RegoSet.of([1]), b: 2 };
  assert.ok(equal(built, other));
  assert.equal(keyOf(built), keyOf(other));
  assert.ok(!equal(built, { a: [1], b: 2 }));
});

test("keys never collide with strings, and prototype names are only keys", () => {
  assert.notEqual(keyOf([1]), keyOf("\0[1]"));
  assert.equal(lookup(parseJson('{"__proto__":1}'), "__proto__"), 1);
  assert.equal(lookup({}, "constructor"), undefined);
});

/** A member by a short word: `3` a number, `a` a string, `[3]` an array. */
function memberOf(word: string): Value {
  if (word.startsWith("[")) return [Number(word.slice(1, -1))];
  return /^\d+$/.test(word) ? Number(word) : word;
}

/** How members come: in order or not, twice, of one kind or several, few or more than are compared one by one. */
const arrivals: readonly [members: string, distinct: number][] = [
  ["1 2 3", 3],
  ["1 2 2 1 3", 3],
  ["1 2 3 4 5 6 7 8 9 10 11 12", 12],
  ["1 2 3 4 5 6 7 8 9 10 11 12 12 3 13", 13],
  ["1 2 3 4 5 6 7 8 8 8 9 9", 9],
  ["12 11 10 9 8 7 6 5 4 3 2 1 12 1", 12],
  ["1 3 2 4 5 6 7 8 9 10 11 2 12 13 13", 13],
  ["a b c d e f g h i j k", 11],
  ["a b c d e f g h i j k k a l", 12],
  ["1 2 3 4 5 6 7 8 a b c 1 a d", 12],
  ["a b 1 2 c d 3 4 e f 5 a 5", 11],
  ["1 2 3 4 5 6 7 [1] 8 9 10 [1] [2] 11", 13],
  ["[1] [2] [3] [1] 1 2 3 4 5 6 7 8 8", 11],
];

for (const [words, distinct] of arrivals) {
  test(`members that come as ${words}`, () => {
    const members = words.split(" ").map(memberOf);
    const asked = new RegoSet();
    const set = new RegoSet();
    const object = new RegoObject();
    const once = new RegoObject();
    members.forEach((member, i) => {
      set.add(member);
      asked.add(member);
      object.set(member, i);
      const earlier = members.findIndex((each) => equal(each, member));
      assert.equal(once.setOnce(member, i), earlier < i ? earlier : undefined);
      for (const each of members) {
        const isIn = members.slice(0, i + 1).some((known) => equal(known, each));
        assert.equal(asked.has(each), isIn);
        assert.equal(once.has(each), isIn);
      }
    });
    assert.deepEqual([set.size, asked.size, object.size, once.size], Array(4).fill(distinct));
    assert.equal(set.has("not there"), false);
    assert.ok(equal(set, asked) && equal(asked, set));
    members.forEach((member) => {
      assert.ok(set.has(member));
      assert.equal(
        object.get(member),
        members.findLastIndex((each) => equal(each, member)),
      );
    });
    assert.deepEqual(set.sorted(), [...set.items].sort(compare));
    assert.deepEqual(object.sortedKeys(), [...set.items].sort(compare));
  });
}
