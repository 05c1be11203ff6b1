import { isObject, type JsonObject, lookup, type Value } from "@sallyport/rego";
import { ConfigError } from "./config-error.ts";

/** What bodies may be, and how answers are compressed. */
export interface Coding {
  /** A longer body is refused, compressed or not; bytes. */
  readonly maxBodyBytes: number;
  /** So long may a body become; bytes. */
  readonly maxUnzippedBytes: number;
  /** Shorter answers are not compressed; bytes. */
  readonly gzipMinLength: number;
  readonly gzipLevel: number;
}

/** The section `server` of a configuration: what it says to the listener. https://www.openpolicyagent.org/docs/configuration#server */
export interface ServerSection {
  readonly coding: Coding;
  /** Upper bounds of `http_request_duration_seconds`; undefined for OPA's own. */
  readonly durationBuckets: readonly number[] | undefined;
}

/** OPA's. */
export const defaultCoding: Coding = {
  maxBodyBytes: 256 * 1024 * 1024,
  maxUnzippedBytes: 512 * 1024 * 1024,
  gzipMinLength: 1024,
  gzipLevel: 9,
};

const levels: readonly number[] = [0, 1, 9];

/** Throws `ConfigError`. */
export function serverSection(config: JsonObject): ServerSection {
  const positive = (path: string, otherwise: number): number => {
    const value = valueAt(config, path);
    if (value === undefined || value === null) return otherwise;
    if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
    throw new ConfigError(`config error: invalid value for ${path} field, should be a positive number`);
  };
  return {
    coding: {
      maxBodyBytes: positive("server.decoding.max_length", defaultCoding.maxBodyBytes),
      maxUnzippedBytes: positive("server.decoding.gzip.max_length", defaultCoding.maxUnzippedBytes),
      gzipMinLength: positive("server.encoding.gzip.min_length", defaultCoding.gzipMinLength),
      gzipLevel: levelOf(valueAt(config, "server.encoding.gzip.compression_level")),
    },
    durationBuckets: bucketsOf(valueAt(config, "server.metrics.prom.http_request_duration_seconds.buckets")),
  };
}

function levelOf(value: Value | undefined): number {
  if (value === undefined || value === null) return defaultCoding.gzipLevel;
  if (typeof value === "number" && levels.includes(value)) return value;
  throw new ConfigError(
    "config error: invalid value for server.encoding.gzip.compression_level field, accepted values are 0, 1 or 9",
  );
}

function bucketsOf(value: Value | undefined): readonly number[] | undefined {
  if (value === undefined || value === null) return undefined;
  const isBounds = Array.isArray(value) && value.every((each: Value) => typeof each === "number");
  if (isBounds) return value as readonly number[];
  throw new ConfigError("config error: server.metrics.prom.http_request_duration_seconds.buckets must be numbers");
}

/** What lies on the way must be objects: a limit that is passed over would be none. */
function valueAt(value: Value, path: string): Value | undefined {
  let current: Value | undefined = value;
  for (const [i, key] of path.split(".").entries()) {
    if (current === undefined || current === null) return undefined;
    if (!isObject(current))
      throw new ConfigError(`config error: ${path.split(".").slice(0, i).join(".")} must be an object`);
    current = lookup(current, key);
  }
  return current;
}
