import type { DeclaredType } from "../packages/rego/src/builtins/capabilities.ts";

// Operands as Rego text, few and hostile, by type.

const strings = [
  ...[
    '""',
    '"a"',
    '"abc"',
    '"é"',
    '"日本"',
    '"😀a"',
    '"a.b.c"',
    '"a b"',
    '" a "',
    '"A"',
    '"ß"',
    '"İ"',
    '"aAbB"',
    '"\\n"',
  ],
  ...[
    '"%v"',
    '"%d"',
    '"%s"',
    '"[a-z]+"',
    '"("',
    '"*"',
    '"a*"',
    '"**"',
    '"?"',
    '"{a,b}"',
    '"[!a]"',
    '"$1"',
    '"(a)(b)?"',
  ],
  ...['"a/b/c"', '"/a/0"', '"."', '","', '"\\\\"', '"\\u0000"', '"1"', '"-1"', '"1.5"', '"1e3"', '"0x1F"'],
  ...['"1Ki"', '"10M"', '"1.5G"', '"100m"', '"abc=def&x=1"', '"%zz"', '"aGk="', '"aGk"', '"6869"', '"xyz"'],
  ...['"10.0.0.0/8"', '"10.0.0.1"', '"::1/64"', '"1.2.3"', '"1.2.3-rc.1+b"', '"v1.2"'],
  ...['"2020-01-02T03:04:05Z"', '"2006-01-02"', '"1h2m3s"', '"UTC"', '"America/New_York"', '"Foo/Bar"'],
  ...['"true"', '"null"', '"{\\"a\\": 1}"', '"a: 1"', '"- 1\\n- yes"', '"http://u:p@h:80/p?q=1#f"'],
];

const numbers = [
  ...["0", "1", "-1", "2", "3", "10", "16", "64", "100", "255", "1.5", "-2.5", "0.1", "1e3", "1e20", "1e-7", "1e100"],
  ...["9007199254740993", "-9223372036854775808", "9223372036854775807", "9223372036854775808"],
  ...["123456789012345678901234567890", "0.30000000000000004", "1577934245000000000"],
];

const arrays = [
  ...[
    "[]",
    '["a"]',
    '["a", "b"]',
    "[1, 2, 3]",
    '["a", 1]',
    "[[1], [2]]",
    "[null]",
    "[3, 1, 2]",
    '["."]',
    "[true, false]",
  ],
  ...['[{"op": "add", "path": "/x", "value": 1}]', '["a/b"]', '[["a", 0]]', '["10.0.0.0/8", "10.1.0.0/16"]'],
  ...['[1577934245000000000, "UTC"]', '[1577934245000000000, "America/New_York", "RFC822"]', "[1.5, -2]"],
];

const sets = ["set()", "{1}", '{"a"}', '{"a", "b"}', '{1, "a", null}', "{{1}, {2}}", '{"10.0.0.0/8"}', "{[1, 2]}"];

const objects = [
  ...["{}", '{"a": 1}', '{"a": {"b": [1, 2]}}', '{"a": "b", "c": ["d", "e"]}', "{1: 2}", '{"__proto__": 1}'],
  ...['{"a": null, "b": true}', '{"a": ["b"], "b": ["c"], "c": []}', '{"b": {"a"}, "a": {"b"}}'],
];

const others = ["null", "true", "false"];

/** Of every type. */
export const allOperands: readonly string[] = [...strings, ...numbers, ...others, ...arrays, ...sets, ...objects];

/** Operands of a declared type. */
export function operandsOf({ type, of }: DeclaredType): readonly string[] {
  const known = { string: strings, number: numbers, array: arrays, set: sets, object: objects, boolean: others }[type];
  if (known !== undefined) return known;
  return Array.isArray(of) && of.length > 0 ? (of as readonly DeclaredType[]).flatMap(operandsOf) : allOperands;
}

/** Which no builtin takes a world from: no requests, no names. */
export const worldlyOperands: readonly string[] = [
  ...numbers,
  ...others,
  ...arrays,
  ...sets,
  "{}",
  '{"a": 1}',
  "{1: 2}",
];

/** For answers that grow with the operands. */
export const smallOperands: readonly string[] = [
  ...[
    "0",
    "1",
    "-1",
    "2",
    "2.5",
    "-7",
    "64",
    "1e3",
    "null",
    "[]",
    '"a"',
    '"10.0.0.0/30"',
    '"10.0.0.1/31"',
    '"::1/126"',
  ],
  ...['"10.0.0.0"', "{}", "{1}", "9223372036854775807", "1.0", "-1.5"],
];
