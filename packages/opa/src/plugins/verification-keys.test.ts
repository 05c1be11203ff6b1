import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import { parseYaml } from "@sallyport/rego";
import { verificationKeys } from "./verification-keys.ts";

const read = (yaml: string) => verificationKeys({ keys: parseYaml(yaml) });

test("keys of a configuration have OPA's defaults; those for signing verify nothing", () => {
  deepEqual(verificationKeys({}), {});
  deepEqual(read("null"), {});
  deepEqual(read("{a: {key: k}, b: {key: s, algorithm: HS256, scope: read}, c: {private_key: p}}"), {
    a: { key: "k", algorithm: "RS256" },
    b: { key: "s", algorithm: "HS256", scope: "read" },
    c: { key: "", algorithm: "RS256" },
  });
});

// As `opa exec` 1.19.1 tells them.
const faults: readonly (readonly [yaml: string, message: string])[] = [
  ["1", "json: cannot unmarshal number into Go value of type map[string]json.RawMessage"],
  ["[]", "json: cannot unmarshal array into Go value of type map[string]json.RawMessage"],
  ["{k: 1}", "json: cannot unmarshal number into Go value of type keys.Config"],
  ["{k: null}", "invalid keys configuration: no keys provided for key ID k"],
  ["{k: {algorithm: HS256}}", "invalid keys configuration: no keys provided for key ID k"],
  ["{k: {key: 1}}", "json: cannot unmarshal number into Go struct field Config.key of type string"],
  ["{k: {key: x, scope: [1]}}", "json: cannot unmarshal array into Go struct field Config.scope of type string"],
  ["{k: {key: x, algorithm: FOO}}", "unsupported algorithm 'FOO'"],
];

for (const [yaml, message] of faults)
  test(`keys ${yaml} are refused`, () => throws(() => read(yaml), { message, name: "Error" }));
