import type { JsonObject, Module, RegoVersion, Value } from "@sallyport/rego";
import type { Manifest } from "./manifest.ts";

/** One file of a bundle; its path has no leading slash. */
export interface BundleFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A policy of a bundle. */
export interface ModuleFile {
  /** Its place in the bundle: `/a/policy.rego`. */
  readonly url: string;
  /** The name that positions of errors show: the bundle's name before the place. */
  readonly file: string;
  readonly text: string;
  /** What it was parsed as; `import rego.v1` may have made the module itself v1. */
  readonly regoVersion: RegoVersion;
  readonly module: Module;
}

/** A file that is carried along, not read: WebAssembly, plans. */
export interface OpaqueFile {
  readonly url: string;
  readonly bytes: Uint8Array;
}

/** One step of a delta bundle. https://www.openpolicyagent.org/docs/management-bundles#delta-bundles */
export interface PatchOperation {
  readonly op: string;
  /** `a/b/0`, without a leading slash. */
  readonly path: string;
  readonly value?: Value;
}

/** `.signatures.json`. https://www.openpolicyagent.org/docs/management-bundles#signature-format */
export interface SignaturesConfig {
  readonly signatures: readonly string[];
  /** Who verifies; `_default` is OPA itself. */
  readonly plugin?: string;
}

/** What a bundle holds. https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format */
export interface Bundle {
  readonly manifest: Manifest;
  readonly data: JsonObject;
  /** In the order of the files. */
  readonly modules: readonly ModuleFile[];
  readonly wasmModules: readonly OpaqueFile[];
  readonly planModules: readonly OpaqueFile[];
  /** Of a delta bundle, which has nothing else beside its manifest. */
  readonly patch?: readonly PatchOperation[];
  readonly signatures?: SignaturesConfig;
  /** Where documents came from, in the order of the files: `/a/data.json`. */
  readonly dataFiles: readonly string[];
}
