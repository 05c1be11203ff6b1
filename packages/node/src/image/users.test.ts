import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./image.fixture.ts";
import { type ImageUser, resolveUser } from "./users.ts";

const passwd = [
  "root:x:0:0:root:/root:/bin/sh",
  "# a remark",
  "broken:x:one:1::/:",
  "app:x:1000:1001:App,,,:/home/app:/bin/sh",
  "1000:x:5:5::/:",
  "",
].join("\n");
const group = "root:x:0:\nwheel:x:10:root,app\nstaff:x:50:app\nstaff2:x:50:app\napp:x:1001:\nbroken\n";

function rootfs(t: Parameters<typeof temporaryFolder>[0], files: { readonly [path: string]: string }): string {
  const root = temporaryFolder(t);
  mkdirSync(join(root, "etc"));
  for (const [path, text] of Object.entries(files)) writeFileSync(join(root, path), text);
  return root;
}

const root = { uid: 0, gid: 0, additionalGids: [10], username: "root", home: "/root" };
const app = { uid: 1000, gid: 1001, additionalGids: [10, 50], username: "app", home: "/home/app" };

const resolved: readonly (readonly [user: string, wanted: ImageUser])[] = [
  ["", root],
  ["root", root],
  ["0", root],
  ["app", app],
  ["1000", app],
  ["app:staff", { ...app, gid: 50 }],
  ["1000:77", { ...app, gid: 77 }],
  ["app:", app],
  [":staff", { ...root, gid: 50 }],
  ["4711", { uid: 4711, gid: 0, additionalGids: [] }],
  ["4711:4712", { uid: 4711, gid: 4712, additionalGids: [] }],
];

for (const [user, wanted] of resolved)
  test(`user ${JSON.stringify(user)}`, (t) =>
    assert.deepEqual(resolveUser(rootfs(t, { "etc/passwd": passwd, "etc/group": group }), user), wanted));

for (const [user, message] of [
  ["nobody", "unable to find user nobody: no matching entries in passwd file"],
  ["broken", "unable to find user broken: no matching entries in passwd file"],
  ["app:nogroup", "unable to find group nogroup: no matching entries in group file"],
  ["-1", "unable to find user -1: no matching entries in passwd file"],
  ["2147483648", "uids and gids must be in range 0-2147483647"],
  ["0:99999999999", "uids and gids must be in range 0-2147483647"],
] as const)
  test(`no user: ${user}`, (t) => {
    const image = rootfs(t, { "etc/passwd": passwd, "etc/group": group });
    assert.throws(() => resolveUser(image, user), { reason: "CreateContainerError", message });
  });

test("an image without the files knows numbers alone", (t) => {
  const image = temporaryFolder(t);
  assert.deepEqual(resolveUser(image, "1000:1"), { uid: 1000, gid: 1, additionalGids: [] });
  assert.deepEqual(resolveUser(image, ""), { uid: 0, gid: 0, additionalGids: [] });
  assert.throws(() => resolveUser(image, "app"), /no matching entries in passwd file/);
});

test("a passwd file that is a link is looked for in the image, never outside", (t) => {
  const image = rootfs(t, { "etc/real": "inside:x:7:7::/:\n" });
  symlinkSync("/etc/real", join(image, "etc", "passwd"));
  symlinkSync("../../../../../../etc/group", join(image, "etc", "group"));
  assert.equal(resolveUser(image, "inside").uid, 7);
  assert.throws(() => resolveUser(image, "root"), /unable to find user root/);
  assert.throws(() => resolveUser(image, "inside:root"), /unable to find group root/);
});
