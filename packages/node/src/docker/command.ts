import { goQuoted } from "@sallyport/kube";
import { clientFault } from "./client-faults.ts";
import { daemonFault } from "./daemon-faults.ts";
import { flagValueFault } from "./flag-values.ts";
import { givenFlags } from "./given-flags.ts";
import { booleanOf } from "./go-values.ts";
import { imageFault } from "./image-reference.ts";
import { wordsOf } from "./words.ts";

/** A `docker run` command taken apart: what its flags say, in the order in which they stand. */
export interface DockerRun {
  readonly flags: readonly (readonly [flag: string, value: string])[];
  readonly image: string;
  readonly args: readonly string[];
}

/** Short flags by their long ones. */
const short: { readonly [flag: string]: string } = {
  a: "attach",
  c: "cpu-shares",
  d: "detach",
  e: "env",
  h: "hostname",
  i: "interactive",
  l: "label",
  m: "memory",
  p: "publish",
  P: "publish-all",
  q: "quiet",
  t: "tty",
  u: "user",
  v: "volume",
  w: "workdir",
};

/** Flags without a value. */
const switches: ReadonlySet<string> = new Set([
  "detach",
  "disable-content-trust",
  "init",
  "interactive",
  "no-healthcheck",
  "oom-kill-disable",
  "privileged",
  "publish-all",
  "quiet",
  "read-only",
  "rm",
  "sig-proxy",
  "tty",
  "use-api-socket",
]);

/** Flags with a value: all that `docker run --help` lists. */
const valued: ReadonlySet<string> = new Set(
  (
    "add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns cidfile cpu-count " +
    "cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device " +
    "device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops dns dns-option dns-search " +
    "domainname entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries " +
    "health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory " +
    "label label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap " +
    "memory-swappiness mount name network network-alias oom-score-adj pid pids-limit platform publish pull restart runtime " +
    "security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit umask user userns uts volume volume-driver " +
    "volumes-from workdir"
  ).split(" "),
);

/** Other names of flags. */
const aliases: { readonly [flag: string]: string } = {
  net: "network",
  "net-alias": "network-alias",
  "dns-opt": "dns-option",
};

/** Reads `docker run …` (also podman's and nerdctl's, also behind sudo), or says in docker's words what is wrong with it. */
export function parseDockerRun(text: string): DockerRun | string {
  const all = wordsOf(text);
  if (typeof all === "string") return all;
  const words = all[0] === "sudo" ? all.slice(1) : all;
  const run = words.indexOf("run");
  if (run < 1 || run > 2 || !/(docker|podman|nerdctl)$/.test(words[0] ?? ""))
    return "expected: docker run [FLAGS] IMAGE [ARGS]";
  const flags: (readonly [string, string])[] = [];
  let at = run + 1;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (!word.startsWith("-") || word === "-") break;
    if (word === "--") {
      at++;
      break;
    }
    const read = word.startsWith("--") ? longFlag(word, words[at + 1]) : shortFlags(word.slice(1), words[at + 1]);
    if (typeof read === "string") return read;
    flags.push(...read.flags);
    if (read.takesNext) at++;
  }
  const image = words[at];
  if (image === undefined) return "'docker run' requires at least 1 argument";
  const given = givenFlags(flags);
  return clientFault(given) ?? imageFault(image) ?? daemonFault(given) ?? { flags, image, args: words.slice(at + 1) };
}

type Read = { readonly flags: readonly (readonly [string, string])[]; readonly takesNext: boolean } | string;

function longFlag(word: string, next: string | undefined): Read {
  const [, name = "", equals, value = ""] = /^--([^=]*)(=?)(.*)$/s.exec(word) ?? [];
  if (name === "" || name.startsWith("-")) return `bad flag syntax: ${word}`;
  const flag = aliases[name] ?? name;
  if (flag === "help") return "--help prints docker's usage and runs nothing";
  if (!switches.has(flag) && !valued.has(flag)) return `unknown flag: --${name}`;
  if (equals !== "") return flagWith(flag, name, value, false);
  if (switches.has(flag)) return flagWith(flag, name, "true", false);
  return next === undefined ? `flag needs an argument: --${name}` : flagWith(flag, name, next, true);
}

/** `-it`, `-u1001`, `-u 1001`, `-t=false`. */
function shortFlags(word: string, next: string | undefined): Read {
  const flags: (readonly [string, string])[] = [];
  for (let i = 0; i < word.length; i++) {
    const letter = word[i] as string;
    const flag = short[letter];
    if (flag === undefined) return `unknown shorthand flag: '${letter}' in -${word.slice(i)}`;
    const rest = word.slice(i + 1);
    const isSwitch = switches.has(flag);
    const takesNext = !isSwitch && rest === "";
    const given = rest.startsWith("=") && rest.length > 1 ? rest.slice(1) : isSwitch ? undefined : rest;
    const value = takesNext ? next : (given ?? "true");
    if (value === undefined) return `flag needs an argument: '${letter}' in -${word.slice(i)}`;
    const read = flagWith(flag, flag, value, takesNext);
    if (typeof read === "string") return read;
    flags.push(...read.flags);
    if (given !== undefined) return { flags, takesNext };
  }
  return { flags, takesNext: false };
}

/** A flag with its value, which docker may refuse. Switches come as `true` or `false`. */
function flagWith(flag: string, name: string, value: string, takesNext: boolean): Read {
  const isOn = switches.has(flag) ? booleanOf(value) : undefined;
  const fault = typeof isOn === "object" ? isOn.fault : flagValueFault(flag, value);
  const letter = Object.keys(short).find((each) => short[each] === flag);
  const named = letter === undefined ? `--${name}` : `-${letter}, --${name}`;
  if (fault !== undefined) return `invalid argument ${goQuoted(value)} for ${goQuoted(named)} flag: ${fault}`;
  return { flags: [[flag, isOn === undefined ? value : String(isOn)]], takesNext };
}
