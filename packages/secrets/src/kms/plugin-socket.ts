import { lstat, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { SourceError } from "../source-error.ts";

/**
 * The path of a plugin's endpoint `unix:///path`, where nothing lies any more: a socket that nobody listens on is removed. Rejects with
 * `SourceError` for another endpoint, where somebody listens, and where something else lies.
 */
export async function claimSocket(endpoint: string): Promise<string> {
  const [, path] = /^unix:\/\/(\/.+)$/.exec(endpoint) ?? [];
  if (path === undefined || path.startsWith("/@"))
    throw new SourceError(`--listen ${endpoint}: expected unix:///PATH of a socket`);
  // The kernel's limit on a socket's name.
  if (Buffer.byteLength(path) > 107) throw new SourceError(`--listen ${endpoint}: the path has more than 107 bytes`);
  const folder = dirname(path);
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new SourceError(`--listen ${endpoint}: no such folder ${folder}`);
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return path;
  if (!found.isSocket()) throw new SourceError(`${path}: is no socket, and is left as it is`);
  if (await isListening(path)) throw new SourceError(`${path}: somebody listens there already`);
  await rm(path);
  return path;
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const ended = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => ended(true));
    // A socket that we may not ask is somebody's.
    socket.once("error", ({ code }: NodeJS.ErrnoException) => ended(code !== "ECONNREFUSED" && code !== "ENOENT"));
  });
}
