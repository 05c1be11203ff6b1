import { parseGoDuration } from "@sallyport/kube";
import { type SourceKindName, type SourceValues, sourceKinds } from "@sallyport/secrets/kms";
import { parse } from "yaml";
import { UsageError } from "../errors.ts";
import { InputError } from "../manifests.ts";
import { readTextFile } from "./text-file.ts";

/** What `sallyport kms-plugin` was told. */
export interface KmsPluginConfiguration {
  /** `unix:///PATH` */
  readonly listen: string;
  /** `HOST:PORT` of health and metrics. */
  readonly http: { readonly host: string; readonly port: number } | undefined;
  /** For each call of a service. */
  readonly timeoutMs: number;
  readonly kind: SourceKindName;
  readonly values: SourceValues;
}

/** Flags by their names on the command line, without dashes. */
export interface GivenFlags {
  readonly [flag: string]: string | undefined;
}

/** A file's fields beside those of sources, which are flags too. */
const ownFields = ["listen", "http", "timeout"] as const;

type Fields = { readonly [field: string]: unknown };

/** The flags, over what the file `config` says where there is one. Throws `UsageError`, and `InputError` for the file. */
export function kmsPluginConfiguration(flags: GivenFlags): KmsPluginConfiguration {
  const file = flags["config"] === undefined ? {} : fieldsOfFile(flags["config"]);
  const own = (name: (typeof ownFields)[number]) => flags[name] ?? file[name];
  const { kind, values } = sourceOf(flags, file);
  const listen = own("listen");
  if (listen === undefined) throw new UsageError("--listen unix:///PATH: needed");
  return { listen, http: addressOf(own("http")), timeoutMs: timeoutOf(own("timeout") ?? "2s"), kind, values };
}

function sourceOf(flags: GivenFlags, file: GivenFlags): Pick<KmsPluginConfiguration, "kind" | "values"> {
  const found = sourceKinds.map(({ name: kind, fields }) => {
    const given = fields.map(({ name, flag }) => [name, flags[flag] ?? file[`${kind}.${name}`]] as const);
    return { kind, values: Object.fromEntries(given.filter(([, value]) => value !== undefined)) };
  });
  const [source, ...more] = found.filter(({ values }) => Object.keys(values).length > 0);
  const names = sourceKinds.map(({ fields }) => `--${fields[0]?.flag}`).join(", ");
  if (source === undefined) throw new UsageError(`where does the key lie? name one of ${names}`);
  if (more.length > 0)
    throw new UsageError(`${[source, ...more].map(({ kind }) => kind).join(" and ")}: a plugin has one source of keys`);
  return source;
}

/** `listen`, `http`, `timeout`, and of one source its fields: as texts by their paths. */
function fieldsOfFile(path: string): GivenFlags {
  let document: unknown;
  try {
    document = parse(readTextFile(path));
  } catch (error) {
    if (error instanceof InputError) throw error;
    throw new InputError(`${path}: ${(error as Error).message.split("\n")[0]}`);
  }
  const texts: { [field: string]: string } = {};
  for (const [name, value] of Object.entries(mapOf(path, document))) {
    const kind = sourceKinds.find((each) => each.name === name);
    if (kind === undefined) {
      known(path, name, ownFields);
      texts[name] = textOf(`${path}: ${name}`, value);
      continue;
    }
    for (const [field, inner] of Object.entries(mapOf(`${path}: ${name}`, value))) {
      known(
        `${path}: ${name}`,
        field,
        kind.fields.map((each) => each.name),
      );
      texts[`${name}.${field}`] = textOf(`${path}: ${name}.${field}`, inner);
    }
  }
  return texts;
}

function known(place: string, field: string, names: readonly string[]): void {
  if (!names.includes(field)) throw new InputError(`${place}: unknown field ${field}; expected ${names.join(", ")}`);
}

function mapOf(place: string, value: unknown): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new InputError(`${place}: expected a map`);
}

function textOf(place: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new InputError(`${place}: expected a text`);
}

function timeoutOf(text: string): number {
  const nanoseconds = parseGoDuration(text);
  if (typeof nanoseconds !== "number" || nanoseconds < 1e6)
    throw new UsageError(`--timeout ${text}: expected a duration such as 2s`);
  return nanoseconds / 1e6;
}

function addressOf(text: string | undefined): KmsPluginConfiguration["http"] {
  if (text === undefined) return undefined;
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === "" || Number(port) > 65535) throw new UsageError(`--http ${text}: expected HOST:PORT`);
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}
