import { booleanOf, bytesOf } from "./go-values.ts";

/** What `--mount` says. */
export interface DockerMount {
  readonly type: string;
  readonly source?: string;
  readonly target?: string;
  readonly readOnly?: boolean;
  /** Bytes of a tmpfs. */
  readonly size?: number;
  readonly propagation?: string;
  readonly subpath?: string;
  /** Options that stand for nothing in a pod, as they were written. */
  readonly others: readonly string[];
}

const ofTypes: { readonly [type: string]: RegExp } = {
  bind: /^bind-/,
  volume: /^volume-/,
  image: /^image-/,
  tmpfs: /^tmpfs-/,
};

/** `type=bind,source=/a,target=/b,readonly` taken apart, or what docker has against it. opts.MountOpt */
export function parseMount(given: string): DockerMount | string {
  const value = given.trim();
  if (value === "") return "value is empty";
  let mount: DockerMount = { type: "volume", others: [] };
  const keys: string[] = [];
  for (const field of csvFields(value)) {
    const fault = fieldFault(field);
    if (fault !== undefined) return fault;
    const [, name = "", equals, text = ""] = /^([^=]*)(=?)(.*)$/s.exec(field) ?? [];
    const key = name.toLowerCase();
    const read = readOption(key, equals === "" ? undefined : text, field);
    if (typeof read === "string") return read;
    mount = { ...mount, ...read, others: [...mount.others, ...(read.others ?? [])] };
    keys.push(key);
  }
  return togetherFault(mount, keys) ?? mount;
}

/** Fields between commas, those in quotes as a whole. */
export function csvFields(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
  );
}

const withoutValue = ["readonly", "ro", "volume-nocopy", "bind-nonrecursive", "bind-create-src"];

function fieldFault(field: string): string | undefined {
  const [, key = "", equals, text = ""] = /^([^=]*)(=?)(.*)$/s.exec(field) ?? [];
  if (key.trim() !== key) return `invalid option '${key.trim()}' in '${field}': option should not have whitespace`;
  if (equals === "")
    return withoutValue.includes(key.toLowerCase()) ? undefined : `invalid field '${field}' must be a key=value pair`;
  if (text.trim() === "") return `invalid value for '${key}': value is empty`;
  return text.trim() === text
    ? undefined
    : `invalid value for '${key}' in '${field}': value should not have whitespace`;
}

/** What one option says. */
function readOption(key: string, value: string | undefined, field: string): Partial<DockerMount> | string {
  const text = value ?? "";
  const other = { others: [field] };
  switch (key) {
    case "type":
      return { type: text.toLowerCase() };
    case "source":
    case "src":
      return { source: text };
    case "target":
    case "dst":
    case "destination":
      return { target: text };
    case "readonly":
    case "ro": {
      const flag = mountBoolean(key, value);
      return typeof flag === "string" ? flag : { readOnly: flag };
    }
    case "bind-propagation":
      return { propagation: text.toLowerCase() };
    case "bind-nonrecursive":
      return "bind-nonrecursive is deprecated, use bind-recursive=disabled instead";
    case "bind-recursive":
      if (text === "enabled") return {};
      return ["disabled", "writable", "readonly"].includes(text)
        ? other
        : `invalid value for ${key}: ${text} (must be "enabled", "disabled", "writable", or "readonly")`;
    case "bind-create-src":
    case "volume-nocopy": {
      const flag = mountBoolean(key, value);
      return typeof flag === "string" ? flag : other;
    }
    case "volume-subpath":
    case "image-subpath":
      return { subpath: text };
    case "tmpfs-size": {
      const size = bytesOf(text);
      return typeof size === "number" ? { size } : `invalid value for ${key}: ${text}`;
    }
    case "tmpfs-mode":
      return /^[0-7]+$/.test(text) && Number.parseInt(text, 8) < 2 ** 32 ? other : `invalid value for ${key}: ${text}`;
    case "consistency":
    case "volume-label":
    case "volume-driver":
    case "volume-opt":
      return other;
  }
  return `unknown option '${key}' in '${field}'`;
}

function mountBoolean(key: string, value: string | undefined): boolean | string {
  if (value === undefined) return true;
  const flag = /^(0|1|true|false)$/.test(value) ? booleanOf(value) : undefined;
  return typeof flag === "boolean"
    ? flag
    : `invalid value for '${key}': invalid boolean value (${JSON.stringify(value)}): must be one of "true", "1", "false", or "0" (default "true")`;
}

function togetherFault(mount: DockerMount, keys: readonly string[]): string | undefined {
  const { type, readOnly = false, propagation = "", others } = mount;
  for (const [owner, pattern] of Object.entries(ofTypes)) {
    // Recursion as it is anyway makes no option of a mount.
    const own = keys.filter((key) => pattern.test(key) && !(key === "bind-recursive" && !asksRecursion(others)));
    if (own.length > 0 && owner !== type) return `cannot mix '${owner}-*' options with mount type '${type}'`;
  }
  for (const recursion of ["writable", "readonly"])
    if (others.includes(`bind-recursive=${recursion}`) && !readOnly)
      return `option 'bind-recursive=${recursion}' requires 'readonly' to be specified in conjunction`;
  if (others.includes("bind-recursive=readonly") && propagation !== "rprivate")
    return "option 'bind-recursive=readonly' requires 'bind-propagation=rprivate' to be specified in conjunction";
  return undefined;
}

function asksRecursion(others: readonly string[]): boolean {
  return others.some((each) => each.startsWith("bind-recursive="));
}
