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
]);

/** Reads `docker run …` (also podman's and nerdctl's), or says what is wrong with it. */
export function parseDockerRun(text: string): DockerRun | string {
  const words = wordsOf(text);
  if (typeof words === "string") return words;
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
  const flag = name === "net" ? "network" : name;
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
