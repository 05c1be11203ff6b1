import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";

const file = "/proc/self/coredump_filter";
const skip = existsSync(file) ? false : "the kernel makes no core dumps";

/** A process of its own, since a filter is its process': its filter, a child's, a wrapped child's, and its own afterwards. */
const script = `
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { withUsualCoreDumps } from ${JSON.stringify(new URL("./usual-core-dumps.ts", import.meta.url).href)};
const own = () => readFileSync("${file}", "utf8").trim();
const child = () => spawnSync("cat", ["${file}"], { encoding: "utf8" }).stdout.trim();
writeFileSync("${file}", process.argv[1]);
let after = "";
try {
  withUsualCoreDumps(() => { throw new Error("not started"); });
} catch {
  after = own();
}
console.log([child(), withUsualCoreDumps(child), own(), after].join(" "));
`;

test("children crash as usual where we leave nothing, and as we do where that was set otherwise", { skip }, () => {
  const filters: readonly (readonly [string, string])[] = [
    ["0", "00000000 00000033 00000000 00000000"],
    ["0x13", "00000013 00000013 00000013 00000013"],
  ];
  for (const [filter, expected] of filters) {
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script, filter], {
      encoding: "utf8",
    });
    assert.equal(stdout.trim(), expected, stderr);
  }
});
