import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeImage, platform, temporaryFolder, writeLayout } from "../image.fixture.ts";
import { FolderImageStore } from "../store.ts";
import { capabilityText } from "./file-capabilities.ts";

/** linux/capability.h: struct vfs_cap_data, by its five words. */
function attribute(...words: readonly number[]): string {
  const bytes = Buffer.alloc(4 * words.length);
  words.forEach((word, i) => {
    bytes.writeUInt32LE(word, 4 * i);
  });
  return bytes.toString("utf8");
}

const netRaw = attribute(0x02000001, 1 << 13, 0, 0, 0);

for (const [what, words, text] of [
  ["one that takes effect", [0x02000001, 1 << 13, 0, 0, 0], "cap_net_raw=ep"],
  ["permitted alone", [0x02000000, 1 << 10, 0, 0, 0], "cap_net_bind_service=p"],
  ["two, one of them inheritable too", [0x02000001, 3, 2, 0, 0], "cap_chown=ep cap_dac_override=epi"],
  ["inheritable alone, beyond the 32nd", [0x02000000, 0, 0, 0, 1 << 6], "cap_perfmon=i"],
  ["bytes that are no text", [0x02000001, 1 << 7, 0, 0, 0], undefined],
  ["of a user namespace", [0x03000001, 1, 0, 0, 0, 1000], undefined],
  ["of the first revision", [0x01000001, 1, 0], undefined],
] as const)
  test(`capabilities of a file: ${what}`, () => assert.equal(capabilityText(attribute(...words)), text));

const hasTools = ["setcap", "getcap"].every((name) =>
  ["/sbin", "/usr/sbin"].some((folder) => existsSync(join(folder, name))),
);
const skip = process.getuid?.() !== 0 ? "not root: no capabilities are given" : !hasTools && "no setcap and getcap";

test("files of an image get their capabilities; those that do not are counted", { skip }, async (t) => {
  const folder = temporaryFolder(t);
  // Not every disk keeps them.
  const probe = join(folder, "probe");
  writeFileSync(probe, "");
  try {
    execFileSync("setcap", ["cap_chown=p", probe], { stdio: "ignore" });
  } catch {
    return t.skip("the disk keeps no capabilities");
  }
  const pax = (value: string) => ({ pax: { "SCHILY.xattr.security.capability": value } });
  const reports: string[] = [];
  const store = new FolderImageStore({ folder: join(folder, "store"), platform, report: (line) => reports.push(line) });
  const lost = attribute(0x02000001, 1 << 7, 0, 0, 0);
  const made = await makeImage([
    [
      { name: "ping", ...pax(netRaw) },
      { name: "replaced", ...pax(netRaw) },
      { name: "newuidmap", ...pax(lost) },
      { name: "dev/null", type: "character-device" },
    ],
    ["replaced"],
  ]);
  const [image] = await store.importImage(writeLayout(join(folder, "in"), made));
  const shown = execFileSync("getcap", ["ping", "replaced", "newuidmap"], { cwd: image!.rootfs, encoding: "utf8" });
  assert.equal(shown.trim().replace(/ = (.*)\+ep/, " $1=ep"), "ping cap_net_raw=ep");
  assert.deepEqual(reports, [
    "image example.org/app:1: 1 devices or FIFOs of it are not made; 1 files of it are without their capabilities: setcap cannot set them",
  ]);
});
