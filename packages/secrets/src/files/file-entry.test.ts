import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceError } from "../source-error.ts";
import { fileEntries } from "./file-entry.ts";

test("a file is a secret, a template over several, or a folder of keys", () => {
  const find = [{ find: { path: "tls/" } }];
  assert.deepEqual(
    fileEntries("files", [
      { path: "db/password", key: "app/db", property: "password", version: "2", mode: "0400" },
      { path: "a.ini", template: "{{ .k }}", data: [{ secretKey: "k", remoteRef: { key: "x" } }] },
      { folder: "tls", dataFrom: find, mode: "644" },
    ]),
    [
      { kind: "secret", path: "db/password", mode: 0o400, ref: { key: "app/db", property: "password", version: "2" } },
      {
        kind: "template",
        path: "a.ini",
        mode: undefined,
        template: "{{ .k }}",
        data: [{ secretKey: "k", remoteRef: { key: "x" } }],
        dataFrom: [],
      },
      { kind: "folder", path: "tls", mode: 0o644, template: "", data: [], dataFrom: find },
    ],
  );
});

const faults: readonly (readonly [unknown, string])[] = [
  [{}, "files: expected a list of files, each with a path and a key"],
  [[], "files: expected a list of files, each with a path and a key"],
  [["a"], "files[0]: expected {path: …, key: …}"],
  [
    [{ path: "a", key: "k", more: 1 }],
    "files[0]: unknown field more; known are path, folder, mode, key, property, version, decodingStrategy, template, data, dataFrom",
  ],
  [[{ path: "a" }], "files[0].key: needed, the secret's name in the store"],
  [[{ path: "a", key: 7 }], "files[0].key: expected a text"],
  [[{ path: "a", key: "k", mode: 400 }], 'files[0].mode: expected an octal mode in quotes, as "0400"'],
  [[{ path: "a", key: "k", mode: "0999" }], 'files[0].mode: expected an octal mode in quotes, as "0400"'],
  [[{ path: "a", key: "k", mode: "4755" }], 'files[0].mode: expected an octal mode in quotes, as "0400"'],
  [
    [{ path: "a", key: "k", decodingStrategy: "Hex" }],
    "files[0].decodingStrategy Hex: expected None, Base64, Base64URL or Auto",
  ],
  [[{ path: "a", key: "k", template: "x" }], "files[0]: key does not go with folder, template, data or dataFrom"],
  [[{ path: "a", template: "x" }], "files[0]: data or dataFrom are needed, as in an ExternalSecret"],
  [[{ path: "a", dataFrom: [] }], "files[0]: data and dataFrom are for a template or a folder"],
  [[{ folder: "a", template: "x", dataFrom: [{}] }], "files[0]: a folder has no template"],
  [[{ folder: "a", data: [{ secretKey: "k" }] }], "files[0].data[0]: expected {secretKey: …, remoteRef: {key: …}}"],
  [[{ folder: "a", dataFrom: ["x"] }], "files[0].dataFrom: expected a list of maps"],
  [
    [
      { path: "a", key: "k" },
      { path: "a", key: "l" },
    ],
    "files[1]: a is named twice",
  ],
  [Array.from({ length: 501 }, (_, i) => ({ path: `f${i}`, key: "k" })), "files: more than 500 files"],
];

for (const path of ["", "/etc/passwd", "../a", "a/../b", "..data", "a//b", "a/", ".", "a\0b", "x".repeat(256)])
  test(`a path that leaves the folder, or is the writer's own, is refused: ${JSON.stringify(path).slice(0, 20)}`, () => {
    assert.throws(
      () => fileEntries("files", [{ path, key: "k" }]),
      new SourceError(`files[0].path ${JSON.stringify(path)}: expected a relative path without empty names, . and ..`),
    );
  });

for (const [list, fault] of faults)
  test(`an entry that is none is told by its place: ${fault}`, () => {
    assert.throws(() => fileEntries("files", list), new SourceError(fault));
  });
