import assert from "node:assert/strict";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { writeWhole, writeWholeSync } from "./write-whole.ts";

const root = mkdtempSync(join(tmpdir(), "sallyport-files-"));
after(() => rmSync(root, { recursive: true }));

const ways = [
  ["writeWhole", writeWhole],
  ["writeWholeSync", async (...args: Parameters<typeof writeWhole>) => writeWholeSync(...args)],
] as const;

for (const [name, write] of ways)
  describe(name, () => {
    it("makes a file with its mode, whatever the process's mask", async () => {
      const file = join(folder(), "a");
      const mask = process.umask(0o077);
      try {
        await write(file, "text", 0o644);
      } finally {
        process.umask(mask);
      }
      assert.deepEqual([readFileSync(file, "utf8"), modeOf(file)], ["text", 0o644]);
    });

    it("replaces a file, its mode too", async () => {
      const file = join(folder(), "a");
      writeFileSync(file, "what was longer before", { mode: 0o644 });
      await write(file, new Uint8Array([1, 2]), 0o600);
      assert.deepEqual([[...readFileSync(file)], modeOf(file)], [[1, 2], 0o600]);
    });

    it("keeps a link and writes to where it leads", async () => {
      const place = folder();
      writeFileSync(join(place, "target"), "old");
      symlinkSync("target", join(place, "link"));
      await write(join(place, "link"), "new", 0o600);
      assert.ok(lstatSync(join(place, "link")).isSymbolicLink());
      assert.equal(readFileSync(join(place, "target"), "utf8"), "new");
    });

    it("rejects and leaves nothing beside when it cannot take the name", async () => {
      const place = folder();
      mkdirSync(join(place, "taken", "by"), { recursive: true });
      await assert.rejects(write(join(place, "taken"), "text", 0o600), { code: "EISDIR" });
      assert.deepEqual(readdirSync(place), ["taken"]);
    });

    it("rejects where there is no folder", () =>
      assert.rejects(write(join(folder(), "none", "a"), "text", 0o600), { code: "ENOENT" }));

    it("never shows readers a part, however many write", async () => {
      const file = join(folder(), "a");
      const texts = ["a", "b", "c", "d"].map((letter) => letter.repeat(300_000));
      await write(file, texts[0] as string, 0o600);
      let isWriting = true;
      const writing = Promise.all(texts.map((text) => write(file, text, 0o600))).finally(() => {
        isWriting = false;
      });
      while (isWriting) {
        assert.ok(texts.includes(readFileSync(file, "utf8")));
        await new Promise(setImmediate);
      }
      await writing;
      assert.deepEqual(readdirSync(join(file, "..")), ["a"]);
    });
  });

function folder(): string {
  return mkdtempSync(join(root, "case-"));
}

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}
