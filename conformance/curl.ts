import { request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Outcome } from "./script.ts";

/** As curl's exit codes: of what could not be reached, and of an answer that `-f` takes for a failure. */
const codes = { unreachable: 7, refused: 22 };

/** No answer of a script's server takes longer. */
const timeoutMs = 30_000;

/** What scripts use of curl, so that they need none of the machine's: `-s`, `-f`, `-d`, `-H`, `-X`, `--unix-socket`. Throws for other flags. */
export async function curl(folder: string, args: readonly string[]): Promise<Outcome> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      silent: { type: "boolean", short: "s" },
      fail: { type: "boolean", short: "f" },
      data: { type: "string", short: "d" },
      header: { type: "string", short: "H", multiple: true, default: [] },
      request: { type: "string", short: "X" },
      "unix-socket": { type: "string" },
    },
  });
  const [url = ""] = positionals;
  const { data, fail } = values;
  const typed = data === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" };
  const headers = { ...typed, ...Object.fromEntries(values.header.map(headerOf)) };
  const socket = values["unix-socket"];
  try {
    const method = values.request ?? (data === undefined ? "GET" : "POST");
    const { status, text } = await ask(new URL(url), method, headers, data, socket && join(folder, socket));
    if (fail === true && status >= 400) return { status: codes.refused, out: "", err: `answered with ${status}` };
    return { status: 0, out: text, err: "" };
  } catch (error) {
    return { status: codes.unreachable, out: "", err: (error as Error).message };
  }
}

function headerOf(header: string): readonly [string, string] {
  const at = header.indexOf(":");
  return [header.slice(0, at).toLowerCase(), header.slice(at + 1).trim()];
}

function ask(
  { hostname, port, pathname, search }: URL,
  method: string,
  headers: { readonly [name: string]: string },
  body: string | undefined,
  socketPath: string | undefined,
): Promise<{ readonly status: number; readonly text: string }> {
  const place = socketPath === undefined ? { host: hostname, port } : { socketPath };
  return new Promise((resolve, reject) => {
    const options = { ...place, path: pathname + search, method, headers, timeout: timeoutMs };
    const outgoing = request(options, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => void (text += part));
      answer.once("error", reject);
      answer.once("end", () => resolve({ status: answer.statusCode ?? 0, text }));
    });
    outgoing.once("timeout", () => outgoing.destroy(new Error("no answer in time")));
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}
