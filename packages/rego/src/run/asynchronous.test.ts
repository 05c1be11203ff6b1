import assert from "node:assert/strict";
import { test } from "node:test";
import type { CryptoEffects, Effects } from "../builtins/builtin.ts";
import { BoundedHttpCache } from "../builtins/http-cache.ts";
import type { HttpAnswer, HttpRequest } from "../builtins/network.ts";
import { compile, type RegoPolicy } from "../engine.ts";
import { jsonText } from "../value/json.ts";
import { evaluateAsynchronously } from "./asynchronous.ts";
import type { EvaluationError } from "./errors.ts";
import type { EvaluateOptions } from "./executable.ts";

const unused = (): never => assert.fail("not asked for");
const crypto: CryptoEffects = {
  hash: unused,
  hmac: unused,
  verify: unused,
  sign: unused,
  verifyCertificate: unused,
  publicKey: unused,
};

/** A world that answers each request with its URL, and keeps what it was asked. */
class World {
  readonly requests: string[] = [];
  readonly noted: string[] = [];
  readonly effects: Effects;
  #random = 0;

  constructor(more: Partial<Effects> = {}) {
    this.effects = {
      nowNs: 1_700_000_000_000_000_000n,
      randomBytes: (size) => new Uint8Array(size).fill(++this.#random),
      env: {},
      crypto,
      note: (message) => this.noted.push(message),
      asynchronous: {
        http: (request) => this.#answer(request),
        lookup: (host) => {
          this.requests.push(`lookup ${host}`);
          return Promise.resolve({ kind: "addresses", addresses: ["10.0.0.1"] });
        },
      },
      ...more,
    };
  }

  #answer({ method, url, body }: HttpRequest): Promise<HttpAnswer> {
    this.requests.push(`${method} ${url} ${body}`.trim());
    const text = new TextEncoder().encode(JSON.stringify(url.slice("http://x/".length)));
    const headers = { "content-type": ["application/json"] };
    return Promise.resolve({ kind: "response", status: "200 OK", statusCode: 200, headers, body: text });
  }
}

const prelude = `package p
get(path) := http.send({"method": "get", "url": sprintf("http://x/%v", [path])}).body
`;

async function ask(
  rules: string,
  world: World,
  options: Partial<EvaluateOptions> = {},
  path = "p/answer",
): Promise<string> {
  const { policy, diagnostics } = compile([{ file: "p.rego", text: prelude + rules }]);
  assert.deepEqual(diagnostics, []);
  const value = await (policy as RegoPolicy).evaluateAsync(path, { effects: world.effects, ...options });
  return value === undefined ? "undefined" : jsonText(value);
}

// What each rule answers, and all requests that were made for it.
const cases: readonly [rule: string, answer: string, requests: readonly string[]][] = [
  ['answer := get("a")', '"a"', ["GET http://x/a"]],
  ['answer := [get("a"), get("b"), get("a")]', '["a","b","a"]', ["GET http://x/a", "GET http://x/b"]],
  ['answer := get(get(get("a")))', '"a"', ["GET http://x/a"]],
  [
    "answer := {x | some i in numbers.range(1, 3); x := get(i)}",
    '["1","2","3"]',
    ["GET http://x/1", "GET http://x/2", "GET http://x/3"],
  ],
  ['answer if not get("a") == "b"', "true", ["GET http://x/a"]],
  ['answer if every x in ["a", "b"] { get(x) == x }', "true", ["GET http://x/a", "GET http://x/b"]],
  ['answer := x if x := get("a") with http.send as {"body": 1}', "1", []],
  [
    'default answer := 0\nanswer := 1 if get("a") == "b"\nelse := 2 if get("b") == "b"',
    "2",
    ["GET http://x/a", "GET http://x/b"],
  ],
  ['answer := [net.lookup_ip_addr("a"), net.lookup_ip_addr("a")]', '[["10.0.0.1"],["10.0.0.1"]]', ["lookup a"]],
  ['answer := net.lookup_ip_addr("10.0.0.7")', '["10.0.0.7"]', []],
  [
    'answer := [uuid.rfc4122("k") == x, y] if { x := uuid.rfc4122("k"); y := get(x) }',
    '[true,"01010101-0101-4101-8101-010101010101"]',
    ["GET http://x/01010101-0101-4101-8101-010101010101"],
  ],
  ["answer := get(time.now_ns())", '"1700000000000000000"', ["GET http://x/1700000000000000000"]],
];

for (const evaluator of ["interpreter", "generated"] as const) {
  for (const [rule, answer, requests] of cases) {
    test(`${evaluator}: ${rule}`, async () => {
      const world = new World();
      assert.equal(await ask(rule, world, { evaluator }), answer);
      assert.deepEqual(world.requests, requests);
    });
  }
}

test("each note is made once, of an evaluation that failed too", async () => {
  const world = new World();
  await ask('answer := y if { trace("before"); x := get("a"); trace(x); y := get("b"); trace(y) }', world);
  assert.deepEqual(world.noted, ["before", "a", "b"]);
  const failing = new World();
  const rule = 'answer := x if { trace("before"); get("a"); x := json.unmarshal("{") }';
  await assert.rejects(ask(rule, failing, { strictBuiltinErrors: true }), /json\.unmarshal/);
  assert.deepEqual(failing.noted, ["before"]);
});

test("a memory between queries that others change in the meantime does not change a query's way", async () => {
  const cache = new BoundedHttpCache();
  const world = new World({ httpCache: cache });
  const rule = `cached(path) := http.send({
    "method": "get", "url": concat("", ["http://x/", path]), "force_cache": true, "force_cache_duration_seconds": 60
  }).body
  answer := [cached("a"), get("b"), cached("a"), cached("c")]`;
  assert.equal(await ask(rule, world), '["a","b","a","c"]');
  assert.equal(await ask(rule, world), '["a","b","a","c"]');
  assert.deepEqual(world.requests, ["GET http://x/a", "GET http://x/b", "GET http://x/c", "GET http://x/b"]);
});

test("more requests than the limit end the query", async () => {
  const world = new World();
  let round = 0;
  // Another one first in each round: answers that are not asked for again are dropped, so that no round has many.
  const evaluate = ({ effects }: { readonly effects?: Effects }) => effects?.lookup?.(`host-${round++}`);
  await assert.rejects(evaluateAsynchronously({ effects: world.effects }, evaluate), {
    code: "eval_cancel_error",
    message: "too many requests",
  });
  assert.equal(world.requests.length, 501);
});

test("a deadline ends the wait", async () => {
  const endless: Partial<Effects> = {
    asynchronous: {
      lookup: unused,
      http: ({ method, url }, signal) => {
        const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
        const ended: HttpAnswer = { kind: "failure", reason: "network", message: "ended", method, url };
        signal?.addEventListener("abort", () => resolve(ended));
        return promise;
      },
    },
  };
  const waiting = ask('answer := get("a")', new World(endless), { clock: () => 0, deadline: 10 });
  // The timer of a signal alone does not keep the process alive.
  const alive = setTimeout(() => {}, 10_000);
  await assert.rejects(waiting, {
    code: "eval_cancel_error",
    message: "http.send: timed out (context deadline exceeded)",
  });
  clearTimeout(alive);
});

test("without asynchronous effects the calls fail, and the rest is answered", async () => {
  const { asynchronous: _asynchronous, ...effects } = new World().effects;
  const world = { effects } as World;
  assert.equal(await ask("answer := 1", world), "1");
  await assert.rejects(ask('answer := get("a")', world, { strictBuiltinErrors: true }), {
    message: "http.send: requests can only be sent in asynchronous evaluation",
  });
  await assert.rejects(ask('answer := net.lookup_ip_addr("a")', world, { strictBuiltinErrors: true }), {
    message: "net.lookup_ip_addr: names can only be looked up in asynchronous evaluation",
  });
});

test("queryAsync answers all bindings", async () => {
  const { policy } = compile([{ file: "p.rego", text: prelude }]);
  const bindings = await policy?.queryAsync("some i in [1, 2]; x := data.p.get(i)", { effects: new World().effects });
  assert.deepEqual(bindings?.map(jsonText), ['{"i":1,"x":"1"}', '{"i":2,"x":"2"}']);
});

test("builtin errors of rounds that wait are told once", async () => {
  const { policy } = compile([
    {
      file: "p.rego",
      text: `${prelude}x := [1 | 1 / 0]\ny := z if {\n\tcount(x) == 0\n\tz := [get("a"), get("b")]\n}\n`,
    },
  ]);
  assert.ok(policy);
  const builtinErrors: EvaluationError[] = [];
  await policy.evaluateAsync("p/y", { effects: new World().effects, builtinErrors });
  assert.deepEqual(
    builtinErrors.map(({ code }) => code),
    ["eval_builtin_error"],
  );
});
