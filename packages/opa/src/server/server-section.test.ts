import { deepEqual, throws } from "node:assert/strict";
import { test } from "node:test";
import type { JsonObject } from "@sallyport/rego";
import { ConfigError } from "./config-error.ts";
import { defaultCoding, serverSection } from "./server-section.ts";

test("limits of bodies and compression, and buckets, are read", () => {
  const server = {
    decoding: { max_length: 10, gzip: { max_length: 20 } },
    encoding: { gzip: { min_length: 30, compression_level: 1 } },
    metrics: { prom: { http_request_duration_seconds: { buckets: [0.1, 1] } } },
  };
  const coding = { maxBodyBytes: 10, maxUnzippedBytes: 20, gzipMinLength: 30, gzipLevel: 1 };
  deepEqual(serverSection({ server }), { coding, durationBuckets: [0.1, 1] });
});

for (const server of [undefined, {}, { decoding: {} }, { decoding: null }, { encoding: { gzip: null } }])
  test(`OPA's defaults stand in for what ${JSON.stringify(server)} leaves out`, () => {
    const config: JsonObject = server === undefined ? {} : { server };
    deepEqual(serverSection(config), { coding: defaultCoding, durationBuckets: undefined });
  });

const level = "server.encoding.gzip.compression_level field, accepted values are 0, 1 or 9";
const refused: readonly (readonly [server: JsonObject, message: string])[] = [
  [{ decoding: { max_length: 0 } }, "invalid value for server.decoding.max_length field, should be a positive number"],
  [
    { decoding: { max_length: "1" } },
    "invalid value for server.decoding.max_length field, should be a positive number",
  ],
  [
    { decoding: { gzip: { max_length: -1 } } },
    "invalid value for server.decoding.gzip.max_length field, should be a positive number",
  ],
  [
    { encoding: { gzip: { min_length: 0 } } },
    "invalid value for server.encoding.gzip.min_length field, should be a positive number",
  ],
  [{ encoding: { gzip: { compression_level: 5 } } }, `invalid value for ${level}`],
  [{ decoding: 1 }, "server.decoding must be an object"],
  [
    { metrics: { prom: { http_request_duration_seconds: { buckets: ["x"] } } } },
    "server.metrics.prom.http_request_duration_seconds.buckets must be numbers",
  ],
];

for (const [server, message] of refused)
  test(`refused: ${JSON.stringify(server)}`, () => {
    throws(() => serverSection({ server }), new ConfigError(`config error: ${message}`));
  });
