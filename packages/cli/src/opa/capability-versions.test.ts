import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilitiesOfVersion, capabilityVersions } from "./capability-versions.ts";

/** What has come or changed, around the version that did it. */
const names = (version: string) => capabilitiesOfVersion(version)?.builtins?.map(({ name }) => name) ?? [];
const declared = (version: string, name: string) =>
  capabilitiesOfVersion(version)?.builtins?.find((each) => each.name === name);

test("builtins are there from the version on that brought them", () => {
  assert.ok(!names("v0.47.4").includes("time.format"));
  assert.ok(names("v0.48.0").includes("time.format"));
  assert.equal(names("v1.19.1").length, 206);
});

test("builtins are declared as their version had them", () => {
  assert.equal(declared("v1.10.0", "re_match")?.deprecated, undefined);
  assert.equal(declared("v1.11.0", "re_match")?.deprecated, true);
  assert.equal(declared("v0.43.1", "http.send")?.nondeterministic, undefined);
  assert.equal(declared("v0.44.0", "http.send")?.nondeterministic, true);
  assert.deepEqual(declared("v0.17.0", "abs")?.decl.args, [{ type: "number" }]);
});

test("the language is that of the version", () => {
  const { builtins: _, wasm_abi_versions: __, ...words } = capabilitiesOfVersion("v0.50.0") ?? {};
  assert.deepEqual(words, {
    future_keywords: ["contains", "every", "if", "in"],
    features: ["rule_head_ref_string_prefixes"],
  });
  assert.deepEqual(capabilitiesOfVersion("v1.5.1")?.features, ["rego_v1"]);
});

test("versions that there are not have no capabilities", () => {
  assert.equal(capabilitiesOfVersion("1.19.1"), undefined);
  assert.equal(capabilityVersions.at(-1), "v1.19.1");
});
