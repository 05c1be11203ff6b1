/** A request as a user of the REST API sends it. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly body?: string;
  readonly headers?: { readonly [name: string]: string };
  /** Why Sallyport answers something else, where it does. */
  readonly differs?: string;
}

/** Requests that one fresh server is sent, one after another. */
export interface Scenario {
  readonly name: string;
  /** Flags behind `run --server`. */
  readonly flags?: readonly string[];
  /** Files that are loaded: name and text. */
  readonly files?: { readonly [name: string]: string };
  readonly asks: readonly Asked[];
}

const get = (path: string, headers?: Asked["headers"]): Asked => asked("GET", path, undefined, headers);
const post = (path: string, body: unknown, headers?: Asked["headers"]): Asked => asked("POST", path, body, headers);
const put = (path: string, body: unknown, headers?: Asked["headers"]): Asked => asked("PUT", path, body, headers);
const patch = (path: string, body: unknown): Asked => asked("PATCH", path, body);
const remove = (path: string): Asked => asked("DELETE", path);

/** Text is sent as it is, all else as JSON. */
function asked(method: string, path: string, body?: unknown, headers?: Asked["headers"]): Asked {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  return { method, path, ...(text === undefined ? {} : { body: text }), ...(headers === undefined ? {} : { headers }) };
}

const example = `package example

import rego.v1

allow if input.user == "root"

deny contains msg if {
	some n in input.names
	n != data.good
	msg := sprintf("bad name %s", [n])
}

count_all := count(data.list)

f(x) := x + 1

g := f(data.list[1])

defaulted := false if false
else := "last"
`;

const oneError = "OPA reads it as a rule too, and tells what is wrong with that";

const servers = { list: [1, 2, 3], good: "a", deep: { "a b": { c: [{ d: 1 }] }, "1": "one" }, n: null, f: false };
const loaded = { "example.rego": example, "data.json": JSON.stringify(servers) };

export const scenarios: readonly Scenario[] = [
  {
    name: "policies",
    asks: [
      get("/v1/policies"),
      put("/v1/policies/example1", "package opa.examples\n\nallow_request if flag == true\n\nflag := data.public"),
      get("/v1/policies"),
      get("/v1/policies/example1"),
      get("/v1/policies/example1?pretty"),
      put("/v1/policies/example1?pretty=true", "package opa.examples\n\nflag := 1"),
      put("/v1/policies/example1?metrics", "package opa.examples\n\nflag := 1"),
      put("/v1/policies/example1?metrics", "package opa.examples\n\nflag := 2"),
      put("/v1/policies/bad", "package x\n\np if {"),
      put("/v1/policies/bad?pretty", "package x\n\np if q\n\nr := input.a.b == s"),
      put("/v1/policies/bad", "package x\n\nf(a) := 1\np := f(1, 2)"),
      put("/v1/policies/empty", ""),
      put("/v1/policies/empty", "# nothing"),
      put("/v1/policies/a/b/c", "package abc\np := 1"),
      get("/v1/policies/a/b/c"),
      get("/v1/policies/nothing"),
      remove("/v1/policies/nothing"),
      remove("/v1/policies/a/b/c"),
      remove("/v1/policies/a/b/c"),
      remove("/v1/policies/example1?pretty&metrics"),
      get("/v1/policies"),
      put(
        "/v1/policies/imports",
        "package i\nimport data.foo\nimport data.bar as b\nimport input.x\n\np[x] := foo + b if x > 1\n\nq contains y if some y in x\n\nf(a) := a.b[_]\n\ndefault r := 1\n\nr := 2 if { every z in x { z > foo } } else := 3",
      ),
      get("/v1/policies/imports"),
      put("/v1/policies/with%20space", "package spaces\np := 1"),
      get("/v1/policies/with%20space"),
      put("/v1/policies", "package x"),
      post("/v1/policies/x", "package x"),
      remove("/v1/policies"),
      asked("HEAD", "/v1/policies"),
      asked("OPTIONS", "/v1/policies"),
    ],
  },
  {
    name: "policies that need one another",
    asks: [
      put("/v1/policies/a", "package a\nimport data.b\np := b.q(1)"),
      put("/v1/policies/b", "package b\nq(x) := x + 1"),
      put("/v1/policies/a", "package a\nimport data.b\np := b.q(1)"),
      get("/v1/data/a/p"),
      remove("/v1/policies/b"),
      put("/v1/policies/b", "package b\nq(x, y) := x + y"),
      put("/v1/policies/c", "package b\nq := 7"),
      get("/v1/data/a/p"),
      put("/v1/data/a", { p: 7 }),
      put("/v1/data/a/p", 7),
      put("/v1/data/a/p/q", 7),
      put("/v1/data/a/other", 7),
      put("/v1/data/b/q", 7),
      put("/v1/data", { a: { p: 1 } }),
      put("/v1/data/taken/rule", 1),
      put("/v1/policies/d", "package taken\nrule := 1"),
      put("/v1/policies/d", "package taken.rule\nrule := 1"),
      get("/v1/data"),
    ],
  },
  {
    name: "documents",
    files: loaded,
    asks: [
      get("/v1/data"),
      get("/v1/data?pretty"),
      get("/v1/data/example/allow"),
      post("/v1/data/example/allow", { input: { user: "root" } }),
      post("/v1/data/example/allow", { input: { user: "bob" } }),
      post("/v1/data/example/allow", {}),
      post("/v1/data/example/allow", ""),
      post("/v1/data/example/allow", "null"),
      post("/v1/data/example/allow", "[1]"),
      post("/v1/data/example/allow", "true"),
      post("/v1/data/example/allow", '"x"'),
      post("/v1/data/example/allow", "12"),
      post("/v1/data/example/allow", "{"),
      post("/v1/data/example/allow", '{"input": }'),
      post("/v1/data/example/allow", '{"input": {"user": "root"}} trailing'),
      post("/v1/data/example/allow", { inputs: 1 }),
      post("/v1/data/example/allow", { input: null }),
      post("/v1/data/example", { input: { names: ["a", "b"] } }),
      post("/v1/data/example?pretty", { input: { names: ["a", "b"] } }),
      get("/v1/data/example/deny?input=%7B%22names%22%3A%5B%22x%22%5D%7D"),
      get("/v1/data/example/deny?input=%7B"),
      get("/v1/data/example/deny?input="),
      get("/v1/data/list"),
      get("/v1/data/list/1"),
      get("/v1/data/list/7"),
      get("/v1/data/list/-1"),
      get("/v1/data/list/01"),
      get("/v1/data/list/x"),
      get("/v1/data/deep/a%20b/c/0/d"),
      get("/v1/data/deep/1"),
      get("/v1/data/deep/a%2Fb"),
      get("/v1/data/n"),
      get("/v1/data/f"),
      get("/v1/data/example/count_all"),
      get("/v1/data/example/g"),
      get("/v1/data/example/f"),
      get("/v1/data/example/defaulted"),
      get("/v1/data/nothing"),
      get("/v1/data/nothing/at/all"),
      get("/v1/data/"),
      get("/v1/data//list"),
      get("/v1/data/list/"),
      get("/v1/data/./list"),
      get("/v1/data/x/../list"),
      post("/v1/data/example/allow", "input:\n  user: root\n", { "Content-Type": "application/x-yaml" }),
      post("/v1/data/example/allow", "input:\n  user: root\n", { "Content-Type": "application/yaml" }),
      post("/v1/data/example/allow", "input: [", { "Content-Type": "application/x-yaml" }),
      post("/v1/data/example/allow", "input:\n  user: root\n"),
      get("/v1/data/example/allow", { Accept: "application/yaml" }),
      asked("HEAD", "/v1/data/example"),
      asked("OPTIONS", "/v1/data/example"),
    ],
  },
  {
    name: "what is told beside a document",
    files: loaded,
    asks: [
      post("/v1/data/example/allow?metrics", { input: { user: "root" } }),
      post("/v1/data/example/allow?metrics=true&pretty", { input: { user: "root" } }),
      post("/v1/data/example/allow?metrics=false", { input: { user: "root" } }),
      post("/v1/data/example/allow?provenance", { input: { user: "root" } }),
      post("/v1/data/example/allow?provenance=true&metrics", { input: { user: "root" } }),
      get("/v1/data/example/allow?metrics&input=%7B%22user%22%3A%22root%22%7D"),
      get("/v1/data/nothing?metrics&provenance"),
      post("/v1/data/example/allow?explain=notes", { input: { user: "root" } }),
      post("/v1/data/example/allow?explain=full", { input: { user: "root" } }),
      post("/v1/data/example/allow?explain=full&pretty", { input: { user: "root" } }),
      post("/v1/data/example/allow?explain=fails&pretty", { input: { user: "x" } }),
      post("/v1/data/example/allow?explain=debug&pretty", { input: { user: "x" } }),
      post("/v1/data/example/allow?explain=nonsense", { input: { user: "x" } }),
      post("/v1/data/example/allow?explain=", { input: { user: "x" } }),
      get("/v1/data/nothing?explain=full&pretty"),
    ],
  },
  {
    name: "errors of evaluation",
    files: {
      "a.rego":
        "package a\nconflict := 1\nconflict := 2 if true\nbroken := 1 / 0\nobj := {x: y | some y in [1, 2]; x := 1}\npartial[x] := y if { some y in [1, 2]; x := 1 }\nnumber := to_number(input.x)\n",
    },
    asks: [
      get("/v1/data/a/conflict"),
      get("/v1/data/a/conflict?pretty"),
      get("/v1/data/a/broken"),
      get("/v1/data/a/broken?strict-builtin-errors"),
      get("/v1/data/a/broken?strict-builtin-errors=true&pretty"),
      get("/v1/data/a/obj"),
      get("/v1/data/a/partial"),
      get("/v1/data/a"),
      post("/v1/data/a/number?strict-builtin-errors", { input: { x: "x" } }),
      post("/v1/data/a/number", { input: { x: "x" } }),
      get("/v1/query?q=data.a.conflict"),
      get("/v1/query?q=1%2F0%20%3D%20x&strict-builtin-errors"),
      post("/v0/data/a/conflict", "{}"),
    ],
  },
  {
    name: "writes",
    asks: [
      put("/v1/data/servers", [{ id: "s1" }, { id: "s2" }]),
      get("/v1/data/servers"),
      put("/v1/data/servers", { a: 1 }, { "If-None-Match": "*" }),
      put("/v1/data/new", { a: 1 }, { "If-None-Match": "*" }),
      put("/v1/data/new", { a: 2 }, { "If-None-Match": '"x"' }),
      get("/v1/data/new"),
      put("/v1/data/made/on/the/way", 1),
      get("/v1/data/made"),
      put("/v1/data/made/on/the/way/further", 1),
      put("/v1/data/servers/0/id", "s9"),
      put("/v1/data/servers/7/id", "s9"),
      put("/v1/data/servers/x/id", "s9"),
      put("/v1/data/bad", "{"),
      put("/v1/data/bad", ""),
      put("/v1/data", { whole: 1 }),
      get("/v1/data"),
      put("/v1/data", [1]),
      put("/v1/data", "1"),
      put("/v1/data/x?pretty&metrics", "1"),
      put("/v1/data/y", "a: 1", { "Content-Type": "application/yaml" }),
      get("/v1/data"),
      patch("/v1/data/list", [{ op: "add", path: "/a", value: 1 }]),
      put("/v1/data/list", [1, 2]),
      patch("/v1/data/list", [{ op: "add", path: "/-", value: 3 }]),
      patch("/v1/data/list", [{ op: "add", path: "/0", value: 0 }]),
      patch("/v1/data/list", [{ op: "replace", path: "/0", value: 9 }]),
      patch("/v1/data/list", [{ op: "remove", path: "/1" }]),
      get("/v1/data/list"),
      patch("/v1/data/list", [{ op: "remove", path: "/9" }]),
      patch("/v1/data/list", [{ op: "replace", path: "/x", value: 1 }]),
      patch("/v1/data/list", [{ op: "add", path: "/7/x", value: 1 }]),
      patch("/v1/data/list", [{ op: "remove", path: "/-" }]),
      put("/v1/data/list/0", "1"),
      patch("/v1/data/list", [{ op: "move", path: "/0", from: "/1" }]),
      patch("/v1/data/list", [{ op: "test", path: "/0", value: 1 }]),
      patch("/v1/data/list", [{ path: "/0" }]),
      patch("/v1/data/list", [{ op: "add", path: "0", value: 1 }]),
      patch("/v1/data/list", [{ op: "add", value: 5 }]),
      patch("/v1/data", [
        { op: "add", path: "list2", value: 5 },
        { op: "remove", path: "/nothing" },
      ]),
      get("/v1/data"),
      patch("/v1/data", [{ op: "replace", path: "/a~1b~0c", value: 5 }]),
      patch("/v1/data", [{ op: "add", path: "/a~1b~0c", value: 5 }]),
      get("/v1/data/a%2Fb~c"),
      patch("/v1/data", { op: "add" }),
      patch("/v1/data", "["),
      patch("/v1/data", ""),
      patch("/v1/data", [{ op: "remove", path: "/" }]),
      patch("/v1/data", [{ op: "remove", path: "" }]),
      remove("/v1/data/list"),
      remove("/v1/data/list"),
      remove("/v1/data/list/0"),
      remove("/v1/data"),
      get("/v1/data"),
    ],
  },
  {
    name: "the older API and the default decision",
    files: { ...loaded, "main.rego": 'package system\n\nmain := {"seen": input}\n' },
    asks: [
      post("/v0/data/example/allow", { user: "root" }),
      post("/v0/data/example/allow", { user: "bob" }),
      post("/v0/data/example", { names: ["b"] }),
      post("/v0/data/example?pretty", { names: ["b"] }),
      post("/v0/data/list", ""),
      post("/v0/data/list/1", ""),
      post("/v0/data/nothing", ""),
      post("/v0/data/nothing?pretty", ""),
      post("/v0/data/example/allow", "{"),
      post("/v0/data", ""),
      get("/v0/data"),
      put("/v0/data/x", "1"),
      post("/", { a: 1 }),
      post("/?pretty", { a: 1 }),
      post("/", ""),
      post("/", "{"),
      put("/v1/policies/main.rego", "package other"),
      remove("/v1/policies/main.rego"),
      get("/index.html"),
      get("/nothing"),
      post("/nothing", "{}"),
      get("/v1"),
      get("/v1/nothing"),
      get("/v2/data"),
    ],
  },
  {
    name: "no default decision",
    asks: [post("/", { a: 1 }), post("/?pretty", {}), put("/", "x"), remove("/")],
  },
  {
    name: "queries",
    files: loaded,
    asks: [
      get("/v1/query?q=x%20%3D%201"),
      get("/v1/query?q=data.list%5Bi%5D%20%3D%20x&pretty"),
      get("/v1/query?q=false"),
      get("/v1/query?q=true"),
      get("/v1/query?q="),
      get("/v1/query"),
      { ...get("/v1/query?q=x%20%3D"), differs: oneError },
      get("/v1/query?q=undefined_function(1)&pretty"),
      get("/v1/query?q=input.a%20%3D%20x&input=%7B%22a%22%3A1%7D"),
      get("/v1/query?q=x%3A%3D1&metrics"),
      get("/v1/query?q=x%3A%3D1&explain=full&pretty"),
      get("/v1/query?q=_%20%3D%201"),
      post("/v1/query", { query: "data.list[i] = x" }),
      post("/v1/query?pretty", { query: "input.x = y", input: { x: 7 } }),
      post("/v1/query?metrics&explain=notes", { query: 'x := 1; trace("hello")' }),
      post("/v1/query", {}),
      post("/v1/query", ""),
      post("/v1/query", "{"),
      post("/v1/query", { query: 1 }),
      { ...post("/v1/query", { query: "x := " }), differs: oneError },
      post("/v1/query", { query: "data.example.allow", input: { user: "root" } }),
      post("/v1/query", { query: "http.send({})" }),
      get("/v1/query?q=http.send(%7B%7D)"),
      put("/v1/query", "x"),
    ],
  },
  {
    name: "partial evaluation",
    files: {
      "e.rego":
        "package example\n\nimport rego.v1\n\nallow if {\n\tinput.subject.clearance_level >= data.reports[_].clearance_level\n}\n\ndefaulted := true if input.x == 1\n\ndefault q := false\n\nq if input.y\n",
      "data.json": '{"reports":[{"clearance_level":3},{"clearance_level":5}]}',
    },
    asks: [
      post("/v1/compile", {
        query: "data.example.allow == true",
        input: { subject: { clearance_level: 4 } },
        unknowns: ["data.reports"],
      }),
      post("/v1/compile?pretty", { query: "data.example.allow == true", unknowns: ["input"] }),
      post("/v1/compile", { query: "data.example.allow == true" }),
      post("/v1/compile", { query: "data.example.q == true" }),
      post("/v1/compile", { query: "data.example.q", options: { disableInlining: ["data.example.q"] } }),
      post("/v1/compile", { query: "1 == 1" }),
      post("/v1/compile", { query: "1 == 2" }),
      post("/v1/compile?metrics", { query: "input.x == 1" }),
      post("/v1/compile?explain=full&pretty", { query: "input.x == 1" }),
      post("/v1/compile", {}),
      post("/v1/compile", { query: "" }),
      { ...post("/v1/compile", { query: "x :=" }), differs: oneError },
      post("/v1/compile", { query: "input.x", unknowns: ["foo"] }),
      post("/v1/compile", { query: "input.x", unknowns: ["foo."] }),
      post("/v1/compile", { query: "input.x", unknowns: [1] }),
      post("/v1/compile", { query: "input.x", options: { disableInlining: ["x"] } }),
      post("/v1/compile", "{"),
      post("/v1/compile", ""),
      post("/v1/compile", { query: "data.example.allow = x", unknowns: ["input.subject"], input: { a: 1 } }),
    ],
  },
  {
    name: "operations",
    asks: [
      get("/health"),
      get("/health?bundles"),
      get("/health?bundles=true&plugins=true"),
      get("/health?plugins&exclude-plugin=status"),
      get("/health/live"),
      get("/health/ready"),
      put(
        "/v1/policies/h",
        'package system.health\n\nlive if true\n\nready if input.plugins_ready\n\nno if false\n\ntext := "x"\n\nseen := input',
      ),
      get("/health/live"),
      get("/health/ready"),
      get("/health/no"),
      get("/health/text"),
      get("/health/a/b"),
      get("/health/seen"),
      get("/v1/data/system/health"),
      post("/health", ""),
      get("/v1/config"),
      get("/v1/config?pretty"),
      get("/v1/status"),
      get("/v1/status?pretty"),
      post("/v1/config", ""),
      post("/v1/status", ""),
      post("/metrics", ""),
    ],
  },
  {
    name: "configuration",
    files: loaded,
    flags: [
      "--set=default_decision=/example/count_all",
      "--set=labels.team=core",
      "--set=services.s.url=http://127.0.0.1:1",
      "--set=services.s.credentials.bearer.token=secret",
      "--set=services.s.headers.X=y",
    ],
    asks: [get("/v1/config"), post("/", ""), get("/v1/data/system")],
  },
  {
    name: "authorization",
    flags: ["--authentication=token", "--authorization=basic"],
    files: {
      "authz.rego":
        'package system.authz\n\nimport rego.v1\n\ndefault allow := false\n\nallow if input.identity == "boss"\n\nallow if {\n\tinput.method == "POST"\n\tinput.path == ["v1", "data", "echo"]\n\tinput.body.input.x == 1\n}\n\nallow if input.params.open[_] == "yes"\n\nallow := {"allowed": false, "reason": "not today"} if input.headers["X-Reason"]\n\nallow := {"allowed": true} if input.headers["X-Object"]\n\nallow := "text" if input.headers["X-Text"]\n\nallow := {"allowed": 7} if input.headers["X-Odd"]\n',
      "echo.rego": "package echo\n\ngot := input",
    },
    asks: [
      get("/v1/data"),
      get("/v1/data?pretty"),
      get("/v1/data/echo", { Authorization: "Bearer boss" }),
      get("/v1/data/echo", { Authorization: "bearer boss" }),
      get("/v1/data/echo", { Authorization: "Basic boss" }),
      get("/v1/data/echo", { Authorization: "Bearer" }),
      post("/v1/data/echo", { input: { x: 1 } }),
      post("/v1/data/echo", { input: { x: 2 } }),
      post("/v1/data/echo", "{"),
      get("/v1/data/echo?open=yes"),
      get("/v1/data/echo?open=no", { "X-Reason": "1" }),
      get("/v1/data/echo", { "X-Object": "1" }),
      get("/v1/data/echo", { "X-Text": "1" }),
      get("/v1/data/echo", { "X-Odd": "1" }),
      get("/health"),
      get("/metrics?x"),
      get("/nothing"),
      put("/v1/policies/x", "package x", { Authorization: "Bearer boss" }),
      remove("/v1/policies/authz.rego"),
    ],
  },
  {
    name: "authorization without a policy",
    flags: ["--authorization=basic"],
    asks: [get("/v1/data"), get("/health"), get("/nothing")],
  },
  {
    name: "compression",
    files: loaded,
    flags: ["--set=server.encoding.gzip.min_length=10"],
    asks: [
      get("/v1/data", { "Accept-Encoding": "gzip" }),
      get("/v1/data/f", { "Accept-Encoding": "gzip" }),
      get("/v1/policies", { "Accept-Encoding": "gzip" }),
      get("/v1/data", { "Accept-Encoding": "br" }),
      get("/v1/data", { "Accept-Encoding": "*" }),
      post("/v1/compile", { query: "data.list[_] == input.x" }, { "Accept-Encoding": "gzip, deflate" }),
    ],
  },
];
