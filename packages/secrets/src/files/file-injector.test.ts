import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SourceError } from "../source-error.ts";
import { FileInjector } from "./file-injector.ts";
import { injectConfiguration } from "./inject-configuration.ts";

test("files are written, kept while the store is away, and written anew when it has others", async (t) => {
  const root = mkdtempSync(join(tmpdir(), "sallyport-inject-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [stores, folder] = [join(root, "stores"), join(root, "folder")];
  mkdirSync(stores);
  mkdirSync(folder);
  writeFileSync(join(stores, "db"), "canary-1");
  const text = "{store: {file: {folder: .}}, files: [{path: password, key: db}], refreshInterval: 1m}";
  const none = () => Promise.reject(new SourceError("none"));
  const injector = new FileInjector({
    ...injectConfiguration(text),
    folder,
    mode: 0o400,
    random: () => 0,
    sleep: async () => {},
    context: {
      environment: {},
      timeoutMs: 1_000,
      now: Date.now,
      credentials: { secret: none, certificates: none, accountToken: none, accountAnnotations: none },
      files: { folder: stores },
      lendsOwn: false,
      openNamespace: none,
    },
  });
  const password = () => readFileSync(join(folder, "password"), "utf8");
  assert.equal(injector.isReady, false);
  assert.deepEqual(await injector.look(), { files: 1, isWritten: true, fault: undefined, nextMs: 60_000 });
  assert.deepEqual([password(), injector.isReady], ["canary-1", true]);
  assert.equal((await injector.look()).isWritten, false);
  renameSync(join(stores, "db"), join(stores, "gone"));
  const fault = "files[0]: the store has no secret db";
  assert.deepEqual(await injector.look(), { files: 1, isWritten: false, fault, nextMs: 10_000 });
  for (const nextMs of [20_000, 40_000, 60_000, 60_000]) assert.equal((await injector.look()).nextMs, nextMs);
  assert.equal(password(), "canary-1");
  writeFileSync(join(stores, "db"), "canary-2");
  assert.equal((await injector.look()).isWritten, true);
  assert.equal(password(), "canary-2");
  injector.close();
});

const faults: readonly (readonly [string, string])[] = [
  ["{a: [", "no YAML at line 1, column 6"],
  ["[]", "expected {store: …, files: […]}"],
  ["{more: 1}", "unknown field more; known are store, files, refreshInterval"],
  ["{files: []}", "store: expected a provider as in a SecretStore, such as {vault: {server: …}}"],
  ["{store: {fake: {}}}", "files: expected a list of files, each with a path and a key"],
  [
    "{store: {fake: {}}, refreshInterval: 5, files: [{path: a, key: k}]}",
    "refreshInterval 5: expected a duration of a second or more, such as 5m",
  ],
  [
    "{store: {fake: {}}, refreshInterval: 5ms, files: [{path: a, key: k}]}",
    "refreshInterval 5ms: expected a duration of a second or more, such as 5m",
  ],
];

for (const [text, fault] of faults)
  test(`a configuration that is none is told: ${fault}`, () => {
    assert.throws(() => injectConfiguration(text), new SourceError(fault));
  });
