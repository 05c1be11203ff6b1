import { readFileSync } from "node:fs";
import { dirname, isAbsolute, resolve } from "node:path";
import { type ChainOptions, type EventLimit, pluginEntries } from "@sallyport/admission";
import { readApiServerManifest } from "./apiserver-manifest.ts";
import { reasonOf } from "./errors.ts";
import { imagePolicyOptions } from "./image-policy-configuration.ts";
import { InputError, parseManifests } from "./manifests.ts";
import { podSecurityOptions } from "./pod-security-configuration.ts";
import { StaticManifests } from "./static-manifests/static-manifests.ts";
import { webhookCredentials } from "./webhook-credentials.ts";

export interface ChainFlags {
  readonly enableAdmissionPlugins: readonly string[];
  readonly disableAdmissionPlugins: readonly string[];
  readonly admissionControlConfigFile?: string;
  readonly apiserverManifest?: string;
}

/** With what can be read again while a server runs. */
export interface FileChainOptions extends ChainOptions {
  readonly statics?: StaticManifests;
}

/** What the flags of a command say of the chain. Throws `InputError` for a configuration that cannot be taken whole. */
export function chainOptions({
  enableAdmissionPlugins,
  disableAdmissionPlugins,
  admissionControlConfigFile,
  apiserverManifest,
}: ChainFlags): FileChainOptions {
  const manifest =
    apiserverManifest === undefined ? undefined : readApiServerManifest(apiserverManifest, admissionControlConfigFile);
  const file = admissionControlConfigFile ?? manifest?.configuration;
  return {
    enable: [...new Set([...(manifest?.enable ?? []), ...enableAdmissionPlugins])],
    disable: [...new Set([...(manifest?.disable ?? []), ...disableAdmissionPlugins])],
    ...(file === undefined ? {} : readConfiguration(file)),
  };
}

/** Whether a plugin has a part in an AdmissionConfiguration. */
export function isConfigurable(plugin: string): boolean {
  return readers[plugin] !== undefined || staticParts[plugin] !== undefined;
}

export type Configuration = { readonly [field: string]: unknown };

/** How each plugin's part is read; the rest take none. */
const readers: { readonly [plugin: string]: (file: string, configuration: Configuration) => Partial<ChainOptions> } = {
  PodSecurity: (file, configuration) => ({ podSecurity: podSecurityOptions(file, configuration) }),
  PodNodeSelector: (file, configuration) => ({
    podNodeSelector: fieldOf(file, configuration, "podNodeSelectorPluginConfig"),
  }),
  PodTolerationRestriction: (file, { default: defaults = [], whitelist = [] }) => ({
    podTolerationRestriction: {
      default: listOf(`${file}: PodTolerationRestriction: default`, defaults),
      whitelist: listOf(`${file}: PodTolerationRestriction: whitelist`, whitelist),
    },
  }),
  ResourceQuota: (file, { limitedResources = [] }) => ({
    limitedResources: listOf(`${file}: ResourceQuota: limitedResources`, limitedResources),
  }),
  EventRateLimit: (file, configuration) => ({ eventRateLimit: eventLimits(file, configuration) }),
  ImagePolicyWebhook: (file, configuration) => ({ imagePolicy: imagePolicyOptions(file, configuration) }),
};

/** The fields of the parts, beside apiVersion and kind, that are no others: kube-apiserver passes over a slip in some of them. */
const partFields: { readonly [plugin: string]: readonly string[] } = {
  PodNodeSelector: ["podNodeSelectorPluginConfig"],
  PodTolerationRestriction: ["default", "whitelist"],
  ResourceQuota: ["limitedResources"],
  EventRateLimit: ["limits"],
  ImagePolicyWebhook: ["imagePolicy"],
};

/** The kinds of the parts that name a folder of manifests. */
const staticParts: { readonly [plugin: string]: string } = {
  MutatingAdmissionPolicy: "MutatingAdmissionPolicyConfiguration",
  MutatingAdmissionWebhook: "WebhookAdmissionConfiguration",
  ValidatingAdmissionPolicy: "ValidatingAdmissionPolicyConfiguration",
  ValidatingAdmissionWebhook: "WebhookAdmissionConfiguration",
};

/** apiserver.config.k8s.io/v1 AdmissionConfiguration. https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/ */
function readConfiguration(file: string): Partial<FileChainOptions> {
  const { kind, apiVersion: _, plugins = [], ...others } = parseManifests(file, readText(file))[0]?.value ?? {};
  if (kind !== "AdmissionConfiguration")
    throw new InputError(`${file}: expected kind AdmissionConfiguration, got ${String(kind ?? "nothing")}`);
  refuseOthers(file, others);
  if (!Array.isArray(plugins)) throw new InputError(`${file}: plugins: expected a list`);
  const statics = new StaticManifests();
  const options = plugins.map((entry, at): Partial<ChainOptions> => {
    const { name, path, configuration } = entryOf(file, entry, at);
    const part = () => partOf(path ?? file, name, path === undefined ? configuration : readPart(file, path));
    const read = readers[name];
    if (read !== undefined) return read(path ?? file, part());
    if (staticParts[name] !== undefined) {
      readStatics(path ?? file, name, part(), statics);
      return { statics };
    }
    if (pluginEntries.some((each) => each.name === name)) {
      const takers = [...Object.keys(readers), ...Object.keys(staticParts)];
      throw new InputError(`${file}: ${name} takes no configuration; ${takers.join(", ")} do`);
    }
    throw new InputError(`${file}: unknown plugin ${JSON.stringify(name)}`);
  });
  return Object.assign({}, ...options) as Partial<FileChainOptions>;
}

interface Entry {
  readonly name: string;
  readonly path: string | undefined;
  readonly configuration: unknown;
}

function entryOf(file: string, entry: unknown, at: number): Entry {
  if (!isObject(entry)) throw new InputError(`${file}: plugins[${at}]: expected an object with a name`);
  const { name = "", path, configuration, ...others } = entry;
  refuseOthers(file, others, `plugins[${at}].`);
  return { name: String(name), path: path === undefined ? undefined : String(path), configuration };
}

/** A plugin's own part, held against what it may have. */
function partOf(file: string, plugin: string, part: unknown): Configuration {
  if (part === undefined || part === null) return {};
  if (!isObject(part)) throw new InputError(`${file}: ${plugin}: expected an object`);
  const known = partFields[plugin];
  if (known === undefined) return part;
  const others = Object.entries(part).filter(([field]) => !["apiVersion", "kind", ...known].includes(field));
  refuseOthers(`${file}: ${plugin}`, Object.fromEntries(others));
  return part;
}

function isObject(value: unknown): value is Configuration {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuseOthers(place: string, others: object, path = ""): void {
  const unknown = Object.keys(others).map((field) => `unknown field ${JSON.stringify(path + field)}`);
  if (unknown.length > 0) throw new InputError(`${place}: strict decoding error: ${unknown.join(", ")}`);
}

/** The list in a field of a plugin's part. */
function listOf<Item>(place: string, value: unknown): readonly Item[] {
  if (!Array.isArray(value)) throw new InputError(`${place}: expected a list`);
  return value as readonly Item[];
}

/** Webhooks or policies of a folder, which each of these plugins may have. */
function readStatics(file: string, plugin: string, configuration: Configuration, statics: StaticManifests): void {
  const { apiVersion, kind, kubeConfigFile, staticManifestsDir, ...others } = configuration;
  const fault = (text: string) => new InputError(`${file}: ${plugin}: ${text}`);
  if (apiVersion !== "apiserver.config.k8s.io/v1" || kind !== staticParts[plugin])
    throw fault(`expected kind ${staticParts[plugin]} of apiserver.config.k8s.io/v1, got ${String(kind ?? "nothing")}`);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw fault(`unknown field ${JSON.stringify(unknown)}`);
  if (kubeConfigFile) {
    const path = String(kubeConfigFile);
    const place = `kubeConfigFile: Invalid value: ${JSON.stringify(path)}`;
    if (!plugin.endsWith("Webhook")) throw fault('unknown field "kubeConfigFile"');
    if (!isAbsolute(path)) throw fault(`${place}: must be an absolute file path`);
    statics.show(plugin, webhookCredentials("kubeConfigFile", path));
  }
  if (staticManifestsDir) statics.add(plugin, String(staticManifestsDir));
}

/** A part in a file of its own; its path is relative to the configuration's, as upstream resolves it. */
function readPart(file: string, path: string): Configuration {
  const place = resolve(dirname(file), path);
  return parseManifests(place, readText(place))[0]?.value ?? {};
}

function fieldOf(file: string, configuration: Configuration, field: string): { readonly [key: string]: string } {
  const value = configuration[field];
  if (typeof value === "object" && value !== null) return value as { readonly [key: string]: string };
  throw new InputError(`${file}: expected the field ${field}`);
}

const limitTypes: readonly string[] = ["Server", "Namespace", "User", "SourceAndObject"];

function eventLimits(file: string, { limits = [] }: Configuration): readonly EventLimit[] {
  const list = listOf<EventLimit>(`${file}: EventRateLimit: limits`, limits);
  if (list.length === 0) throw new InputError(`${file}: limits: Invalid value: must not be empty`);
  for (const [at, { type, qps, burst, cacheSize = 0 }] of list.entries()) {
    const fault = (field: string, value: unknown, text: string) =>
      new InputError(`${file}: limits[${at}].${field}: Invalid value: ${JSON.stringify(value ?? null)}: ${text}`);
    if (!limitTypes.includes(type)) throw fault("type", type, `must be one of ${limitTypes.join(", ")}`);
    if (!(qps > 0)) throw fault("qps", qps, "must be positive");
    if (!(burst > 0)) throw fault("burst", burst, "must be positive");
    if (cacheSize < 0) throw fault("cacheSize", cacheSize, "must not be negative");
  }
  return list;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
}
