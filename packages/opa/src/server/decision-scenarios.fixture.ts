import { type Asked, get, loaded, post, type Scenario } from "./asked.fixture.ts";

const maskPolicy = `package system.log

import rego.v1

mask := input.input.whole

mask := {x | some x in input.input.masks} if not "whole" in object.keys(input.input)

drop := input.input.drop
`;

/** A decision that is logged under some rules of masking. */
function hidden(...masks: readonly unknown[]): Asked {
  const input = {
    user: "bob",
    password: "x",
    list: [1, { a: 2 }, 3],
    o: { "a/b": 1, "a b": 2, "%zz": 3, "a~c": 4 },
  };
  return post("/v1/data/p", { input: { ...input, masks } });
}

const upsert = (path: string, value?: unknown): unknown => ({ op: "upsert", path, value });

/** What is logged of decisions, and what of them is not. */
export const decisionScenarios: readonly Scenario[] = [
  {
    name: "decision logs",
    files: { ...loaded, "main.rego": 'package system\n\nmain := {"seen": input}\n' },
    logs: {
      labels: { app: "x" },
      decision_logs: { request_context: { http: { headers: ["X-Foo", "x-bar", "None"] } } },
    },
    asks: [
      post("/v1/data/example/allow", { input: { user: "root" } }, { "x-foo": "1", "X-Bar": "2" }),
      post("/v1/data/example/allow", { input: { user: "root" } }),
      post("/v1/data/example/allow?metrics", { input: null }),
      post("/v1/data/example", { input: { names: ["b"] } }),
      post("/v1/data/nothing", { input: {} }),
      post("/v1/data/example/allow", {}),
      post("/v1/data/example/allow", "{"),
      get("/v1/data/list/1"),
      get("/v1/data/example/allow?input=%7B%22user%22%3A%22root%22%7D"),
      get("/v1/data"),
      post("/v1/data/example/deny?strict-builtin-errors", { input: { names: "b" } }),
      post("/v1/data/a%20b/c%2Fd", { input: 1 }),
      post("/v0/data/example/allow", { user: "root" }),
      post("/v0/data/example/allow", { user: "bob" }),
      post("/v0/data/nothing", ""),
      post("/v0/data/list", "null"),
      post("/", { a: 1 }),
      post("/", ""),
      get("/v1/query?q=x%20%3D%201"),
      get("/v1/query?q=false"),
      post("/v1/query", { query: "x := data.list[i]; x > input.n", input: { n: 1 } }),
      post("/v1/query", { query: 'x := 1 / 0; startswith("a", input)' }),
      post("/v1/compile", { query: "data.example.allow == true", unknowns: ["input"] }),
      post("/v1/data/example/f", { input: 1 }),
    ],
  },
  {
    name: "no default decision to log",
    logs: {},
    asks: [post("/", { a: 1 })],
  },
  {
    name: "masked and dropped decisions",
    files: { "p.rego": "package p\n\nallow := true\n\npassword := input.password\n", "mask.rego": maskPolicy },
    logs: {},
    asks: [
      hidden("/input/password", "/result/password"),
      hidden("/input/list/0"),
      hidden("/input/list/1/a"),
      hidden("/input/list/2"),
      hidden("/input/list/9"),
      hidden("/input/list/x"),
      hidden("/input/list/-1"),
      hidden("/input"),
      hidden("/result"),
      hidden("/nd_builtin_cache"),
      hidden("/input/o/a~1b"),
      hidden("/input/o/a%2Fb"),
      hidden("/input/o/a%20b"),
      hidden("/input/o/a~c"),
      hidden("/input/o/%zz"),
      hidden("/"),
      hidden(""),
      hidden("input/x"),
      hidden("/labels/app"),
      hidden("/erased"),
      hidden("/inputx"),
      hidden("/input/"),
      hidden("/input/nope/x"),
      hidden("/input/user/x"),
      hidden("/input/password", "/input/password/x"),
      hidden({ op: "remove", path: "/input/password" }),
      hidden({ op: "remove", path: "/input/password", value: 3, more: 1 }),
      hidden({ op: "remove" }),
      hidden({ path: "/input/password" }),
      hidden({ op: "bad", path: "/input/password" }),
      hidden("/input/password", { op: "bad", path: "/input/password" }),
      hidden(1),
      hidden(null),
      hidden(true),
      hidden(["/input"]),
      hidden(upsert("/input/list/0", 7)),
      hidden(upsert("/input/list/9", 7)),
      hidden(upsert("/input/list/x", 7)),
      hidden(upsert("/input/list/1/a", [1])),
      hidden(upsert("/input/list/1/b/c", "new")),
      hidden(upsert("/input", 7)),
      hidden(upsert("/result", { z: 1, a: "<" })),
      hidden(upsert("/input/user/x", 7)),
      hidden(upsert("/result/q", null)),
      hidden(upsert("/input/password")),
      hidden(upsert("/input/m/n/o", 1)),
      hidden(upsert("/nd_builtin_cache/a", 1)),
      hidden(upsert("/input", 7), "/input/x"),
      hidden("/input", upsert("/input/x", 7)),
      post("/v1/data/p/allow", { input: { whole: "/input" } }),
      post("/v1/data/p/allow", { input: { whole: ["/input/whole"] } }),
      post("/v1/data/p/allow", { input: { whole: { a: 1 } } }),
      post("/v1/data/p/allow", { input: { whole: [] } }),
      post("/v1/data/p/allow", { input: { whole: 1 } }),
      post("/v1/data/p/allow", { input: { drop: true } }),
      post("/v1/data/p/allow", { input: { drop: false } }),
      post("/v1/data/p/allow", { input: { drop: 1 } }),
      post("/v1/data/p/allow", { input: { drop: "true" } }),
      post("/v1/data/p/nothing", {}),
    ],
  },
  {
    name: "answers of builtins in decision logs",
    files: {
      "nd.rego":
        'package nd\n\nn := rand.intn("x", 1)\n\nm := rand.intn(sprintf("y%d", [input.k]), 1)\n\nnone := opa.runtime().nothing\n\nplain := upper("a")\n',
      "mask.rego": maskPolicy,
    },
    logs: { nd_builtin_cache: true },
    asks: [
      post("/v1/data/nd/n", { input: {} }),
      post("/v1/data/nd", { input: { k: 1, masks: ["/nd_builtin_cache/opa.runtime"] } }),
      post("/v1/data/nd/plain", { input: {} }),
      post("/v1/data/nd/m", { input: { k: 2, masks: ["/nd_builtin_cache"] } }),
      post("/v1/data/nd/m", { input: { k: 3, masks: [upsert("/nd_builtin_cache/rand.intn", {})] } }),
      get("/v1/query?q=rand.intn(%22a%22%2C1)"),
      post("/v0/data/nd/n", {}),
    ],
  },
  {
    name: "decision logs under other names",
    files: {
      "p.rego": "package p\n\nallow := true\n",
      "hide.rego": 'package hide\n\nrules := {"/input/a"}\n\nskip if input.path == "p/skip"\n',
    },
    logs: {
      decision_logs: {
        partition_name: "part",
        resource: "/elsewhere",
        mask_decision: "hide/rules",
        drop_decision: "/hide/skip",
      },
    },
    asks: [post("/v1/data/p/allow", { input: { a: 1, b: 2 } }), post("/v1/data/p/skip", { input: { a: 1, b: 2 } })],
  },
  {
    name: "decision logs at another place",
    files: { "p.rego": "package p\n\nallow := true\n" },
    logs: { decision_logs: { resource: "/elsewhere" } },
    asks: [post("/v1/data/p/allow", { input: { a: 1 } })],
  },
];
