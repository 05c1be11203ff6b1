import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { nftRules, podInterception, proxyUser, type SidecarSettings, sidecarPorts } from "@sallyport/mesh";
import type { MachineImage, Pod } from "@sallyport/node/kubelet";
import { packageFolder } from "../place.ts";
import { controlAddresses, tokenAudience } from "./control-plane.ts";

const proxyImage = "sallyport.dev/proxy:latest";

/** Sidecars of a mesh whose pods run on this machine: the node makes the rules, and they are this program. */
export const ownSidecars: SidecarSettings = {
  image: proxyImage,
  imagePullPolicy: "IfNotPresent",
  revision: "default",
  trustDomain: "cluster.local",
  caAddress: controlAddresses.ca,
  controlAddress: controlAddresses.control,
  tokenAudience,
  rules: "node",
  nativeSidecar: true,
};

/** Rules of a pod that has a sidecar, and wants its connections turned over. */
export function meshRules({ metadata, spec }: Pick<Pod, "metadata" | "spec">): string | undefined {
  const annotations = metadata.annotations ?? {};
  const isInjected = annotations["sidecar.istio.io/status"] !== undefined;
  const hasSidecar = [...(spec.initContainers ?? []), ...spec.containers].some(({ name }) => name === "istio-proxy");
  const interception = isInjected && hasSidecar ? podInterception(annotations) : undefined;
  const { inbound, outbound } = sidecarPorts;
  return interception && nftRules(interception, { inbound, outbound, user: proxyUser });
}

/** This program as the image of sidecars. Of where it lies, containers see the program alone: data may lie beside it. */
export function proxyMachineImage(): MachineImage {
  const here = fileURLToPath(packageFolder);
  const isSource = import.meta.url.endsWith(".ts");
  const words = isSource ? ["--conditions=source", "--disable-warning=ExperimentalWarning"] : [];
  const own = isSource ? [join(here, ".."), join(here, "../../node_modules")] : builtFiles(here);
  const files = own.filter((path) => existsSync(path));
  return { name: proxyImage, entrypoint: [process.execPath, ...words, join(here, "bin/run.js")], files };
}

/** The script, and where the package lies that is not built into it: beside it, beside us where npm has put us, or above us in a checkout. */
export function builtFiles(here: string): readonly string[] {
  const above = [join(here, ".."), join(here, "../..", "node_modules")];
  const [hoisted = "", checkout = ""] = above;
  const packages =
    basename(hoisted) === "node_modules" ? [hoisted] : ["koffi", "@koromix"].map((name) => join(checkout, name));
  return [...["bin", "dist", "package.json", "node_modules"].map((name) => join(here, name)), ...packages];
}
