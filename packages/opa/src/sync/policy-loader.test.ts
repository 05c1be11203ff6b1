import assert from "node:assert/strict";
import { test } from "node:test";
import type { KubeObject } from "@sallyport/kube";
import type { PolicySource } from "./config-maps.ts";
import { PolicyLoader } from "./policy-loader.ts";

/** A toy language: a text lists words; `!x` is a syntax error, `?x` needs another text that says `x`. */
function createToy(): { loader: PolicyLoader; inForce: () => string } {
  let force = "";
  const activate = (policies: readonly PolicySource[]) => {
    const words = policies.flatMap((policy) => policy.text.split(" "));
    const bad = words.find((word) => word.startsWith("!") || (word.startsWith("?") && !words.includes(word.slice(1))));
    if (bad !== undefined) return { error: `bad ${bad}` };
    force = words.join(" ");
    return {};
  };
  return { loader: new PolicyLoader(activate), inForce: () => force };
}

function configMap(name: string, data: { [key: string]: string }): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace: "opa", name }, data };
}

type Action = readonly [name: string, data: { [key: string]: string } | null, force: string, statuses: string];

const stories: { readonly [story: string]: readonly Action[] } = {
  "good ones are in force": [
    ["a", { x: "one" }, "one", "opa/a ok"],
    ["b", { x: "two" }, "one two", "opa/b ok"],
  ],
  "a broken one keeps the last good texts": [
    ["a", { x: "one" }, "one", "opa/a ok"],
    ["a", { x: "!" }, "one", "opa/a bad !"],
    ["a", { x: "three" }, "three", "opa/a ok"],
  ],
  "a broken one never disturbs the others": [
    ["b", { x: "!" }, "", "opa/b bad !"],
    ["a", { x: "one" }, "one", "opa/a ok"],
    ["c", { x: "two" }, "one two", "opa/c ok"],
  ],
  "one that waits for another is tried again": [
    ["a", { x: "?two" }, "", "opa/a bad ?two"],
    ["b", { x: "two" }, "?two two", "opa/a ok, opa/b ok"],
  ],
  "removed keys and ConfigMaps remove policies": [
    ["a", { x: "one", y: "two" }, "one two", "opa/a ok"],
    ["a", { y: "two" }, "two", "opa/a ok"],
    ["a", null, "", ""],
  ],
  "removing what another needs takes the other out of force and says so": [
    ["a", { x: "?two one" }, "", "opa/a bad ?two"],
    ["b", { x: "two" }, "?two one two", "opa/a ok, opa/b ok"],
    ["c", { x: "four" }, "?two one two four", "opa/c ok"],
    ["b", null, "four", "opa/a bad ?two"],
  ],
  "the same texts again change nothing": [
    ["a", { x: "one" }, "one", "opa/a ok"],
    ["a", { x: "one" }, "one", ""],
  ],
};

for (const [story, actions] of Object.entries(stories)) {
  test(`policy loader: ${story}`, () => {
    const { loader, inForce } = createToy();
    for (const [name, data, force, statuses] of actions) {
      const changed = data === null ? loader.remove(`opa/${name}`) : loader.put(configMap(name, data));
      const said = [...changed].map(([id, status]) => `${id} ${status.status === "ok" ? "ok" : status.error}`);
      assert.equal(said.sort().join(", "), statuses);
      assert.equal(inForce(), force);
    }
  });
}

test("several at once are compiled together, whatever their order", () => {
  let compiled = 0;
  const loader = new PolicyLoader((policies) => {
    compiled++;
    return policies.length < 3 ? { error: "one is missing" } : {};
  });
  const statuses = loader.putAll([configMap("b", { x: "1" }), configMap("a", { x: "2" }), configMap("c", { x: "3" })]);
  assert.deepEqual([compiled, [...statuses.keys()].sort()], [1, ["opa/a", "opa/b", "opa/c"]]);
  assert.equal(loader.putAll([configMap("a", { x: "2" })]).size, 0);
});
