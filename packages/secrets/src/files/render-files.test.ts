import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceError } from "../source-error.ts";
import type { SecretStore } from "../stores/secret-store.ts";
import { fileEntries } from "./file-entry.ts";
import { filesDigest, maxFilesBytes, renderFiles } from "./render-files.ts";

const secrets: { readonly [key: string]: string } = {
  "app/db": '{"user":"ann","password":"canary"}',
  "tls/key": "canary-key",
  "tls/cert": "cert",
  big: "x".repeat(maxFilesBytes),
};

const store: SecretStore = {
  read: async (key) => {
    const value = secrets[key];
    return value === undefined ? undefined : { value: Buffer.from(value), version: `v-${key}` };
  },
  list: async (path) =>
    Object.keys(secrets)
      .filter((key) => key.startsWith(path))
      .sort(),
  close: () => {},
};

async function render(...list: object[]) {
  const { files, versions } = await renderFiles("files", fileEntries("files", list), store, 0o440);
  const shown = files.map(({ path, mode, contents }) => [path, mode.toString(8), Buffer.from(contents).toString()]);
  return { files: shown, versions: Object.fromEntries(versions) };
}

test("files are made of what the store has, with its versions", async () => {
  const one = { path: "db/password", key: "app/db", property: "password", mode: "0400" };
  const url = "{{ .user }}:{{ .password }}@db";
  const made = { path: "db/url", template: url, dataFrom: [{ extract: { key: "app/db" } }] };
  const rewrite = [{ regexp: { source: "^tls/", target: "" } }];
  const folder = { folder: "tls", dataFrom: [{ find: { path: "tls/" }, rewrite }] };
  assert.deepEqual(await render(one, made, folder), {
    files: [
      ["db/password", "400", "canary"],
      ["db/url", "440", "ann:canary@db"],
      ["tls/cert", "440", "cert"],
      ["tls/key", "440", "canary-key"],
    ],
    versions: { "app/db": "v-app/db", "tls/cert": "v-tls/cert", "tls/key": "v-tls/key" },
  });
});

const extract = (key: string) => [{ extract: { key } }];

const faults: readonly (readonly [readonly object[], string])[] = [
  [[{ path: "a", key: "none" }], "files[0]: the store has no secret none"],
  [[{ path: "a", key: "app/db", version: "7", property: "x" }], "files[0]: the secret has no property x"],
  [[{ path: "a", template: "{{ .x }}", dataFrom: extract("app/db") }], "files[0]: template: no key x"],
  [
    [{ folder: "a", dataFrom: extract("tls/key") }],
    "files[0].dataFrom[0]: the secret is no JSON, which has properties",
  ],
  [
    [
      { folder: "a", dataFrom: extract("app/db") },
      { path: "a/user", key: "tls/key" },
    ],
    "files: a/user is made twice",
  ],
  [
    [
      { path: "a", key: "tls/key" },
      { folder: "a", dataFrom: extract("app/db") },
    ],
    "files[1]: a is named twice",
  ],
  [
    [
      { path: "a/b", key: "tls/key" },
      { path: "a/b/c", key: "tls/key" },
    ],
    "files: a/b/c would lie in a/b, which is a file",
  ],
  [
    [
      { path: "a", key: "big" },
      { path: "b", key: "tls/cert" },
    ],
    `files: the files have ${maxFilesBytes + 4} bytes, and at most ${maxFilesBytes} are taken`,
  ],
];

for (const [list, fault] of faults)
  test(`what cannot be made is told by its place, without a value: ${fault}`, async () => {
    await assert.rejects(render(...list), new SourceError(fault));
  });

test("files differ by path, mode and contents, and not by their order", () => {
  const file = (path: string, text: string, mode = 0o400) => ({ path, mode, contents: Buffer.from(text) });
  const digest = filesDigest([file("a", "1"), file("b", "2")]);
  assert.equal(filesDigest([file("b", "2"), file("a", "1")]), digest);
  for (const other of [[file("a", "1")], [file("a", "1"), file("b", "3")], [file("a", "1"), file("b", "2", 0o440)]])
    assert.notEqual(filesDigest(other), digest);
});
