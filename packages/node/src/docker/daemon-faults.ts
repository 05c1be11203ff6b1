import { allCapabilities, capabilityName } from "../security-context/capabilities.ts";
import { cut } from "./flag-values.ts";
import { type CommandCheck, each, firstFault, type GivenFlags, securityOption } from "./given-flags.ts";
import { bytesOf, integerOf, nanoProcessorsOf, secondsOf } from "./go-values.ts";
import { type DockerMount, parseMount } from "./mounts.ts";
import { type PortMapping, publishedPorts } from "./port-specs.ts";

/** What docker's daemon has against a command before it starts anything, whatever its machine. */
export function daemonFault(given: GivenFlags): string | undefined {
  return firstFault(checks, given);
}

/** In its order. */
const checks: readonly CommandCheck[] = [
  ({ last }) => {
    const folder = last("workdir") ?? "";
    return folder === "" || folder.startsWith("/")
      ? undefined
      : `the working directory '${folder}' is invalid, it needs to be an absolute path`;
  },
  healthFault,
  each("publish", (value) => {
    const port = (publishedPorts(value) as readonly PortMapping[]).find(({ containerPort }) => containerPort === 0);
    return port && `invalid port specification: "0/${port.protocol}"`;
  }),
  ({ last }) => restartPolicyFault(last("restart") ?? ""),
  each("cap-add", (value) => capabilityFault("CapAdd", value)),
  each("cap-drop", (value) => capabilityFault("CapDrop", value)),
  ({ last }) => {
    const hostname = last("hostname") ?? "";
    return hostname.length > 64 ? `hostname ${JSON.stringify(hostname)} is too long (maximum 64 bytes)` : undefined;
  },
  memoryFault,
  processorFault,
  ({ last }) => {
    const ipc = last("ipc") ?? "";
    return /^(none|private|host|shareable|container:.*)?$/s.test(ipc) ? undefined : `invalid IPC mode: ${ipc}`;
  },
  ({ last }) => {
    const score = integerOf(last("oom-score-adj") ?? "0");
    return Math.abs(score) > 1000 ? `Invalid value ${score}, range for oom score adj is [-1000, 1000]` : undefined;
  },
  each("tmpfs", (value) => {
    const [path] = cut(value, ":");
    if (/^\/+$/.test(path)) return "invalid specification: destination can't be '/'";
    return path.startsWith("/") ? undefined : `invalid mount path: '${path}' mount path must be absolute`;
  }),
  each("mount", mountFault),
  each("volume", volumeFault),
  each("security-opt", daemonSecurityFault),
  ({ last }) => userFault(last("user") ?? ""),
];

function daemonSecurityFault(value: string): string | undefined {
  if (["no-new-privileges", "systempaths=unconfined"].includes(value)) return undefined;
  const [key, text = ""] = securityOption(value);
  const isSwitch = key === "no-new-privileges" || key === "writable-cgroups";
  const isRight = isSwitch ? /^(1|t|true|0|f|false)$/i.test(text) : ["label", "apparmor", "seccomp"].includes(key);
  return isRight ? undefined : `invalid --security-opt 2: ${JSON.stringify(value)}`;
}

function capabilityFault(list: string, value: string): string | undefined {
  const name = capabilityName(value);
  if (name === "ALL" || allCapabilities.includes(name)) return undefined;
  return `invalid ${list}: unknown capability: ${JSON.stringify(`CAP_${name}`)}`;
}

function restartPolicyFault(value: string): string | undefined {
  const [name, text = "0"] = cut(value, ":");
  const count = Number(text);
  if (name === "on-failure")
    return count < 0 ? "invalid restart policy: maximum retry count cannot be negative" : undefined;
  if (!["", "no", "always", "unless-stopped"].includes(name))
    return `invalid restart policy: unknown policy '${name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`;
  if (name === "" || count === 0) return undefined;
  return `invalid restart policy: maximum retry count can only be used with 'on-failure'${count < 0 ? " and cannot be negative" : ""}`;
}

function healthFault({ last }: GivenFlags): string | undefined {
  const times = ["health-interval", "health-timeout", "health-start-period", "health-start-interval"];
  const short = times.find((flag) => {
    const time = secondsOf(last(flag) ?? "0");
    return time > 0 && time < 0.001;
  });
  if (short === undefined) return undefined;
  const field = short.replace(/^health/, "").replace(/-(\w)/g, (_, first) => first.toUpperCase());
  return `${field} in Healthcheck cannot be less than 1ms`;
}

const leastMemory = 6 * 2 ** 20;

function memoryFault({ last }: GivenFlags): string | undefined {
  const amount = (flag: string) => {
    const made = bytesOf(last(flag) ?? "0");
    return typeof made === "number" ? made : 0;
  };
  const [memory, reservation] = [amount("memory"), amount("memory-reservation")];
  const swap = last("memory-swap") === "-1" ? -1 : amount("memory-swap");
  if (memory !== 0 && memory < leastMemory) return "Minimum memory limit allowed is 6MB";
  if (memory > 0 && swap > 0 && swap < memory)
    return "Minimum memoryswap limit should be larger than memory limit, see usage";
  if (memory === 0 && swap > 0) return "You should always set the Memory limit when using Memoryswap limit, see usage";
  if (reservation > 0 && reservation < leastMemory) return "Minimum memory reservation allowed is 6MB";
  if (memory > 0 && reservation > memory)
    return "Minimum memory limit can not be less than memory reservation limit, see usage";
  return undefined;
}

function processorFault({ last }: GivenFlags): string | undefined {
  const cpus = nanoProcessorsOf(last("cpus") ?? "0");
  const [period, quota] = ["cpu-period", "cpu-quota"].map((flag) => integerOf(last(flag) ?? "0")) as [number, number];
  if (typeof cpus === "bigint" && cpus > 0n && period > 0)
    return "Conflicting options: Nano CPUs and CPU Period cannot both be set";
  if (typeof cpus === "bigint" && cpus > 0n && quota > 0)
    return "Conflicting options: Nano CPUs and CPU Quota cannot both be set";
  if (typeof cpus === "bigint" && cpus < 0n) return "range of CPUs is from 0.01 up";
  if (period !== 0 && (period < 1000 || period > 1_000_000))
    return "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)";
  return quota > 0 && quota < 1000 ? "CPU cfs quota can not be less than 1ms (i.e. 1000)" : undefined;
}

/** Linux' user numbers, as far as containers have them. */
const maxId = 2 ** 31 - 1;

function userFault(value: string): string | undefined {
  const isOutside = value.split(":").some((part) => /^\d+$/.test(part) && Number(part) > maxId);
  return isOutside ? `uids and gids must be in range 0-${maxId}` : undefined;
}

const volumeModes: readonly RegExp[] = [
  /^(ro|rw)$/,
  /^[zZ]$/,
  /^r?(private|slave|shared)$/,
  /^nocopy$/,
  /^(consistent|cached|delegated)$/,
];

function isVolumeMode(text: string): boolean {
  const options = text.split(",");
  const counts = volumeModes.map((kind) => options.filter((option) => kind.test(option)).length);
  return (
    text === "" ||
    (counts.every((count) => count <= 1) && counts.reduce((sum, count) => sum + count) === options.length)
  );
}

function volumeFault(value: string): string | undefined {
  const [source = "", target, options] = value.split(":");
  const spec = `invalid volume specification: '${value}'`;
  if (target === undefined) return targetFault(source, `${spec}: invalid mount config for type "volume"`);
  if (options === undefined && isVolumeMode(target)) return spec;
  if (options !== undefined && !isVolumeMode(options)) return `invalid mode: ${options}`;
  const type = /^[/.$~]/.test(source) ? "bind" : "volume";
  if (type === "volume" && !/^[a-zA-Z0-9][\w.-]+$/.test(source))
    return `create ${source}: ${JSON.stringify(source)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`;
  return targetFault(target, `${spec}: invalid mount config for type "${type}"`);
}

function targetFault(target: string, before: string): string | undefined {
  if (/^\/+$/.test(target)) return `${before}: invalid specification: destination can't be '/'`;
  return target.startsWith("/") ? undefined : `${before}: invalid mount path: '${target}' mount path must be absolute`;
}

const propagations = ["private", "rprivate", "slave", "rslave", "shared", "rshared"];

/** linuxParser.ValidateMountConfig */
function mountFault(value: string): string | undefined {
  const { type, source = "", target = "", propagation, subpath } = parseMount(value) as DockerMount;
  const fault = (why: string) => `invalid mount config for type "${type}": ${why}`;
  if (!["bind", "volume", "tmpfs", "image"].includes(type)) return fault("mount type unknown");
  const path = target.replaceAll("\\", "/");
  if (target === "") return fault("field Target must not be empty");
  if (/^\/+(\.?\/*)*$/.test(path)) return fault("invalid specification: destination can't be '/'");
  if (!path.startsWith("/")) return fault(`invalid mount path: '${path}' mount path must be absolute`);
  if (type === "tmpfs") return source === "" ? undefined : fault("field Source must not be specified");
  if (source === "" && type !== "volume") return fault("field Source must not be empty");
  if (source === "" && subpath !== undefined) return fault("must not set Subpath when using anonymous volumes");
  if (subpath !== undefined && (subpath.startsWith("/") || subpath.split("/").includes("..")))
    return fault("subpath must be a relative path within the volume");
  if (propagation !== undefined && !propagations.includes(propagation))
    return fault(`invalid propagation mode: ${propagation}`);
  return type === "bind" && !/^[/.$]/.test(source)
    ? fault(`invalid mount path: '${source}' mount path must be absolute`)
    : undefined;
}
