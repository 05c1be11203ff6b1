import assert from "node:assert/strict";
import { test } from "node:test";
import { progressOf } from "./progress.ts";

function drawn(isTTY: boolean, steps: readonly (readonly [ms: number, done: number])[], columns = 40): string {
  let text = "";
  let now = 0;
  const write = (more: string) => {
    text += more;
  };
  const progress = progressOf({ isTTY, columns, write }, "checked", () => now);
  for (const [ms, done] of steps) {
    now = ms;
    progress.show(done, 4);
  }
  progress.end();
  return text;
}

const wiped = `\r${" ".repeat(39)}\r`;

test("a bar is drawn on a terminal, where somebody waits, and wiped in the end", () => {
  assert.equal(drawn(false, [[1000, 1]]), "");
  assert.equal(drawn(true, [[499, 4]]), "");
  const steps = [
    [500, 2],
    [550, 3],
  ] as const;
  assert.equal(drawn(true, steps), `\r[###########           ] 2 of 4 checked${wiped}`);
});

test("a terminal that is narrow, or does not know its size", () => {
  const step = [[500, 2]] as const;
  assert.equal(drawn(true, step, 12), `\r[] 2 of 4 c\r${" ".repeat(11)}\r`);
  assert.equal(drawn(true, step, 0), `\r[${"#".repeat(20)}${" ".repeat(20)}] 2 of 4 checked\r${" ".repeat(79)}\r`);
  assert.equal(drawn(true, step, 1), "\r\r\r");
});
