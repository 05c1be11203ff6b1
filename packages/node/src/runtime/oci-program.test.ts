import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OciProgram } from "./oci-program.ts";

const io = { stdin: false, tty: false };

/** A program that is a shell's script; `$@` is how it is called. */
async function withProgram(script: string, use: (program: OciProgram, folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-program-"));
  const seconds = { call: 0.3, start: 0.3 };
  const program = new OciProgram({ command: ["sh", "-c", script, "sh"], folder, handler: "fake", seconds });
  try {
    await use(program, folder);
    assert.deepEqual(readdirSync(join(folder, "calls")), []);
  } finally {
    await program.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** As programs write to `--log`, their second argument of a call. */
const log = (text: string) => `printf '%s' '${JSON.stringify({ level: "error", msg: text })}' > "$2";`;

const calls: readonly (readonly [name: string, script: string, message: string])[] = [
  ["a call that hangs is ended, with its children", "sleep 1000 & sleep 1000", "fake list: no end after 0.3 s"],
  ["a call that fails says what it logged, in one line", `${log("a\n  b")} echo noise >&2; exit 1`, "fake list: a b"],
  ["one that logs nothing says what it prints", "echo why >&2; exit 1", "fake list: why"],
  ["one that says nothing tells its status", "exit 4", "fake list: status 4"],
];

for (const [name, script, message] of calls)
  test(name, () =>
    withProgram(script, (program) => assert.rejects(program.call(["list"]), { reason: "RuntimeError", message })),
  );

const starts: readonly (readonly [name: string, script: string, message: string])[] = [
  [
    "a container that does not start is given up",
    "sleep 1000 & sleep 1000",
    "fake: the container did not start within 0.3 s",
  ],
  ["one that cannot start says what was logged", `${log("no rootfs")} exit 1`, "no rootfs"],
  ["one that logs nothing says what it wrote", "echo why >&2; exit 1", "why"],
  ["one that says nothing tells its status", "exit 4", "fake ended with status 4 before the container ran"],
  [
    "one whose last words never end tells its status",
    "sleep 2 & exit 4",
    "fake ended with status 4 before the container ran",
  ],
];

for (const [name, script, message] of starts)
  test(name, () =>
    withProgram(script, async (program) => {
      let abandoned = false;
      const abandon = async () => {
        abandoned = true;
      };
      const starting = program.start({ args: ["run"], io, reason: "RunContainerError", abandon });
      await assert.rejects(starting, { reason: "RunContainerError", message });
      assert.equal(abandoned, script.startsWith("sleep 1000"));
    }),
  );

test("a program that is not there is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-program-"));
  try {
    const program = new OciProgram({ command: ["sallyport-no-such-program"], folder, handler: "fake" });
    const message = "sallyport-no-such-program: not installed on this machine";
    await assert.rejects(program.call(["list"]), { message });
    await assert.rejects(program.start({ args: ["run"], io, reason: "RunContainerError" }), { message });
    await program.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
