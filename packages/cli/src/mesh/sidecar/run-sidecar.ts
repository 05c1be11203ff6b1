import { readFileSync } from "node:fs";
import { type AppProbers, appProbersVariable, sidecarPorts } from "@sallyport/mesh";
import { FollowedConfig, followConfig, loadOriginalDestination } from "@sallyport/mesh/control";
import type { WatchedSource } from "@sallyport/mesh/identity";
import { accessLine, ProxyMetrics, type RunningProxy, startProxy } from "@sallyport/mesh/proxy";
import { askHandler } from "@sallyport/node/kubelet";
import { UsageError } from "../../errors.ts";
import { authoritySourceOf } from "../authority-client.ts";
import { openSidecarDoors } from "./doors.ts";

export interface SidecarRunFlags {
  readonly caAddress?: string;
  readonly controlAddress?: string;
  readonly tokenFile: string;
  readonly rootsFile: string;
  readonly ip?: string;
  readonly certificateLife: string;
  readonly drainDuration: string;
  readonly accessLog?: boolean;
}

/** Runs until it is told to stop. Rejects with `UsageError`, and with the fault of a port that cannot be had. */
export async function runSidecar(flags: SidecarRunFlags): Promise<void> {
  const control = addressOf("--control-address", flags.controlAddress ?? process.env["SALLYPORT_MESH_CONTROL"]);
  const ca = addressOf("--ca-address", flags.caAddress ?? process.env["CA_ADDR"]);
  const ip = flags.ip ?? process.env["INSTANCE_IP"] ?? "127.0.0.1";
  const [lifeMs, drainMs] = [
    secondsOf("--certificate-life", flags.certificateLife) * 1000,
    secondsOf("--drain-duration", flags.drainDuration) * 1000,
  ];
  const destination = await loadOriginalDestination();
  if (typeof destination === "string") throw new UsageError(`no sidecar can run here: ${destination}`);
  const [roots, token] = [
    () => readFileSync(flags.rootsFile, "utf8"),
    () => readFileSync(flags.tokenFile, "utf8").trim(),
  ];
  const source = authoritySourceOf({ ...flags, caAddress: ca.text, lifeMs }, say);
  const metrics = new ProxyMetrics();
  const state: { proxy?: RunningProxy; starting?: Promise<void>; config?: FollowedConfig } = {};
  /** Nothing is taken before all is known by which it is judged. */
  const start = async (config: FollowedConfig) => {
    await firstCertificate(source);
    state.proxy = await startProxy({
      config,
      source,
      listeners: [
        { direction: "inbound", port: sidecarPorts.inbound, host: "::", destination },
        { direction: "outbound", port: sidecarPorts.outbound, host: "::", destination },
      ],
      metrics,
      log:
        flags.accessLog === false
          ? () => {}
          : (entry) => void process.stdout.write(`${accessLine(entry, Date.now())}\n`),
      clock: () => performance.now(),
      now: Date.now,
    });
    say("connections are taken");
  };
  const failed = Promise.withResolvers<never>();
  const follow = followConfig({
    host: control.host,
    port: control.port,
    roots,
    token,
    random: Math.random,
    say,
    onConfig: (config) => {
      if (state.config !== undefined) return state.config.replace(config);
      state.config = new FollowedConfig(config, Math.random);
      state.starting = start(state.config).catch(failed.reject);
    },
  });
  const doors = await openSidecarDoors({
    ports: sidecarPorts,
    notReady: () => source.fault ?? (state.proxy === undefined ? "nothing is known of the cluster yet" : undefined),
    metrics: () => metrics.render(),
    probers: probersOf(process.env[appProbersVariable]),
    ask: async ({ timeoutSeconds = 1, ...handler }) => {
      const exec = async () => ({ isOk: false, output: "a command is not asked of a sidecar" });
      return askHandler(handler, { container: { name: "", image: "" }, ip, exec }, timeoutSeconds);
    },
  });
  await Promise.race([untilStopped(), failed.promise]).finally(async () => {
    follow.close();
    await state.proxy?.drain(drainMs);
    source.close();
    doors.close();
  });
}

function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve());
  });
}

function firstCertificate(source: WatchedSource): Promise<void> {
  if (source.current !== undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const end = source.onChange(() => {
      end();
      resolve();
    });
  });
}

interface Address {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

function addressOf(flag: string, text = ""): Address {
  const [, host, port] = /^\[?([^\s[\]]+?)\]?:(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw new UsageError(`${flag} ${text}: expected host:port`);
  return { text, host, port: Number(port) };
}

function secondsOf(flag: string, text: string): number {
  const [, number, unit = ""] = /^(\d+)(s|m|h)$/.exec(text) ?? [];
  if (number === undefined) throw new UsageError(`${flag} ${text}: expected a duration such as 45s, 5m or 24h`);
  return Number(number) * ({ s: 1, m: 60, h: 3600 }[unit] as number);
}

/** Of the injector; who writes other things there has no probes. */
function probersOf(text = "{}"): AppProbers {
  try {
    return JSON.parse(text) as AppProbers;
  } catch {
    throw new UsageError(`${appProbersVariable}: expected JSON`);
  }
}

function say(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${text}\n`);
}
