import assert from "node:assert/strict";
import { test } from "node:test";
import { runLine } from "../../opa/opa.fixture.ts";

test("unknown commands are refused, with names that may have been meant", async () => {
  const outcome = await runLine("evl");
  assert.equal(outcome.status, 1);
  assert.match(outcome.err, /^Error: unknown command "evl" for "opa"\n\nDid you mean this\?\n\teval\n\nRun /);
});

test("help lists the commands, and a command's flags", async () => {
  assert.match((await runLine("")).out, /\n {2}eval +Evaluate a Rego query\n/);
  assert.match((await runLine("help eval")).out, /\n {2}-b, --bundle string +bundle file or folder/);
  assert.equal((await runLine("eval -h")).out, (await runLine("help eval")).out);
});

test("version says whose language this is, capabilities what is in it", async () => {
  assert.match((await runLine("version")).out, /^Version: 1\.19\.1\nBuild Commit: sallyport /);
  const { builtins, features } = JSON.parse((await runLine("capabilities --current")).out);
  assert.equal(builtins.length, 206);
  assert.deepEqual(builtins[0].decl.args, [{ name: "x", type: "number" }]);
  assert.deepEqual(features, ["keywords_in_refs", "rego_v1", "template_strings"]);
});
