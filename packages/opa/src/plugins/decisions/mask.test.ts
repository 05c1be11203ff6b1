import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseJson, RegoObject, RegoSet } from "@sallyport/rego";
import { MaskError, maskedEvent } from "./mask.ts";

// What OPA masks is compared with it by the REST API's scenarios; here is what it cannot mask, and what must not be touched.

const event = { input: { "a b": 1, "é+": 2, "x/y": 3, list: [1, 2] }, result: true };

for (const [key, told] of [
  ["a b", "a+b"],
  ["é+", "%C3%A9%2B"],
] as const)
  test(`keys that OPA's masks do not find are masked: ${key}`, () => {
    const { input, erased } = maskedEvent(event, [`/input/${key}`]);
    deepEqual([Object.hasOwn(input as object, key), erased], [false, [`/input/${told}`]]);
  });

test("the decision itself stays as it is", () => {
  const input = parseJson('{"password": "x"}');
  maskedEvent({ input }, ["/input/password", { op: "upsert", path: "/input/b/c", value: 1 }]);
  deepEqual(input, { password: "x" });
});

test("sets and objects with other keys become JSON where something is masked in them", () => {
  const result = RegoObject.of([[RegoSet.of([2, 1]), RegoSet.of(["b", "a"])]]);
  const { result: masked } = maskedEvent({ result }, [{ op: "upsert", path: "/result/x", value: 1 }]);
  deepEqual(masked, { "[1,2]": ["a", "b"], x: 1 });
});

test("numbers stay exact", () => {
  const masked = maskedEvent({ input: parseJson('{"n": 12345678901234567890, "p": 1}') }, ["/input/p"]);
  deepEqual(masked.input, parseJson('{"n": 12345678901234567890}'));
});

test("a name of JavaScript's is a key like others", () => {
  const { input, masked } = maskedEvent(event, [{ op: "upsert", path: "/input/__proto__/x", value: 1 }]);
  deepEqual(masked, ["/input/__proto__/x"]);
  deepEqual(Object.getOwnPropertyNames(input).includes("__proto__"), true);
});

test("rules that are none refuse the whole event", () => {
  throws(() => maskedEvent(event, ["/input/list", "/elsewhere"]), new MaskError("mask prefix not allowed: elsewhere"));
});
