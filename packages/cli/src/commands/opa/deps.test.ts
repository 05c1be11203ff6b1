import assert from "node:assert/strict";
import { test } from "node:test";
import { inFolder, runLine } from "../../opa/opa.fixture.ts";

const files = { "p.rego": "package p\n\nallow if data.users[input.user].admin\n" };

test("deps draws a table of documents and rules", () =>
  inFolder(files, async () => {
    const { out } = await runLine("deps -d p.rego data.p.allow");
    assert.equal(
      out,
      "┌────────────────┬───────────────────┐\n│ BASE DOCUMENTS │ VIRTUAL DOCUMENTS │\n" +
        "├────────────────┼───────────────────┤\n│ data.users     │ data.p.allow      │\n" +
        "│ input.user     │                   │\n└────────────────┴───────────────────┘\n",
    );
  }));

test("deps prints refs as JSON, and nothing for nothing", async () => {
  assert.deepEqual(JSON.parse((await runLine("deps -f json input.a")).out), {
    base: [
      [
        { type: "var", value: "input" },
        { type: "string", value: "a" },
      ],
    ],
  });
  assert.equal((await runLine("deps 1")).out, "");
});

test("deps refuses as OPA refuses", async () => {
  assert.match((await runLine("deps")).err, /^Error: specify exactly one query argument\nUsage:\n/);
  const outcome = await runLine("deps -d nope 1");
  assert.deepEqual(outcome, {
    status: 1,
    out: "",
    err: "1 error occurred during loading: stat nope: no such file or directory\n",
  });
});
