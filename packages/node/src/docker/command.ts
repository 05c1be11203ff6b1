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
    "health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip ip6 ipc isolation " +
    "label label-file link link-local-ip log-driver log-opt mac-address memory memory-reservation memory-swap " +
    "memory-swappiness mount name network network-alias oom-score-adj pid pids-limit platform publish pull restart runtime " +
    "security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns uts volume volume-driver " +
    "volumes-from workdir"
  ).split(" "),
);

/** Other names of flags. */
const aliases: { readonly [flag: string]: string } = {
  net: "network",
  "net-alias": "network-alias",
  "dns-opt": "dns-option",
};

/** Reads `docker run …` (also podman's and nerdctl's, also behind sudo), or says what is wrong with it. */
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
    const read = word.startsWith("--")
      ? longFlag(word.slice(2), words[at + 1])
      : shortFlags(word.slice(1), words[at + 1]);
    if (typeof read === "string") return read;
    flags.push(...read.flags);
    if (read.takesNext) at++;
  }
  const image = words[at];
  return image === undefined ? "no image is named" : { flags, image, args: words.slice(at + 1) };
}

type Read = { readonly flags: readonly (readonly [string, string])[]; readonly takesNext: boolean } | string;

function longFlag(word: string, next: string | undefined): Read {
  const at = word.indexOf("=");
  const name = at < 0 ? word : word.slice(0, at);
  const flag = aliases[name] ?? name;
  if (!switches.has(flag) && !valued.has(flag)) return `docker run has no flag --${name}`;
  if (at >= 0) return { flags: [[flag, word.slice(at + 1)]], takesNext: false };
  if (switches.has(flag)) return { flags: [[flag, "true"]], takesNext: false };
  return next === undefined ? `--${name} needs a value` : { flags: [[flag, next]], takesNext: true };
}

/** `-it`, `-u1001`, `-u 1001`. */
function shortFlags(word: string, next: string | undefined): Read {
  const flags: (readonly [string, string])[] = [];
  for (let i = 0; i < word.length; i++) {
    const flag = short[word[i] as string];
    if (flag === undefined) return `docker run has no flag -${word[i]}`;
    if (switches.has(flag)) flags.push([flag, "true"]);
    else {
      const value = word.slice(i + 1).replace(/^=/, "");
      if (value !== "") return { flags: [...flags, [flag, value]], takesNext: false };
      return next === undefined ? `-${word[i]} needs a value` : { flags: [...flags, [flag, next]], takesNext: true };
    }
  }
  return { flags, takesNext: false };
}
