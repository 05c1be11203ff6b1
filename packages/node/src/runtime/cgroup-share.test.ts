import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../image/image.fixture.ts";
import { giveShare } from "./cgroup-share.ts";

const cases = [
  { layout: "v1", cpus: 2, file: "cpu/pods/cpu.shares", text: "2048" },
  { layout: "hybrid", cpus: 1, file: "cpu/pods/cpu.shares", text: "1024" },
  { layout: "hybrid", cpus: 512, file: "cpu/pods/cpu.shares", text: "262144" },
  { layout: "v2", cpus: 2, file: "pods/cpu.weight", text: "200" },
  { layout: "v2", cpus: 512, file: "pods/cpu.weight", text: "10000" },
] as const;

for (const { layout, cpus, file, text } of cases)
  test(`a node's pods count for its processors: ${cpus} by ${layout}`, async (t) => {
    const root = temporaryFolder(t);
    mkdirSync(join(root, "cpu"));
    await giveShare("/pods", cpus, layout, root);
    assert.equal(readFileSync(join(root, file), "utf8"), text);
  });

test("a node's pods count as they do where no such controller can be written", async () => {
  await giveShare("/pods", 2, "v1", "/proc/absent");
  assert.ok(!existsSync("/proc/absent"));
});
