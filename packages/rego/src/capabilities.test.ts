import assert from "node:assert/strict";
import { test } from "node:test";
import { type Capabilities, currentCapabilities } from "./builtins/capabilities.ts";
import { compile, type EngineOptions } from "./engine.ts";
import { formatDiagnostic } from "./syntax/diagnostic.ts";

const effects = { nowNs: 0n, randomBytes: (size: number) => new Uint8Array(size), env: {} };
const number = { type: "number" };

/** The first fault of a module, or `fine`. */
function verdict(text: string, options: EngineOptions): string {
  const [fault] = compile([{ file: "p.rego", text: `package p\n${text}` }], options).diagnostics;
  return fault === undefined ? "fine" : formatDiagnostic(fault);
}

/** What is given in the place of what OPA 1.19 has. */
type Row = readonly [capabilities: Capabilities, text: string, wanted: string, version?: "v0"];

const none: Capabilities = { features: [] };
const v1: Capabilities = { features: ["rego_v1"], future_keywords: [] };

const rows: readonly Row[] = [
  [none, "p := 1", "rego_parse_error: illegal capabilities: rego_v1 feature required for parsing v1 Rego"],
  [none, "p = 1", "fine", "v0"],
  [none, "p.q = 1", "fine", "v0"],
  [none, "p.q[x] = 1 { x = 1 }", "p.rego:2: rego_compile_error: rule heads with refs are not supported: p.q[x]", "v0"],
  [{ features: ["rule_head_ref_string_prefixes"] }, "p.q[x] = 1 { x = 1 }", "fine", "v0"],
  [{ features: ["rule_head_refs"] }, "p.q[x].r = 1 { x = 1 }", "fine", "v0"],
  [
    none,
    "import rego.v1",
    "p.rego:2: rego_parse_error: invalid import, `rego.v1` is not supported by current capabilities",
    "v0",
  ],
  [{ features: ["rego_v1_import"] }, "import rego.v1", "fine", "v0"],
  [
    { features: [], future_keywords: ["if", "in"] },
    "import future.keywords.every",
    "p.rego:2: rego_parse_error: unexpected keyword, must be one of [if in]",
    "v0",
  ],
  [
    v1,
    "import future.keywords.not",
    "p.rego:2: rego_parse_error: unexpected keyword, must be one of [contains every if in]",
  ],
  [v1, 'p := $"{1}"', "p.rego:2: rego_parse_error: template strings are not supported by current capabilities"],
  [v1, "p := input.if", "p.rego:2: rego_parse_error: unexpected if keyword: expected identifier"],
  [{ builtins: [] }, "p := count([])", "p.rego:2: rego_type_error: undefined function count"],
  [{ builtins: [] }, 'p := $"{1}"', "p.rego:2: rego_compile_error: template-strings are not supported"],
  [
    { builtins: [{ name: "eq", decl: {} }] },
    "p if x = 1",
    "p.rego:2: rego_type_error: eq: arity mismatch\n\thave: (???, number)\n\twant: ()",
  ],
];

test("capabilities say what policies may use", () => {
  for (const [capabilities, text, wanted, regoVersion = "v1"] of rows)
    assert.equal(
      verdict(text, { capabilities: { ...currentCapabilities(), ...capabilities }, regoVersion }),
      wanted,
      `${JSON.stringify(capabilities)} ${text}`,
    );
});

test("a builtin of one's own has a signature", () => {
  const twice = {
    name: "math.twice",
    signature: { args: [number], result: number },
    call: ([x]: readonly unknown[]) => Number(x) * 2,
  };
  const { policy } = compile([{ file: "p.rego", text: "package p\nq := math.twice(input) + 1" }], {
    builtins: [twice],
  });
  assert.equal(policy?.evaluate("p/q", { effects, input: 4 }), 9);
  assert.equal(policy?.evaluate("p/q", { effects, input: 4, evaluator: "interpreter" }), 9);
  const details = "have: (string, ???)\n\twant: (number, number)";
  const wanted = `p.rego:2: rego_type_error: math.twice: invalid argument(s)\n\t${details}`;
  assert.equal(verdict('q := math.twice("a")', { builtins: [twice] }), wanted);
});

test("hosts that capabilities do not allow are not asked", () => {
  const text = 'package p\nq := net.lookup_ip_addr("example.com")';
  const { policy } = compile([{ file: "p.rego", text }], {
    capabilities: { ...currentCapabilities(), allow_net: ["other.test"] },
  });
  const options = {
    effects: { ...effects, lookup: () => ({ kind: "addresses", addresses: ["192.0.2.1"] }) as const },
    strictBuiltinErrors: true,
  };
  assert.throws(() => policy?.evaluate("p/q", options), /unallowed host: example\.com/);
  assert.throws(() => policy?.prepareQuery("data.p.q").answers(options), /unallowed host: example\.com/);
});
