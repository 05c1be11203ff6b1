import { existsSync, readFileSync } from "node:fs";
import { list } from "./comma-list.ts";
import { reasonOf } from "./errors.ts";
import { InputError, parseManifests } from "./manifests.ts";

/** What of admission a static pod manifest of kube-apiserver says. */
export interface ManifestFlags {
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly configuration: string | undefined;
}

interface Container {
  readonly name?: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

/** Reads kube-apiserver's admission flags from the manifest that kubeadm and others keep of it; `configuration` stands in for the file that it names. Throws `InputError`. */
export function readApiServerManifest(file: string, configuration?: string): ManifestFlags {
  const words = commandOf(file);
  const flagged = (flag: string) => lastValue(words, `--${flag}`);
  const named = flagged("admission-control-config-file");
  if (configuration === undefined && named !== undefined && !existsSync(named))
    throw new InputError(
      `${file}: names --admission-control-config-file=${named}, which is not on this machine; give it by that flag here`,
    );
  return {
    enable: [...list(flagged("enable-admission-plugins") ?? "", []), ...list(flagged("admission-control") ?? "", [])],
    disable: list(flagged("disable-admission-plugins") ?? "", []),
    configuration: configuration ?? named,
  };
}

function commandOf(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new InputError(`${file}: ${reasonOf(error)}`);
  }
  const pod = parseManifests(file, text)[0]?.value;
  const { containers = [] } = (pod?.["spec"] ?? {}) as { readonly containers?: readonly Container[] };
  const server = containers.find(
    ({ name, command = [] }) => name === "kube-apiserver" || /kube-apiserver$/.test(command[0] ?? ""),
  );
  if (pod?.["kind"] !== "Pod" || server === undefined)
    throw new InputError(`${file}: expected a Pod with a container kube-apiserver`);
  return [...(server.command ?? []), ...(server.args ?? [])];
}

/** As the flag library has it: `--flag=value` or `--flag value`, and the last one counts. */
function lastValue(words: readonly string[], flag: string): string | undefined {
  let found: string | undefined;
  for (const [i, word] of words.entries()) {
    if (word === flag) found = words[i + 1];
    else if (word.startsWith(`${flag}=`)) found = word.slice(flag.length + 1);
  }
  return found;
}
