import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import { compile } from "../engine.ts";
import { lookup } from "../value/access.ts";
import { jsonText, parseJson } from "../value/json.ts";
import { generate } from "./generate.ts";

// Names that mean something to JavaScript are only names, and no text of a policy becomes code.

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };

/** The document of a package by each evaluator, as JSON. */
function answers(module: string, path: string, input: string, data: string, file = "p.rego"): readonly string[] {
  const { policy, diagnostics } = compile([{ file, text: module }]);
  deepEqual(diagnostics, []);
  const options = { input: parseJson(input), data: parseJson(data), effects };
  const ref = path.split("/").reduce((text, part) => `${text}[${JSON.stringify(part)}]`, "data");
  return [
    policy?.evaluate(path, options),
    policy?.evaluate(path, { ...options, evaluator: "interpreter" }),
    lookup(policy?.walk(`x = ${ref}`, options)[0] ?? null, "x"),
  ].map((value) => jsonText(value ?? null));
}

const names = [
  ...["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "prototype", "__defineGetter__", "length"],
  ...["isPrototypeOf", "then", "arguments", "eval", "this", "memo", "input_", "canonical", "add", "size", "undefined"],
];

for (const name of names) {
  test(`${name} is a name like any other`, () => {
    const module = `package p.${name}

${name} := 1
f(${name}) := [${name}, input.${name}, data.d.${name}]
a := f(input.missing)
b := f(7)
c[${name}] := value if { some ${name}, value in input }
d := {${name} | some ${name} in object.keys(data.d)}
e := object.get(input, "${name}", "none")
g := input["${name}"]
i := {"${name}": 1}.${name}
j contains "${name}"
k.${name}.${name} := 2
l := object.union(input, {"other": 1})
m := json.unmarshal(json.marshal(input))
n := value if { value := input with input.${name} as 5 }
o := object.remove(input, ["${name}"])
every_${name} if { every ${name} in [1] { ${name} == 1 } }
`.replace(`h if { not input.absent.${name}; not [].${name}; not "text".${name}; not {1}.${name} }\n`, "");
    const given = `{"${name}": "in"}`;
    const base = `{"d": {"${name}": "base"}}`;
    const wanted = {
      [`every_${name}`]: true,
      b: [7, "in", "base"],
      c: JSON.parse(given),
      d: [name],
      e: "in",
      g: "in",
      i: 1,
      j: [name],
      k: JSON.parse(`{"${name}": {"${name}": 2}}`),
      l: JSON.parse(`{"${name}": "in", "other": 1}`),
      m: JSON.parse(given),
      n: JSON.parse(`{"${name}": 5}`),
      o: {},
    };
    const text = JSON.stringify(wanted).replace(/}$/, `,"${name}":1}`);
    for (const answer of answers(module, `p/${name}`, given, base)) equal(answer, jsonText(parseJson(text)));
  });

  test(`${name} is nowhere unless it is written`, () => {
    const module = `package p

a := input["${name}"]
b := data.d["${name}"]
c := input.list["${name}"]
d := input.text["${name}"]
e := object.get(input, "${name}", "none")
f if input.n["${name}"]
g if { some key; input[key]; key == "${name}" }
h if "${name}" in object.keys(input)
`;
    for (const answer of answers(module, "p", '{"list": [], "text": "", "n": 1}', '{"d": {}}'))
      equal(answer, '{"e":"none"}');
  });
}

const texts = [
  ...[
    '"',
    "'",
    "`",
    "\\",
    "\n",
    "\r",
    "\u2028",
    "\u2029",
    "\0",
    "$" + "{globalThis}",
    "*/",
    "/*",
    "//",
    "</script>",
    "<!--",
  ],
  ...[
    '"]; globalThis.escaped = 1; ["',
    "`; globalThis.escaped = 1; `",
    "'); globalThis.escaped = 1; ('",
    "\\u0022",
    "\ud83d\ude00",
  ],
  ...["__proto__", "}; globalThis.escaped = 1; {", "$.escaped", "1;globalThis.escaped=1", "-->", "\u200b"],
];

for (const text of texts) {
  test(`${JSON.stringify(text)} is never code`, () => {
    const name = JSON.stringify(text);
    const module = `package p[${name}].q

r[${name}] := ${name}
s := input[${name}]
t := data.d[${name}][${name}]
u contains ${name} if input[${name}] == ${name}
v := {${name}: [${name}]}
w if { every x in [${name}] { x == ${name} } }
f(x) := ${name} if x == ${name}
y := f(${name})
z := sprintf("%s", [${name}])
`;
    const wanted = jsonText(
      parseJson(
        JSON.stringify({
          s: text,
          t: 1,
          u: [text],
          w: true,
          y: text,
          z: text,
        }).replace(/}$/, `,"r":{${name}:${name}},"v":{${name}:[${name}]}}`),
      ),
    );
    const data = `{"d": {${name}: {${name}: 1}}}`;
    const file = text.replaceAll("\0", "");
    const { policy, diagnostics } = compile([{ file, text: module }]);
    deepEqual(diagnostics, []);
    const options = { input: parseJson(`{${name}: ${name}}`), data: parseJson(data), effects };
    for (const evaluator of ["generated", "interpreter"] as const) {
      const document = policy?.evaluate("p", { ...options, evaluator }) ?? null;
      equal(jsonText(lookup(lookup(document, text) ?? null, "q") ?? null), wanted);
    }
    equal("escaped" in globalThis, false);
  });
}

test("generated code sees only what it is given", () => {
  const { policy } = compile([{ file: "p", text: "package p\n\nr := input.x" }]);
  const made = policy?.plan("p/r");
  const seen: string[] = [];
  const original = globalThis.Function;
  try {
    globalThis.Function = new Proxy(original, {
      construct: (target, args: string[]) => {
        seen.push(...args.slice(0, -1));
        return Reflect.construct(target, args) as object;
      },
    });
    generate(made as NonNullable<typeof made>, new Map());
  } finally {
    globalThis.Function = original;
  }
  deepEqual(seen, ["$", "c"]);
});
