import { readFile, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { serverIdentityHash } from "@sallyport/apiserver";
import {
  ConfigurationError,
  createEncryption,
  type Encryption,
  EncryptionMetrics,
  ReloadingEncryption,
} from "@sallyport/secrets/encryption";
import type { Command } from "commander";
import { parse, type YAMLParseError } from "yaml";
import { list } from "./comma-list.ts";
import { EncryptionConfigMetrics } from "./encryption-config-metrics.ts";
import { reasonOf, UsageError } from "./errors.ts";

/** kube-apiserver's flags of encryption at rest, by its names. */
export interface EncryptionFlags {
  readonly encryptionProviderConfig?: string;
  readonly encryptionProviderConfigAutomaticReload?: boolean;
  readonly featureGates: readonly string[];
}

/** No file of keys is larger; more is another file. */
const maxBytes = 1024 * 1024;

const flag = "--encryption-provider-config";

/** Adds the flags. */
export function addEncryptionOptions(command: Command): Command {
  return command
    .option(`${flag} <file>`, "an EncryptionConfiguration: which resources lie in the store under which keys")
    .option(`${flag}-automatic-reload`, "look at that file each minute, and take over what changed when it is right")
    .option("--feature-gates <gates>", "KMSv1=true allows KMS plugins of version 1", list, []);
}

/** How values are sealed, once they are to be. */
export interface ConfiguredEncryption {
  readonly encryption: Encryption;
  /** Calls back when other rules or keys have taken over. */
  readonly onChange: (listener: () => void) => void;
  /** Where sealing and opening are counted. */
  readonly metrics: EncryptionMetrics;
  /** What `/metrics` tells of the file. */
  readonly renderMetrics: () => string;
}

/** What the flags ask for; undefined when nothing is sealed. `tell` is told a line of what happens later. Rejects with `UsageError`, which holds no key. */
export async function openEncryption(
  flags: EncryptionFlags,
  tell: (line: string) => void,
): Promise<ConfiguredEncryption | undefined> {
  const { encryptionProviderConfig: file, encryptionProviderConfigAutomaticReload: reload = false } = flags;
  const allowsKmsV1 = kmsV1Gate(flags.featureGates);
  if (file === undefined) {
    if (reload) throw new UsageError(`${flag}-automatic-reload must be set with ${flag}`);
    return undefined;
  }
  const listeners = new Set<() => void>();
  const changed = () => {
    for (const listener of listeners) listener();
  };
  const id = serverIdentityHash(hostname());
  const counted = new EncryptionMetrics(id);
  const options = { now: Date.now, reload, allowsKmsV1, onFault: tell, onRotate: changed, metrics: counted };
  const build = (text: string): Promise<Encryption> => createEncryption(documentOf(text), options);
  try {
    const metrics = new EncryptionConfigMetrics(Date.now, id);
    const encryption = reload
      ? await reloading({ file, build, changed, tell, metrics })
      : await once(file, build, metrics);
    return {
      encryption,
      onChange: (listener) => void listeners.add(listener),
      metrics: counted,
      renderMetrics: () => metrics.render(),
    };
  } catch (error) {
    throw error instanceof ConfigurationError ? new UsageError(`${flag} ${file}: ${error.message}`) : error;
  }
}

type Build = (text: string) => Promise<Encryption>;

async function once(file: string, build: Build, metrics: EncryptionConfigMetrics): Promise<Encryption> {
  const text = await textOf(file);
  const encryption = await build(text);
  metrics.applied(text);
  return encryption;
}

interface Reloading {
  readonly file: string;
  readonly build: Build;
  readonly changed: () => void;
  readonly tell: (line: string) => void;
  readonly metrics: EncryptionConfigMetrics;
}

async function reloading({ file, build, changed, tell, metrics }: Reloading): Promise<Encryption> {
  let built = "";
  const encryption = await ReloadingEncryption.over({
    read: () => textOf(file),
    build: async (text) => {
      const made = await build(text);
      built = text;
      return made;
    },
    onReload: (fault) => {
      tell(
        `${flag} ${file}: ${fault === undefined ? "taken over" : `the one before stays in force: ${fault.message}`}`,
      );
      metrics.reloaded(fault === undefined ? "success" : "failure");
      if (fault !== undefined) return;
      metrics.applied(built);
      changed();
    },
  });
  metrics.applied(built);
  return encryption;
}

/** The text of a file of keys. Rejects with `ConfigurationError`. */
export async function textOf(file: string): Promise<string> {
  try {
    if ((await stat(file)).size > maxBytes) throw new ConfigurationError(`larger than ${maxBytes} bytes`);
    const text = await readFile(file, "utf8");
    if (text === "") throw new ConfigurationError("the file is empty");
    return text;
  } catch (error) {
    throw error instanceof ConfigurationError ? error : new ConfigurationError(reasonOf(error));
  }
}

/**
 * A fault of YAML would quote the line it is in, which may hold a key: its place is all that is told. At the level of errors the parser
 * throws; silent, it would go on with what it could read.
 */
export function documentOf(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" });
  } catch (error) {
    const { code, linePos: [start] = [] } = error as Partial<YAMLParseError>;
    const what = code === "DUPLICATE_KEY" ? "a field is given twice in one map" : "not YAML";
    throw new ConfigurationError(`${what}${start === undefined ? "" : `, line ${start.line}`}`);
  }
}

/** kube-apiserver knows many gates; what others are about is never off here, or never on. */
function kmsV1Gate(gates: readonly string[]): boolean {
  let allowed = false;
  for (const gate of gates) {
    const [name = "", value = ""] = gate.split("=");
    if (name !== "KMSv1") throw new UsageError(`--feature-gates ${gate}: unrecognized feature gate: ${name}`);
    if (value !== "true" && value !== "false")
      throw new UsageError(`--feature-gates ${gate}: invalid value of KMSv1: ${value}, use true or false`);
    allowed = value === "true";
  }
  return allowed;
}
