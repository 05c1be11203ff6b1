import type { ImageConfig } from "../image/image.ts";
import { RuntimeFault } from "../runtime/container-runtime.ts";
import type { ContainerSpec } from "../security-context/pod.ts";

/**
 * The command line: a container's command and args take the place of an image's Entrypoint and Cmd, and a command that of both.
 * Variables of the container's environment are put in, as `$(NAME)`; one that is not there stays as it is, and `$$` is a dollar.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-command-argument-container/
 */
export function processArgs(
  { command, args }: ContainerSpec,
  { Entrypoint, Cmd }: ImageConfig,
  environment: readonly string[],
): readonly string[] {
  const own = (list: readonly string[] | undefined) => (list ?? []).map((each) => expand(each, variables));
  const variables = new Map(environment.map(splitVariable));
  const hasCommand = (command ?? []).length > 0;
  const hasArgs = (args ?? []).length > 0;
  const line = [
    ...(hasCommand ? own(command) : (Entrypoint ?? [])),
    ...(hasCommand || hasArgs ? own(args) : (Cmd ?? [])),
  ];
  if (line.length === 0) throw new RuntimeFault("CreateContainerError", "no command specified");
  return line;
}

/** `NAME=value` in two. */
export function splitVariable(text: string): readonly [name: string, value: string] {
  const end = text.indexOf("=");
  return end < 0 ? [text, ""] : [text.slice(0, end), text.slice(end + 1)];
}

function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (variables.get(name) ?? whole),
  );
}
