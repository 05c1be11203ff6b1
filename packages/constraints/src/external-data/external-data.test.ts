import assert from "node:assert/strict";
import { test } from "node:test";
import { failed, type ProviderAnswer } from "./exchange.ts";
import { ExternalData } from "./external-data.ts";
import type { Provider } from "./provider.ts";

const provider: Provider = { name: "p", url: "https://p/", timeoutSeconds: 1, authority: "" };

/** A Provider that answers each key in capitals, and what it was asked; `at` is its clock. */
function bed(answer: (keys: readonly string[]) => ProviderAnswer = capitals, ttl = 1000) {
  const asked: string[] = [];
  const clock = { at: 0 };
  const data = new ExternalData({
    ttl,
    now: () => clock.at,
    send: async ({ name }, keys) => {
      asked.push(`${name}: ${keys.join(" ")}`);
      return answer(keys);
    },
  });
  data.put(provider);
  const values = (keys: readonly string[], name = "p") =>
    data.respond(name, keys).items.map(({ value, error }) => (error === "" ? value : error));
  return { data, asked, clock, values };
}

function capitals(keys: readonly string[]): ProviderAnswer {
  const items = keys.map((key) => ({
    key,
    value: key.toUpperCase(),
    error: key === "bad" ? "no such key" : "",
  }));
  return { items, statusCode: 200, systemError: "", idempotent: true };
}

test("all keys of a call are asked at once, and a review is run again with the answer", async () => {
  const { data, asked, values } = bed();
  let rounds = 0;
  const found = await data.resolve(() => {
    rounds++;
    return [values(["a", "b"]), values(["a", "b"])];
  });
  assert.deepEqual(found, [
    ["A", "B"],
    ["A", "B"],
  ]);
  assert.deepEqual([rounds, asked], [2, ["p: a b"]]);
});

test("keys that depend on answers take a round more", async () => {
  const { data, asked, values } = bed();
  assert.deepEqual(await data.resolve(() => values([String(values(["a"])[0])])), ["A"]);
  assert.deepEqual(asked, ["p: a", "p: A"]);
});

test("a template's key is good for the time to live, errors too; mutators always ask", async () => {
  const { data, asked, clock, values } = bed();
  const ask = () => data.resolve(() => values(["a", "bad"]));
  assert.deepEqual(await ask(), ["A", "no such key"]);
  clock.at = 1000;
  assert.deepEqual(await ask(), ["A", "no such key"]);
  assert.deepEqual(asked, ["p: a bad"]);
  clock.at = 1001;
  await ask();
  assert.deepEqual(asked, ["p: a bad", "p: a bad"]);
  await data.resolve(() => data.ask("p", ["a"]));
  assert.equal(asked.length, 3);
});

test("only what is not known is asked", async () => {
  const { data, asked, values } = bed();
  await data.resolve(() => values(["a"]));
  assert.deepEqual(await data.resolve(() => values(["b", "a"])), ["A", "B"]);
  assert.deepEqual(asked, ["p: a", "p: b"]);
});

test("a time to live of nothing keeps nothing", async () => {
  const { data, asked, values } = bed(capitals, 0);
  await data.resolve(() => values(["a"]));
  await data.resolve(() => values(["a"]));
  assert.equal(asked.length, 2);
});

test("what another provider of the name has said is forgotten", async () => {
  const { data, asked, values } = bed();
  await data.resolve(() => values(["a"]));
  data.put({ ...provider, url: "https://q/" });
  await data.resolve(() => values(["a"]));
  assert.equal(asked.length, 2);
});

test("failures are answers, and are asked again next time", async () => {
  const { data, asked } = bed(() => failed(500, "no route"));
  const ask = () => data.resolve(() => data.respond("p", ["a"]));
  assert.deepEqual(await ask(), failed(500, "no route"));
  await ask();
  assert.equal(asked.length, 2);
});

test("a provider that is not there", async () => {
  const { data } = bed();
  const { statusCode, systemError } = await data.resolve(() => data.respond("q", ["a"]));
  assert.deepEqual([statusCode, systemError], [400, "key is not found in provider cache"]);
});

test("a review that never stops asking ends", async () => {
  const { data, values } = bed();
  let next = 0;
  await assert.rejects(
    data.resolve(() => values([`k${next++}`])),
    /not answered after 100 requests/,
  );
});

test("two reviews at a time do not mix what they were told", async () => {
  const { data, values } = bed();
  const both = [data.resolve(() => values(["a"])), data.resolve(() => values(["b"]))];
  assert.deepEqual(await Promise.all(both), [["A"], ["B"]]);
});
