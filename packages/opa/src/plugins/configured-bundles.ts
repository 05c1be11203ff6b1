import type { JsonObject, RegoVersion } from "@sallyport/rego";
import type { Bundle } from "../bundle/bundle.ts";
import { coreFault } from "../config-shape.ts";
import { bundleSources, readSource } from "./bundle-source.ts";
import { checkSections, PluginConfigError } from "./config-fields.ts";
import { download } from "./download.ts";
import type { PluginHost } from "./plugin.ts";
import { servicesOf } from "./services/service.ts";

/** A bundle that a configuration names, for those who want it once. */
export type ConfiguredBundle = {
  readonly name: string;
  /** How its signature is verified. */
  readonly verification: ReturnType<typeof bundleSources>[number]["verification"];
} & (
  | { readonly file: string }
  /** Asks its service. Rejects with an `Error` that says why there is none, `BundleError` and `RegoError`. */
  | { readonly download: () => Promise<Bundle> }
);

/** The bundles of `bundles`, from files and from `services`; `agent` is how services know who asks. Throws `PluginConfigError`. */
export function configuredBundles(
  config: JsonObject,
  {
    regoVersion,
    agent,
    environment,
  }: { readonly regoVersion: RegoVersion } & Pick<PluginHost, "agent" | "environment">,
): readonly ConfiguredBundle[] {
  const fault = coreFault(config);
  if (fault !== undefined) throw new PluginConfigError(fault);
  checkSections(config);
  return bundleSources(config, servicesOf(config, environment)).map((source) => {
    const { name, service, resource, verification } = source;
    if (service === undefined) return { name, verification, file: resource };
    const read = async (): Promise<Bundle> => {
      const answer = await download(source, { etag: "", modes: "snapshot", agent });
      if (answer === "same") throw new Error("the service says that nothing has changed");
      return readSource(source, answer.bytes, regoVersion);
    };
    return { name, verification, download: read };
  });
}
