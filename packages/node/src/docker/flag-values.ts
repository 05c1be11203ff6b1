import { goQuoted, parseIp } from "@sallyport/kube";
import { bytesOf, durationFault, integerFault, nanoProcessorsOf, type ValueFault } from "./go-values.ts";
import { csvFields, parseMount } from "./mounts.ts";

/** What docker has against a value of a flag as it reads the command line; undefined for a value that it takes. */
type Check = (value: string) => string | undefined;

const integer: Check = (value) => integerFault(value, "Int", 64);
const faultOf =
  (read: (value: string) => number | bigint | ValueFault): Check =>
  (value) => {
    const made = read(value);
    return typeof made === "object" ? made.fault : undefined;
  };
const bytes = faultOf(bytesOf);
const address: Check = (value) =>
  parseIp(value.trim()) === undefined ? `IP address is not correctly formatted: ${value}` : undefined;
const ipFlag: Check = (value) =>
  value === "" || parseIp(value.trim()) !== undefined ? undefined : `failed to parse IP: ${goQuoted(value)}`;

const byteRate = throttle(
  (rate) => typeof bytesOf(rate) === "number",
  "The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is optional and can be kb, mb, or gb",
);
const operationRate = throttle(
  (rate) => integerFault(`+${rate}`, "Int", 64) === undefined && /^\d+$/.test(rate),
  "The correct format is <device-path>:<number>. Number must be a positive integer",
);

const checks: { readonly [flag: string]: Check } = {
  "add-host": extraHost,
  attach: (value) =>
    ["stdin", "stdout", "stderr"].includes(value.toLowerCase())
      ? undefined
      : "valid streams are STDIN, STDOUT and STDERR",
  "blkio-weight": (value) => integerFault(value, "Uint", 16),
  "blkio-weight-device": weightOfDevice,
  "cpu-count": integer,
  "cpu-percent": integer,
  "cpu-period": integer,
  "cpu-quota": integer,
  "cpu-rt-period": integer,
  "cpu-rt-runtime": integer,
  "cpu-shares": integer,
  cpus: faultOf(nanoProcessorsOf),
  "device-cgroup-rule": (value) =>
    /^[acb] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}$/.test(value) ? undefined : `invalid device cgroup format '${value}'`,
  "device-read-bps": byteRate,
  "device-read-iops": operationRate,
  "device-write-bps": byteRate,
  "device-write-iops": operationRate,
  dns: address,
  "dns-search": dnsSearch,
  env: (value) => (/^(=|$)/.test(value) ? `invalid environment variable: ${value}` : undefined),
  gpus: gpuRequest,
  "health-interval": durationFault,
  "health-retries": integer,
  "health-start-interval": durationFault,
  "health-start-period": durationFault,
  "health-timeout": durationFault,
  "io-maxbandwidth": bytes,
  "io-maxiops": (value) => integerFault(value, "Uint", 64),
  ip: ipFlag,
  ip6: ipFlag,
  label,
  link,
  memory: bytes,
  "memory-reservation": bytes,
  "memory-swap": (value) => (value === "-1" ? undefined : bytes(value)),
  "memory-swappiness": integer,
  mount: (value) => {
    const made = parseMount(value);
    return typeof made === "string" ? made : undefined;
  },
  network,
  "oom-score-adj": integer,
  "pids-limit": integer,
  "shm-size": bytes,
  "stop-timeout": integer,
  sysctl,
  ulimit,
  umask: (value) =>
    /^[0-7]+$/.test(value) ? undefined : `strconv.ParseUint: parsing ${goQuoted(value)}: invalid syntax`,
};

/** What docker has against a value of a flag, whatever the other flags say. */
export function flagValueFault(flag: string, value: string): string | undefined {
  return checks[flag]?.(value);
}

function throttle(isRate: (rate: string) => boolean, format: string): Check {
  return (value) => {
    const [device, rate] = cut(value, ":");
    if (rate === undefined || device === "") return `bad format: ${value}`;
    if (!device.startsWith("/dev/")) return `bad format for device path: ${value}`;
    return isRate(rate) ? undefined : `invalid rate for device: ${value}. ${format}`;
  };
}

function weightOfDevice(value: string): string | undefined {
  const [device, weight] = cut(value, ":");
  if (weight === undefined || device === "") return `bad format: ${value}`;
  if (!device.startsWith("/dev/")) return `bad format for device path: ${value}`;
  const isWeight = /^\d+$/.test(weight) && (Number(weight) === 0 || (Number(weight) >= 10 && Number(weight) <= 1000));
  return isWeight ? undefined : `invalid weight for device: ${value}`;
}

function extraHost(value: string): string | undefined {
  const [name, text] = cut(value, value.includes("=") ? "=" : ":");
  if (text === undefined || name === "" || name.includes(":")) return `bad format for add-host: ${goQuoted(value)}`;
  const ip = /^\[.+\]$/.test(text) ? text.slice(1, -1) : text;
  if (ip === "host-gateway" || parseIp(ip.trim()) !== undefined) return undefined;
  return `invalid IP address in add-host: ${goQuoted(ip)}`;
}

const domainPart = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const domain = new RegExp(`^:?${domainPart}(?::?\\.:?${domainPart})*\\.?\\s*$`);

function dnsSearch(value: string): string | undefined {
  const name = value.replace(/^ +| +$/g, "");
  if (name === "." || (/[a-zA-Z]/.test(name) && domain.test(name) && name.length < 255)) return undefined;
  return `${name} is not a valid domain`;
}

function gpuRequest(value: string): string | undefined {
  const seen = new Set<string>();
  for (const field of csvFields(value)) {
    const [key, text] = cut(field, "=");
    if (seen.has(key)) return `gpu request key '${key}' can be specified only once`;
    seen.add(key);
    if (text === undefined) seen.add("count");
    const count = text === undefined ? key : key === "count" ? text : undefined;
    if (count !== undefined && count !== "all" && !/^[+-]?\d+$/.test(count))
      return `invalid count (${count}): value must be either "all" or an integer: invalid syntax`;
    if (text !== undefined && !["driver", "count", "device", "capabilities", "options"].includes(key))
      return `unexpected key '${key}' in '${field}'`;
  }
  return undefined;
}

function label(value: string): string | undefined {
  const key = cut(value, "=")[0].replace(/^[ \t]+/, "");
  if (key === "") return `invalid label '${value}': empty name`;
  return /[ \t]/.test(key) ? `label '${key}' contains whitespaces` : undefined;
}

function link(value: string): string | undefined {
  if (value === "") return "empty string specified for links";
  return value.split(":").length > 2 ? `bad format for links: ${value}` : undefined;
}

/** The network of `--network`: the whole value, or what stands behind `name=`. */
export function networkName(value: string): string {
  if (!/\w+=\w+/.test(value)) return value;
  const fields = csvFields(value).map((field) => cut(field.toLowerCase(), "="));
  return fields.findLast(([key]) => key.trim() === "name")?.[1]?.trim() ?? "";
}

const networkKeys = ["name", "alias", "ip", "ip6", "mac-address", "link-local-ip", "driver-opt", "gw-priority"];

function network(value: string): string | undefined {
  if (!/\w+=\w+(,\w+=\w+)*/.test(value)) return undefined;
  let name = "";
  for (const field of csvFields(value)) {
    const [key, text] = cut(field.toLowerCase(), "=").map((each) => each?.trim());
    if (text === undefined || key === "" || key === undefined) return `invalid field ${field}`;
    if (!networkKeys.includes(key)) return `invalid field key ${key}`;
    if (key === "name") name = text;
    if (key.includes("ip") && key !== "driver-opt" && key !== "gw-priority" && parseIp(text) === undefined)
      return `ParseAddr(${goQuoted(text)}): unable to parse IP`;
    if (key === "gw-priority" && !/^[+-]?\d+$/.test(text)) return `invalid gw-priority (${text}): invalid syntax`;
    if (key === "driver-opt" && !/^[^=]+=/.test(text)) return "invalid key value pair format in driver options";
  }
  return name === "" ? "network name/id is not specified" : undefined;
}

const sysctls = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)=|(net|fs\.mqueue)\.[^=]*=)/;

function sysctl(value: string): string | undefined {
  return sysctls.test(value) ? undefined : `sysctl '${value}' is not allowed`;
}

const limitNames =
  "core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" ");

function ulimit(value: string): string | undefined {
  const [name, text] = cut(value, "=");
  if (text === undefined) return `invalid ulimit argument: ${value}`;
  if (!limitNames.includes(name)) return `invalid ulimit type: ${name}`;
  const [soft = "", hard = soft, ...more] = text.split(":");
  if (more.length > 0) return `too many limit value arguments - ${text}, can only have up to two, \`soft[:hard]\``;
  const wrong = [hard, soft].find((each) => !/^[+-]?\d+$/.test(each));
  if (wrong !== undefined) return `strconv.ParseInt: parsing ${goQuoted(wrong)}: invalid syntax`;
  const [low, high] = [Number(soft), Number(hard)];
  const order = "ulimit soft limit must be less than or equal to hard limit:";
  if (high === -1 || (low !== -1 && low <= high)) return undefined;
  return low === -1 ? `${order} soft: -1 (unlimited), hard: ${high}` : `${order} ${low} > ${high}`;
}

/** What stands before and after the first separator; no second where there is none. */
export function cut(text: string, separator: string): readonly [before: string, after: string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)];
}
