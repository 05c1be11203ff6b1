import { get, post, type Scenario } from "./asked.fixture.ts";

const parent = `# METADATA
# scope: subpackages
# labels:
#   org: acme
#   tier: free
package top
`;

const authz = `# METADATA
# scope: package
# labels:
#   service: authz
#   severity: info
#   n: 1
package top.authz

default allow := false

# METADATA
# scope: document
# labels:
#   component: gate

# METADATA
# labels:
#   severity: low
allow if input.role == "admin"

# METADATA
# labels:
#   severity: lower
allow if input.role in ["admin", "editor"]

# METADATA
# labels:
#   severity: high
deny contains "admin" if input.role == "admin"

# METADATA
# labels: {severity: critical, list: [1, {a: null}], big: 12345678901234567890}
deny contains msg if {
	some name in input.names
	msg := sprintf("bad name %s", [name])
}

# METADATA
# labels:
#   which: first
chosen := "first" if input.n == 1
else := "second" if input.n == 2
else := "last"

# METADATA
# labels:
#   fn: "yes"
double(x) := x * 2

# METADATA
# labels:
#   fn: pattern
named("a") := 1

named("b") := 2

doubled := double(input.n)

twice := [double(1), double(2), double(1)]

negated if not allow

counted := count([x | some x in input.names; allow]) if input.names

# METADATA
# labels:
#   by: key
roles[user] := role if some user, role in input.users

some_role := roles.bob

has_deny if deny.admin

fails := 1 / 0

conflict := 1 if input.role

# METADATA
# labels:
#   on: conflict
conflict := 2 if input.role == "both"
`;

const plain = `package plain

allow if input.role == "admin"

# METADATA
# labels:
#   only: here
deny if input.role == "guest"

nested if data.top.authz.allow

under contains x if {
	some x in input.names
	data.plain.deny with input.role as "guest"
}
`;

const logging = `package system.log

drop if {
	input.rule_labels[_].severity == "critical"
	input.input.drops
}
`;

const files = { "parent.rego": parent, "authz.rego": authz, "plain.rego": plain, "log.rego": logging };

/** Asks for a document with an input. */
const ask = (path: string, input: unknown) => post(`/v1/data/${path}`, { input });

/** Labels of the rules that have answered, in what is logged of decisions. */
export const labelScenarios: readonly Scenario[] = [
  {
    name: "labels of rules in decision logs",
    files,
    logs: {},
    asks: [
      ask("top/authz/allow", { role: "admin" }),
      ask("top/authz/allow", { role: "editor" }),
      ask("top/authz/allow", { role: "guest" }),
      ask("top/authz/deny", { role: "admin", names: ["x", "y"] }),
      ask("top/authz/deny", { role: "guest" }),
      ask("top/authz/deny/admin", { role: "admin" }),
      ask("top/authz/chosen", { n: 1 }),
      ask("top/authz/chosen", { n: 2 }),
      ask("top/authz/chosen", { n: 3 }),
      ask("top/authz/doubled", { n: 3 }),
      ask("top/authz/doubled", {}),
      ask("top/authz/twice", {}),
      ask("top/authz/negated", { role: "admin" }),
      ask("top/authz/negated", {}),
      ask("top/authz/counted", { role: "admin", names: ["a", "b"] }),
      ask("top/authz/roles", { users: { bob: "x", eve: "y" } }),
      ask("top/authz/roles/bob", { users: { bob: "x", eve: "y" } }),
      ask("top/authz/some_role", { users: { bob: "x", eve: "y" } }),
      ask("top/authz/has_deny", { role: "admin" }),
      ask("top/authz/fails", { role: "admin" }),
      post("/v1/data/top/authz/fails?strict-builtin-errors", { input: {} }),
      ask("top/authz/conflict", { role: "both" }),
      ask("top/authz", { role: "admin", n: 1 }),
      ask("top", { role: "guest", n: 2 }),
      ask("plain/allow", { role: "admin" }),
      ask("plain/deny", { role: "guest" }),
      ask("plain/deny", { role: "admin" }),
      ask("plain/nested", { role: "admin" }),
      ask("plain/under", { names: ["a", "b"] }),
      ask("nothing", {}),
      ask("top/authz/deny", { role: "admin", names: ["x"], drops: true }),
      get("/v1/data/plain/deny?input=%7B%22role%22%3A%22guest%22%7D"),
      post("/v1/data/plain/deny?explain=full&pretty", { input: { role: "guest" } }),
      post("/v0/data/plain/deny", { role: "guest" }),
      post("/v0/data/plain/deny", { role: "admin" }),
      post("/v1/query", { query: "data.plain.deny", input: { role: "guest" } }),
      post("/v1/query", { query: "data.plain.deny; false", input: { role: "guest" } }),
      post("/v1/query", { query: 'x := data.top.authz.named("a")', input: {} }),
      post("/v1/query", { query: "x := data.top.authz.deny[_]", input: { role: "admin", names: ["x"] } }),
    ],
  },
  {
    name: "metadata of requests in decision logs",
    files: { "p.rego": 'package p\n\nallow := true\n\ninclude if input.x == 1\n\nmain := {"a": input}\n' },
    logs: { default_decision: "/p/main" },
    asks: [
      post("/v1/data/p/allow", { input: { x: 1 }, "com.example.opa/metadata": { trace_id: "req-42" } }),
      post("/v1/data/p/allow", { "com.example.opa/metadata": { trace_id: "req-42" }, b: [1, null], a: null }),
      post("/v1/data/p/allow", { input: null, big: 12345678901234567890n.toString() }),
      post("/v1/data/p/allow", '{"input": {}, "big": 12345678901234567890.10}'),
      post("/v1/data/p/allow", "input: {}\nother: yes\nn: 1\n", { "content-type": "application/yaml" }),
      post("/v1/data/p/nothing", { input: {}, more: {} }),
      post("/v1/data/p/allow", { "": 1 }),
      get("/v1/data/p/allow?more=1"),
      post("/v0/data/p/allow", { input: 1, more: 2 }),
      post("/", { more: 1 }),
      post("/v1/query", { query: "x = 1", more: 1 }),
      post(
        "/v1/compile/p/include",
        { input: {}, unknowns: ["input.x"], query: "told", more: [1] },
        { accept: "application/vnd.opa.ucast.all+json" },
      ),
      post("/v1/compile/p/include", { query: 1 }, { accept: "application/vnd.opa.ucast.all+json" }),
    ],
  },
];
