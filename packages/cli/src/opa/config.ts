import { isObject, type JsonObject, type Value } from "@sallyport/rego";
import { ConfigValueError, setConfigValues, typedValue } from "./config-values.ts";
import type { FlagSpec, Flags } from "./flags.ts";
import { LoadError, readBytes, yamlText } from "./read-data.ts";

/** Flags that configure the runtime. */
export const configFlags: readonly FlagSpec[] = [
  { name: "config-file", short: "c", kind: "string", usage: "configuration file" },
  { name: "set", kind: "list", type: "stringArray", usage: "configuration value, as default_decision=a/b" },
  { name: "set-file", kind: "list", type: "stringArray", usage: "configuration value from a file" },
];

/** What `--config-file`, `--set` and `--set-file` say together; `${NAME}` in the file stands for the environment's. Throws `LoadError`. */
export function readConfig(flags: Flags, env: { readonly [name: string]: string | undefined }): JsonObject {
  const file = flags.string("config-file");
  const config = file === "" ? {} : configOfFile(file, env);
  for (const text of flags.list("set")) told("--set", () => setConfigValues(config, text, typedValue));
  for (const text of flags.list("set-file"))
    told("--set-file", () => setConfigValues(config, text, (path) => readBytes(path).toString("utf8")));
  return config;
}

function configOfFile(file: string, env: { readonly [name: string]: string | undefined }): { [key: string]: Value } {
  const text = readBytes(file)
    .toString("utf8")
    .replace(/\$\{(.*?)\}/g, (_, name: string) => env[name.trim()] ?? "");
  let config: Value;
  try {
    config = yamlText(text);
  } catch (error) {
    throw new LoadError(`failed to parse ${file}: error converting YAML to JSON: ${(error as Error).message}`);
  }
  return isObject(config) ? { ...(config as JsonObject) } : {};
}

function told(flag: string, run: () => void): void {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigValueError || error instanceof LoadError)
      throw new LoadError(`failed parsing ${flag} data: ${error.message}`);
    throw error;
  }
}
