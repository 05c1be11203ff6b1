import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonObject, RegoVersion, Value } from "@sallyport/rego";
import type { Bundle } from "../bundle/bundle.ts";
import { readBundle } from "../bundle/read.ts";
import { unpackTarball } from "../bundle/tarball.ts";
import type { VerificationConfig } from "../bundle/verify.ts";
import { fieldOf, PluginConfigError, stringAt } from "./config-fields.ts";
import { type Polling, pollingOf } from "./polling.ts";
import type { Service } from "./services/service.ts";
import { verificationKeys } from "./verification-keys.ts";

/** Where one bundle comes from. https://www.openpolicyagent.org/docs/configuration#bundles */
export interface BundleSource {
  readonly name: string;
  /** Undefined for files. */
  readonly service: Service | undefined;
  /** A path of the service, or a `file://` URL. */
  readonly resource: string;
  readonly polling: Polling;
  readonly isPersisted: boolean;
  readonly verification: VerificationConfig;
  readonly maxBytes: number;
}

/** As OPA. */
const defaultPolling: Polling = { minMs: 60_000, maxMs: 120_000 };
/** As OPA's `size_limit_bytes`. */
const defaultMaxBytes = 1024 ** 3;

/** Throws `PluginConfigError`. */
export function bundleSources(config: JsonObject, services: ReadonlyMap<string, Service>): readonly BundleSource[] {
  const keys = verificationKeys(config);
  return Object.entries((config["bundles"] ?? {}) as JsonObject).map(([name, each]) =>
    sourceOf(name, each as Value, keys, services),
  );
}

/** One bundle; `keys` are those of signatures. Throws `PluginConfigError`. */
export function sourceOf(
  name: string,
  config: Value,
  keys: VerificationConfig["keys"],
  services: ReadonlyMap<string, Service>,
): BundleSource {
  const resource = stringAt(config, "resource") ?? `bundles/${name}`;
  const wanted = stringAt(config, "service");
  const service = wanted === undefined ? [...services.values()][0] : services.get(wanted);
  const isFile = resource.startsWith("file://");
  if (!isFile && service === undefined)
    throw new PluginConfigError(
      `invalid configuration for bundle ${JSON.stringify(name)}: service name ${JSON.stringify(wanted ?? "")} not found`,
    );
  const limit = fieldOf(config, "size_limit_bytes");
  return {
    name,
    service: isFile ? undefined : service,
    resource,
    polling: pollingOf(fieldOf(config, "polling"), defaultPolling),
    isPersisted: fieldOf(config, "persist") === true,
    verification: verificationOf(fieldOf(config, "signing"), keys),
    maxBytes: typeof limit === "number" ? limit : defaultMaxBytes,
  };
}

/** Bundles that need a signature name its key. */
function verificationOf(signing: Value | undefined, keys: VerificationConfig["keys"]): VerificationConfig {
  if (signing === undefined) return { keys, isOptional: true };
  const [keyId, scope] = [stringAt(signing, "keyid"), stringAt(signing, "scope")];
  const exclude = fieldOf(signing, "exclude_files");
  return {
    keys,
    ...(keyId !== undefined && { keyId }),
    ...(scope !== undefined && { scope }),
    ...(Array.isArray(exclude) && { exclude: exclude as readonly string[] }),
  };
}

/** Reads what a source has sent. Throws `BundleError`, `RegoError`. */
export async function readSource(
  { name, verification, maxBytes }: BundleSource,
  bytes: Uint8Array,
  regoVersion: RegoVersion,
): Promise<Bundle> {
  const files = await unpackTarball(bytes, maxBytes);
  return readBundle(files, { name, regoVersion, verification });
}

/** A bundle that lies in a file. */
export function fileBytes(resource: string): Uint8Array {
  return readFileSync(fileURLToPath(resource));
}
