import { digestOf } from "./digest.ts";
import { type ImageConfig, ImageFault } from "./image.ts";

/** What a configuration says of its image. https://github.com/opencontainers/image-spec/blob/main/config.md */
export interface ImageDocument {
  /** The digest of the configuration: the image's id. */
  readonly id: string;
  readonly config: ImageConfig;
  /** Digests of the layers' tar archives, the lowest first. */
  readonly diffIds: readonly string[];
}

/** `linux/amd64`, by the names that Go has. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The fields that are read, and what each must be. */
const fields: { readonly [name in keyof ImageConfig]-?: (value: unknown) => boolean } = {
  User: isText,
  Env: isTexts,
  Entrypoint: isTexts,
  Cmd: isTexts,
  WorkingDir: isText,
  StopSignal: isText,
  Volumes: isObject,
  ExposedPorts: isObject,
  Labels: (value) => isObject(value) && Object.values(value).every(isText),
};

/** Throws `ImageFault` where it is none, or is for another machine. */
export function parseImageConfig(bytes: Uint8Array, platform: Platform): ImageDocument {
  const read = parseDocument(bytes, "the image's configuration");
  const { os, architecture, rootfs, config } = read;
  if (!isObject(rootfs) || !isTexts(rootfs["diff_ids"]))
    throw invalidConfig("rootfs.diff_ids must be the digests of its layers");
  if (os !== platform.os || architecture !== platform.architecture)
    throw invalidConfig(
      `the image is for ${wordOf(os)}/${wordOf(architecture)}, this machine is ${platform.os}/${platform.architecture}`,
    );
  const diffIds = rootfs["diff_ids"] as readonly string[];
  return { id: digestOf(bytes), config: checkConfig(config ?? {}), diffIds };
}

/** Throws `ImageFault` where it is none. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new ImageFault("ErrImagePull", `${what} is no JSON`);
  }
}

/** A JSON object. Throws `ImageFault` where it is none. */
export function parseDocument(bytes: Uint8Array, what: string): { readonly [field: string]: unknown } {
  const read = parseJson(bytes, what);
  if (!isObject(read)) throw new ImageFault("ErrImagePull", `${what} is no JSON object`);
  return read;
}

function checkConfig(config: unknown): ImageConfig {
  if (!isObject(config)) throw invalidConfig("config must be an object");
  const checked: { [name: string]: unknown } = {};
  for (const [name, isValid] of Object.entries(fields)) {
    const value = config[name];
    if (value === undefined || value === null) continue;
    if (!isValid(value)) throw invalidConfig(`config.${name} has not the type that it must have`);
    checked[name] = value;
  }
  return checked;
}

function invalidConfig(why: string): ImageFault {
  return new ImageFault("ErrImagePull", `invalid image configuration: ${why}`);
}

function wordOf(value: unknown): string {
  return typeof value === "string" && /^[\w.-]{1,40}$/.test(value) ? value : "unknown";
}
