import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ApiServer, type ApiServerOptions, startApiServer } from "@sallyport/apiserver";
import { memoryServer } from "../../packages/apiserver/src/server.fixture.ts";

/** No command of a test takes longer. */
const timeoutMs = 120_000;

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A server with all controllers, and a folder with a kubeconfig of its administrator. */
export interface ClientBed {
  readonly server: ApiServer;
  readonly folder: string;
  readonly kubeconfig: string;
  /** Runs a program of the machine against the server. */
  readonly run: (program: string, args: readonly string[], options?: RunOptions) => Promise<Outcome>;
  /** Asks the server as its administrator; PATCH is a merge patch. The status code, whatever it is. */
  readonly call: (method: string, path: string, body?: object) => Promise<number>;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  readonly env?: { readonly [name: string]: string };
  readonly cwd?: string;
}

/** A server for the time of one test. Faults of its own fail the test. */
export async function withClients(
  run: (bed: ClientBed) => Promise<void>,
  options: Partial<ApiServerOptions> = {},
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "sallyport-clients-"));
  const faults: unknown[] = [];
  const server = await startApiServer({
    ...memoryServer(join(folder, "pki"), (error) => faults.push(error)),
    controllers: ["*"],
    ...options,
  });
  const kubeconfig = join(folder, "kubeconfig");
  writeFileSync(kubeconfig, server.kubeconfig());
  try {
    await run({
      server,
      folder,
      kubeconfig,
      run: (program, args, each) => runProgram(program, args, { cwd: folder, kubeconfig, home: folder, ...each }),
      call: caller(server, join(folder, "pki")),
    });
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
  if (faults.length > 0) throw faults[0];
}

function runProgram(
  program: string,
  args: readonly string[],
  { stdin, env, cwd, kubeconfig, home }: RunOptions & { readonly kubeconfig: string; readonly home: string },
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, [...args], {
      ...(cwd === undefined ? {} : { cwd }),
      timeout: timeoutMs,
      env: { PATH: process.env["PATH"], HOME: home, KUBECONFIG: kubeconfig, ...env },
    });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    child.once("error", reject);
    child.once("close", (code) =>
      resolve({ code, out: Buffer.concat(out).toString("utf8"), err: Buffer.concat(err).toString("utf8") }),
    );
    child.stdin.on("error", () => {});
    child.stdin.end(stdin ?? "");
  });
}

function caller({ url }: ApiServer, certificateFolder: string): ClientBed["call"] {
  const [ca, cert, key] = ["ca.crt", "admin.crt", "admin.key"].map((name) =>
    readFileSync(join(certificateFolder, name)),
  );
  return (method, path, body) =>
    new Promise((done, fail) => {
      const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const asked = request(`${url}${path}`, { method, ca, cert, key, headers: { "content-type": type } }, (answer) => {
        answer.resume().once("end", () => done(answer.statusCode ?? 0));
      });
      asked.once("error", fail).end(body === undefined ? undefined : JSON.stringify(body));
    });
}
