import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { untilHost } from "./guest-scripts.ts";

/** What is read of a channel, which is a file or the input. */
function wordOf(channel: string): string {
  return execFileSync("sh", ["-c", `exec 3<${channel}; ${untilHost(3)}; echo "said $word $tries"`], {
    input: "begin 1 2\n",
    encoding: "utf8",
    timeout: 10_000,
  }).trim();
}

test("a guest's agent takes its host's first line, and does not wait for ever for one that has died", () => {
  assert.equal(wordOf("&0"), "said begin 0");
  assert.equal(wordOf("/dev/null"), "said  3");
});
