import { cut, networkName } from "./flag-values.ts";
import { type CommandCheck, each, firstFault, type GivenFlags, securityOption } from "./given-flags.ts";
import { integerOf, secondsOf } from "./go-values.ts";
import { exposedPorts, publishedPorts } from "./port-specs.ts";

/** What docker's client has against a command whose flags each are right. */
export function clientFault(given: GivenFlags): string | undefined {
  return firstFault(checks, given);
}

const mode =
  (flag: string, isRight: RegExp, what: string): CommandCheck =>
  ({ last }) =>
    isRight.test(last(flag) ?? "") ? undefined : `--${flag}: invalid ${what} mode`;

const wrong = (made: readonly object[] | string) => (typeof made === "string" ? made : undefined);

/** In the order of docker's own `parse`. */
const checks: readonly CommandCheck[] = [
  ({ last }) => {
    const pull = last("pull") ?? "";
    const isRight = ["", "always", "missing", "never"].includes(pull);
    return isRight ? undefined : `invalid pull option: '${pull}': must be one of "always", "missing" or "never"`;
  },
  ({ last }) => {
    const address = last("mac-address") ?? "";
    const isRight = address === "" || /^([\da-f]{2}([:-]|$)){6,}$|^([\da-f]{4}(\.|$)){3,}$/i.test(address.trim());
    return isRight ? undefined : `${address} is not a valid mac address`;
  },
  ({ last }) => {
    const swappiness = integerOf(last("memory-swappiness") ?? "-1");
    const isRight = swappiness >= -1 && swappiness <= 100;
    return isRight ? undefined : `invalid value: ${swappiness}. Valid memory swappiness range is 0-100`;
  },
  each("volume", volumeFault),
  each("publish", (value) => wrong(publishedPorts(value))),
  each("expose", (value) => wrong(exposedPorts(value))),
  each("device", deviceFault),
  mode("pid", /^(host|container:.+)?$/s, "PID"),
  mode("uts", /^(host)?$/, "UTS"),
  mode("userns", /^(host)?$/, "USER"),
  mode("cgroupns", /^(host|private)?$/, "CGROUP"),
  ({ last }) => restartFormatFault(last("restart") ?? ""),
  ({ last, has }) =>
    last("log-driver") === "none" && has("log-opt") ? "invalid logging opts for driver none" : undefined,
  each("security-opt", (value) => {
    const [key, text] = securityOption(value);
    return key === "no-new-privileges" || text ? undefined : `invalid --security-opt: ${JSON.stringify(value)}`;
  }),
  each("storage-opt", (value) => (value.includes("=") ? undefined : "invalid storage option")),
  healthFault,
  ({ last }) =>
    last("rm") === "true" && !/^(no)?$/.test(last("restart") ?? "")
      ? "conflicting options: cannot specify both --restart and --rm"
      : undefined,
  networkFault,
  ({ last, has }) =>
    last("detach") === "true" && has("attach")
      ? "conflicting options: cannot specify both --attach and --detach"
      : undefined,
];

function restartFormatFault(value: string): string | undefined {
  const [name, count = ""] = cut(value, ":");
  if (value !== "" && name === "") return "invalid restart policy format: no policy provided before colon";
  return /^([+-]?\d+)?$/.test(count)
    ? undefined
    : "invalid restart policy format: maximum retry count must be an integer";
}

const healthTimes = ["health-interval", "health-timeout", "health-start-period", "health-start-interval"];

function healthFault({ last }: GivenFlags): string | undefined {
  const times = healthTimes.map((flag) => [flag, secondsOf(last(flag) ?? "0")] as const);
  const retries = integerOf(last("health-retries") ?? "0");
  const isAsked = (last("health-cmd") ?? "") !== "" || retries !== 0 || times.some(([, time]) => time !== 0);
  if (last("no-healthcheck") === "true")
    return isAsked ? "--no-healthcheck conflicts with --health-* options" : undefined;
  const negative = [...times.slice(0, 2), ["health-retries", retries] as const, ...times.slice(2)].find(
    ([, value]) => value < 0,
  );
  return negative === undefined ? undefined : `--${negative[0]} cannot be negative`;
}

function deviceFault(value: string): string | undefined {
  // A name of the Container Device Interface.
  if (/^[a-z0-9][\w.-]*\/[\w-]+=[\w.:-]+$/i.test(value)) return undefined;
  const parts = value.split(":");
  const isMode = (text: string) => /^(?!.*(.).*\1)[rwm]+$/.test(text);
  if (parts.length > 3 || parts[0] === "") return `bad format for path: ${value}`;
  const [host = "", second, third] = parts;
  if (third !== undefined && !isMode(third)) return `bad mode specified: ${third}`;
  const path = second === undefined || (third === undefined && isMode(second)) ? host : second;
  return path.startsWith("/") ? undefined : `${path} is not an absolute path`;
}

/** A network with a name of its own may give others to its containers. */
function networkFault({ all, has }: GivenFlags): string | undefined {
  const names = all("network").map(networkName);
  const isOwn = (name: string) => !/^(default|bridge|host|none|container:.*)$/s.test(name);
  const [first = "default"] = names;
  if (first.trim() === "") return "no name set for network";
  if (!isOwn(first) && has("network-alias"))
    return "network-scoped aliases are only supported for user-defined networks";
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) return `network ${JSON.stringify(twice)} is specified multiple times`;
  return names.some(isOwn) && !names.every(isOwn)
    ? "conflicting options: cannot attach both user-defined and non-user-defined network-modes"
    : undefined;
}

function volumeFault(value: string): string | undefined {
  if (value === "") return "invalid empty volume spec";
  const parts = value.split(":");
  if (value.length > 2 && parts.includes("")) return `invalid spec: ${value}: empty section between colons`;
  return parts.length > 3 ? `invalid spec: ${value}: too many colons` : undefined;
}
