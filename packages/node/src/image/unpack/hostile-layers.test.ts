import assert from "node:assert/strict";
import { lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { type Entry, tarOf, temporaryFolder } from "../image.fixture.ts";
import { ImageFault } from "../image.ts";
import { imageLimits } from "../limits.ts";
import { Budget } from "./budget.ts";
import { applyLayer } from "./layer.ts";
import { RootTree } from "./root-tree.ts";

const numRuns = Number(process.env["SALLYPORT_RANDOM_RUNS"] || 30) * 5;

/** Few names, so that entries meet each other. */
const name = fc.constantFrom("a", "b", "c", ".wh.a", ".wh.b", ".wh..wh..opq", "..", ".", "");
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join("/"));
const target = fc.oneof(
  path,
  path.map((inner) => `../../${inner}`),
  path.map((inner) => `/${inner}`),
  fc.constantFrom("../outside", "../outside/kept", "/", "..", "../..", "/proc/self/root/etc"),
);
const type = fc.constantFrom<"file" | "directory" | "symlink" | "link" | "fifo">(
  "file",
  "directory",
  "symlink",
  "symlink",
  "link",
  "fifo",
);
const entry: fc.Arbitrary<Entry> = fc
  .record({ name: path, type, linkname: target, mode: fc.constantFrom(0o755, 0o4777) })
  .map(({ name, type, linkname, mode }) => ({
    name,
    type,
    mode,
    ...(type === "symlink" || type === "link" ? { linkname } : {}),
  }));

test("no layers, whatever their entries, touch a file outside of the image or end in anything but one line", async (t) => {
  const folder = temporaryFolder(t);
  let count = 0;
  const layers = fc.array(fc.array(entry, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(layers, async (made) => {
      const base = join(folder, String(count++));
      const [outside, root] = [join(base, "outside"), join(base, "root")];
      for (const each of [outside, root]) mkdirSync(each, { recursive: true });
      writeFileSync(join(outside, "kept"), "kept", { mode: 0o600 });
      const before = lstatSync(join(outside, "kept"));
      const options = { budget: new Budget(imageLimits), hasOwners: false };
      for (const entries of made) {
        const tar = new Blob([(await tarOf(entries)) as Uint8Array<ArrayBuffer>]).stream();
        await applyLayer(new RootTree(root), tar, options).catch((error) => {
          if (!(error instanceof ImageFault)) throw error;
          assert.ok(!error.message.includes("\n") && !error.message.includes(folder), error.message);
        });
      }
      assert.deepEqual([readdirSync(base).sort(), readdirSync(outside)], [["outside", "root"], ["kept"]]);
      const after = lstatSync(join(outside, "kept"));
      assert.deepEqual([after.mode, after.nlink, after.mtimeMs], [before.mode, before.nlink, before.mtimeMs]);
      assert.equal(readFileSync(join(outside, "kept"), "utf8"), "kept");
    }),
    { numRuns },
  );
});
