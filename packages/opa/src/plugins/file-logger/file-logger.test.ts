import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { JsonObject } from "@sallyport/rego";
import { PluginConfigError } from "../config-fields.ts";
import { FileLogger } from "./file-logger.ts";
import { fileLoggerConfig } from "./file-logger-config.ts";

const config = (given: JsonObject) => fileLoggerConfig({ plugins: { file_logger: given } });

test("options have OPA's defaults", () => {
  const megabyte = 1024 * 1024;
  const defaults = { maxBytes: 100 * megabyte, maxAgeDays: 28, maxBackups: 3, compresses: false, level: "info" };
  assert.equal(fileLoggerConfig({}), undefined);
  assert.deepEqual(config({ path: "a" }), { path: "a", ...defaults });
  assert.deepEqual(config({ path: "a", max_size_mb: -1, max_age_days: 0, max_backups: null, level: "loud" }), {
    path: "a",
    ...defaults,
  });
  assert.deepEqual(
    config({ path: "a", max_size_mb: 2, max_age_days: 1, max_backups: -1, compress: true, level: "warn" }),
    { path: "a", maxBytes: 2 * megabyte, maxAgeDays: 1, maxBackups: -1, compresses: true, level: "warn" },
  );
});

test("a configuration that cannot be is refused in OPA's words", () => {
  const parse = "failed to parse file logger config: json: cannot unmarshal";
  const rows: readonly (readonly [JsonObject, string])[] = [
    [{ file_logger: {} }, "file logger requires 'path' to be specified"],
    [{ other: {} }, 'plugin "other" not registered'],
    [{ file_logger: { path: 1 } }, `${parse} number into Go struct field Config.path of type string`],
    [
      { file_logger: { path: "a", max_size_mb: "x" } },
      `${parse} string into Go struct field Config.max_size_mb of type int`,
    ],
    [
      { file_logger: { path: "a", max_backups: 1.5 } },
      `${parse} number 1.5 into Go struct field Config.max_backups of type int`,
    ],
    [
      { file_logger: { path: "a", compress: "yes" } },
      `${parse} string into Go struct field Config.compress of type bool`,
    ],
  ];
  for (const [plugins, message] of rows)
    assert.throws(() => fileLoggerConfig({ plugins }), new PluginConfigError(message));
});

test("entries are lines of JSON as slog writes them, from a level on", async () => {
  const folder = mkdtempSync(join(tmpdir(), "file-logger-"));
  const faults: string[] = [];
  const host = {
    log: () => {},
    fault: (message: string) => void faults.push(message),
    console: () => {},
    timestamp: () => "2026-01-02T15:04:05.000001Z",
    clock: () => 0,
    environment: {},
    agent: "",
  };
  const open = (path: string) =>
    new FileLogger({ ...(config({ path: join(folder, path) }) as object), level: "warn" } as never, host);
  const logger = open("sub/a.log");
  logger.log("info", "not told", {});
  logger.log("warn", "a <b> & \\u003c", { z: 1, a: { n: "\u2028" }, none: undefined });
  logger.log("error", "c", {});
  await logger.close();
  const time = '{"time":"2026-01-02T15:04:05.000001Z"';
  assert.equal(
    readFileSync(join(folder, "sub/a.log"), "utf8"),
    `${time},"level":"WARN","msg":"a <b> & \\\\u003c","z":1,"a":{"n":"\\u2028"}}\n${time},"level":"ERROR","msg":"c"}\n`,
  );
  open("sub/a.log/b.log").log("warn", "lost", {});
  assert.match(faults.join(), /^File logger could not write: (?:ENOTDIR|EEXIST): /);
  rmSync(folder, { recursive: true, force: true });
});
