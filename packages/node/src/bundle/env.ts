import { splitVariable } from "./args.ts";

/** What processes get where an image says no PATH, as containerd has it. */
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The image's variables, then the container's: the last of a name counts, at the place of the first. */
export function processEnv(
  image: readonly string[],
  container: readonly string[],
  { hostname, tty }: { readonly hostname: string; readonly tty: boolean },
): readonly string[] {
  const usual = [`PATH=${defaultPath}`, `HOSTNAME=${hostname}`, ...(tty ? ["TERM=xterm"] : [])];
  const variables = new Map([...usual, ...image, ...container].map(splitVariable));
  return [...variables].map(([name, value]) => `${name}=${value}`);
}
