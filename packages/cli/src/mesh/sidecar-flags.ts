import type { SidecarSettings } from "@sallyport/mesh";
import { Command } from "commander";
import { UsageError } from "../errors.ts";
import { version } from "../version.ts";

/** What is said of the sidecars that are injected. */
export interface SidecarFlags {
  readonly proxyImage: string;
  readonly revision: string;
  readonly trustDomain: string;
  readonly caAddress: string;
  readonly controlAddress: string;
  readonly tokenAudience: string;
  readonly rules: string;
  readonly nativeSidecar: string;
}

export function addSidecarOptions(command: Command): Command {
  return command
    .option("--proxy-image <reference>", "of sidecars", `ghcr.io/sallyport/sallyport:${version}`)
    .option("--revision <name>", "pods and namespaces ask for it by istio.io/rev", "default")
    .option("--trust-domain <name>", "of the mesh's identities", "cluster.local")
    .option("--ca-address <host:port>", "who signs certificates of sidecars", "sallyport-mesh.sallyport.svc:15012")
    .option(
      "--control-address <host:port>",
      "who tells sidecars of pods, Services and policies",
      "sallyport-mesh.sallyport.svc:15010",
    )
    .option("--token-audience <name>", "of the tokens that sidecars show", "istio-ca")
    .option("--rules <who>", "who turns connections over: init, a container of the pod, or node", "init")
    .option("--native-sidecar <boolean>", "Kubernetes 1.29 or newer: a sidecar ends when the others have", "true");
}

/** Of who says nothing. */
export function defaultSidecars(): SidecarSettings {
  return sidecarSettings(addSidecarOptions(new Command()).parse([], { from: "user" }).opts<SidecarFlags>());
}

/** Throws `UsageError`. */
export function sidecarSettings(flags: SidecarFlags): SidecarSettings {
  const { proxyImage: image, revision, trustDomain, caAddress, controlAddress, tokenAudience, rules } = flags;
  if (rules !== "init" && rules !== "node") throw new UsageError(`--rules ${rules}: expected init or node`);
  if (!["true", "false"].includes(flags.nativeSidecar))
    throw new UsageError(`--native-sidecar ${flags.nativeSidecar}: expected true or false`);
  for (const [flag, address] of [
    ["--ca-address", caAddress],
    ["--control-address", controlAddress],
  ] as const)
    if (!/^(\[[\da-fA-F:.]+\]|[^\s:/]+):\d{1,5}$/.test(address))
      throw new UsageError(`${flag} ${address}: expected host:port`);
  const nativeSidecar = flags.nativeSidecar === "true";
  return { image, revision, trustDomain, caAddress, controlAddress, tokenAudience, rules, nativeSidecar };
}
