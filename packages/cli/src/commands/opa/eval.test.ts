import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = {
  "p.rego": "package p\n\nallow if input.x == 1\n\ns contains x if some x in [3, 1, 2]\n",
  "in.json": '{"x": 1}',
  "tree/a/b.json": '{"k": 1}',
  "tree/a/c.yaml": "l: [1, 2]",
  "tree/skip.txt": "no document",
  "clash.json": '{"a": {"k": 2}}',
  "list.json": "[1]",
  "broken.json": "{broken",
  "under.rego": "package a.k\n\np := 1\n",
  "unsafe.rego": "package q\n\np := x\n",
  "k.rego": `package k

r1 if input.a

default r2.c := set()

r2.c := r1 if true

r4[x].y := 1 if x := r2.c

s contains 1 if not q

q if { input.a; input.b }
`,
  "bundle/data.json": '{"a": 1}',
  "bundle/other.json": '{"b": 2}',
  "bundle/q.rego": "package q\n\np := 1\n",
  "owned/.manifest": '{"roots": ["b"]}',
  "owned/data.json": '{"c": 1}',
};

/** A command line behind `opa eval`, and what it prints on standard output with status 0. */
const printed: readonly (readonly [string, string])[] = [
  ["-f raw 1+1", "2\n"],
  ["-f values 'x := 1; x'", "[\n  true,\n  1\n]\n"],
  ["-f bindings 'x := 1'", '{\n  "x": 1\n}\n'],
  ["-f pretty 'x := 1'", "┌───┐\n│ x │\n├───┤\n│ 1 │\n└───┘\n"],
  ["-f pretty '1; true'", "┌───┬──────┐\n│ 1 │ true │\n├───┼──────┤\n│ 1 │ true │\n└───┴──────┘\n"],
  ["-f pretty 'true; true'", "true\n"],
  ["-f pretty 'not true'", "undefined\n"],
  ["-f discard 1", '{\n  "result": "discarded"\n}\n'],
  ["-f json 'false; true'", "{}\n"],
  ["-d p.rego -i in.json -f raw data.p.allow", "true\n"],
  ["--data=p.rego --format=raw data.p.s", "[1,2,3]\n"],
  ["-fraw -d tree data", '{"a":{"k":1,"l":[1,2]}}\n'],
  ["-fraw -d x.y:tree/a/b.json data", '{"x":{"y":{"k":1}}}\n'],
  ["-fraw -d tree --ignore '*.yaml' data", '{"a":{"k":1}}\n'],
  ["-fraw -d x:list.json data.x[0]", "1\n"],
  ["-fraw -b bundle data", '{"a":1,"q":{"p":1}}\n'],
  ["-fraw --fail=false 1", "1\n"],
  ["-p -f source 'x := input.a; not input.b'", "# Query 1\nnot input.b\n__localq0__ = input.a\n\n"],
  ["-p -f pretty '1 == 2'", "undefined\n"],
  ["-p -f json -u nope.x 'input.x > 1'", '{\n  "partial": {}\n}\n'],
  ["-p -f json '1 == 2'", '{\n  "partial": {}\n}\n'],
  ["-p -f source -d p.rego data.p.allow", "# Query 1\ninput.x = 1\n\n"],
  [
    "-p -f source -d p.rego --disable-inlining data.p.allow data.p.allow",
    "# Query 1\ndata.partial.p.allow\n\n# Module 1\npackage partial.p\n\nallow if input.x = 1\n",
  ],
  [
    "-p -f source -d k.rego 'data.k.r4 = x; data.k.s = y'",
    `# Query 1
data.partial.k.r4 = x
data.partial.k.s = y

# Module 1
package partial.k

r2.c if input.a

default r2.c := set()

r4[__local0__1].y := 1 if data.partial.k.r2.c = __local0__1

s contains 1 if not input.a

s contains 1 if not input.b
`,
  ],
  [
    "-p -f pretty --shallow-inlining -d p.rego data.p.allow",
    `┌───────────┬──────────────────────────────────┐
│ Query 1   │ data.partial.p.allow = _term_0_0 │
│           │ _term_0_0                        │
├───────────┼──────────────────────────────────┤
│ Support 1 │ package partial.p                │
│           │                                  │
│           │ allow if input.x = 1             │
└───────────┴──────────────────────────────────┘
`,
  ],
];

/** A command line, its status, and what its error stream begins with. */
const refused: readonly (readonly [string, number, string])[] = [
  ["", 1, "Error: specify query argument or --stdin\nUsage:\n"],
  ["1 2", 1, "Error: specify at most one query argument\n"],
  ["--foo 1", 1, "Error: unknown flag: --foo\n"],
  ["-z 1", 1, "Error: unknown shorthand flag: 'z' in -z\n"],
  ["1 -d", 1, "Error: flag needs an argument: 'd' in -d\n"],
  ["--fail=maybe 1", 1, 'Error: invalid argument "maybe" for "--fail" flag: strconv.ParseBool: parsing "maybe": '],
  ["-f foo 1", 1, 'Error: invalid argument "foo" for "-f, --format" flag: must be one of {json,values,bindings,'],
  ["-f pretty -d nope.rego 1", 2, "1 error occurred: stat nope.rego: no such file or directory\n"],
  ["-f pretty -d tree -d clash.json 1", 2, "1 error occurred: clash.json: merge error\n"],
  ["-f pretty -d list.json 1", 2, "1 error occurred: list.json: document must be of type object\n"],
  [
    "-f pretty -d broken.json 1",
    2,
    "1 error occurred: broken.json: invalid character 'b' looking for beginning of object",
  ],
  ["-f pretty -d unsafe.rego 1", 2, "1 error occurred: unsafe.rego:3: rego_unsafe_var_error: var x is unsafe\n"],
  [
    "-f pretty -b owned 1",
    2,
    "1 error occurred: loading error: bundle owned: manifest roots [b] do not permit data at path",
  ],
  [
    "-f pretty -d tree -d under.rego 1",
    2,
    "1 error occurred: under.rego:3: rego_compile_error: conflicting rule for data",
  ],
  ["-i nope.json 1", 2, "open nope.json: no such file or directory\n"],
];

test("eval prints what OPA prints", () =>
  inFolder(files, async () => {
    for (const [line, out] of printed)
      assert.deepEqual(await runLine(`eval ${line}`), { status: 0, out, err: "" }, line);
  }));

test("eval prints what partial evaluation leaves as OPA's syntax tree", async () => {
  const { out } = await runLine("eval -p -f json 'input.x == 1'");
  const ref = (...path: readonly string[]) => ({
    type: "ref",
    value: path.map((value, i) => ({ type: i === 0 ? "var" : "string", value })),
  });
  const expr = { index: 0, terms: [ref("eq"), ref("input", "x"), { type: "number", value: 1 }] };
  assert.deepEqual(JSON.parse(out), { partial: { queries: [[expr]] } });
});

const timersOf = (text: string, prefix: string) => text.split(" ").map((stage) => `timer_${prefix}_${stage}_ns`);

/** Those of OPA for the same policy, but for those that have no like here: what it clears, gathers or indexes beside. */
const moduleStages = [
  ...timersOf(
    "check_imports check_keyword_overrides check_recursion check_rule_conflicts check_safety_rule_bodies check_safety_rule_heads check_types check_undefined_funcs check_void_calls rebuild_comprehension_indices resolve_refs rewrite_comprehension_terms rewrite_dynamic_terms rewrite_equals rewrite_expr_terms rewrite_local_vars rewrite_print_calls rewrite_refs_in_head rewrite_rego_metadata_calls rewrite_rule_head_refs rewrite_template_strings rewrite_test_rules_for_tracing rewrite_with_values set_annotationset set_graph set_rule_tree",
    "compile_stage",
  ),
  ...timersOf("check_deprecated_builtins check_unsafe_builtins", "compile_state"),
];
const queryStages = timersOf(
  "build_comprehension_index check_deprecated_builtins check_keyword_overrides check_safety check_types check_undefined_funcs check_unsafe_builtins check_void_calls resolve_refs rewrite_comprehension_terms rewrite_dynamic_terms rewrite_expr_terms rewrite_local_vars rewrite_print_calls rewrite_to_capture_value rewrite_with_values",
  "query_compile_stage",
);

test("eval tells how long each stage of the compiler took, when asked", () =>
  inFolder({ "p.rego": "package p\n\nx := 1\n" }, async () => {
    const timers = async (flag: string) => {
      const { out } = await runLine(`eval ${flag} -d p.rego data.p.x`);
      return Object.keys(JSON.parse(out).metrics).filter((name) => /_stage_|_state_/.test(name));
    };
    const stages = await timers("--instrument");
    assert.deepEqual(stages, [...moduleStages, ...queryStages]);
    assert.deepEqual(await timers("--metrics"), []);
  }));

test("eval tells how long modules and documents took to parse, of files and of bundles", () =>
  inFolder({ "b/p.rego": "package p\n\nx := 1\n", "b/data.json": '{"y": 1}', "d.yaml": "z: 1" }, async () => {
    const parses = async (flags: string) => {
      const { out } = await runLine(`eval --metrics ${flags} data.p.x`);
      return Object.keys(JSON.parse(out).metrics).filter((name) => name.endsWith("_parse_ns"));
    };
    const [module, data, query] = ["module", "data", "query"].map((what) => `timer_rego_${what}_parse_ns`);
    assert.deepEqual(await parses("-d b/p.rego"), [module, query]);
    assert.deepEqual(await parses("-d d.yaml"), [data, query]);
    assert.deepEqual(await parses("-b b"), [data, module, query]);
  }));

test("eval refuses as OPA refuses", () =>
  inFolder(files, async () => {
    for (const [line, status, begin] of refused) {
      const outcome = await runLine(`eval ${line}`);
      assert.equal(outcome.status, status, line);
      assert.equal(outcome.err.slice(0, begin.length), begin, line);
    }
  }));

test("flags come from the environment too, and the command line wins", async () => {
  const env = { OPA_EVAL_FORMAT: "raw" };
  assert.equal((await runLine("eval 1", { env })).out, "1\n");
  assert.equal((await runLine("eval -f values 1", { env })).out, "[\n  1\n]\n");
});

test("queries and input come from standard input", async () => {
  assert.equal((await runLine("eval --stdin -f raw", { stdin: "1 + 1" })).out, "2\n");
  assert.equal((await runLine("eval -I -f raw input.a", { stdin: '{"a": 3}' })).out, "3\n");
});

test("status tells of defined and undefined results when asked", async () => {
  assert.equal((await runLine("eval --fail 'not true'")).status, 1);
  assert.equal((await runLine("eval --fail-defined 1")).status, 1);
  assert.equal((await runLine("eval --fail 1")).status, 0);
});

test("a file of the input may have a colon in its name", async () => {
  const { out } = await inFolder({ "a:b.json": '"w"' }, () => runLine("eval -i a:b.json -f raw input"));
  assert.equal(out, "w\n");
});
